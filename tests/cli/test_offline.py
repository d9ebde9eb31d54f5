"""Commands that ask no host reach their functions with their options."""

from __future__ import annotations

import json

import pytest

from relayconf.exits import ExitCode
from tests.support.cli import run
from tests.support.local_host import LocalHost


@pytest.mark.usefixtures("host")
def test_check_finds_inventory_yaml_by_itself() -> None:
    """In the current folder."""
    result = run("check")

    assert (result.exit_code, result.stderr) == (0, "inventory.yaml: 1 host, no problems\n")


def test_i_names_another_inventory(host: LocalHost) -> None:
    """Short and long."""
    host.inventory.rename(host.folder / "other.yaml")

    assert run("check").exit_code == ExitCode.USAGE
    assert run("check", "-i", "other.yaml").exit_code == ExitCode.OK
    assert run("check", "--inventory", "other.yaml").exit_code == ExitCode.OK


@pytest.mark.usefixtures("host")
def test_show_and_schema_and_render() -> None:
    """Each prints what it is asked for."""
    assert "inventory.yaml:6:10" in run("show", "edge").stdout
    assert json.loads(run("show", "--json", "edge").stdout)
    assert json.loads(run("schema").stdout)["properties"]
    assert run("render", "--out", "out").stdout == "out/edge/qmail/smtproutes\n"
    assert run("render", "--out", "out2", "nobody").exit_code == ExitCode.USAGE


@pytest.mark.usefixtures("host")
def test_helper() -> None:
    """The script on stdout, the rule for sudo on stderr."""
    result = run("helper", "edge")

    assert result.stdout.startswith("#!/bin/sh\n")
    assert "NOPASSWD: /usr/local/sbin/relayconf-helper" in result.stderr


def test_templates_stand_in_front(host: LocalHost) -> None:
    """An admin's own template is used, and still has to route as the inventory says."""
    folder = host.folder / "mine" / "qmail"
    folder.mkdir(parents=True)
    own = "# ours\n{% for key, value in routes %}\n{{ key }}:{{ value }}\n{% endfor %}\n:{{ default }}\n"
    (folder / "smtproutes.j2").write_text(own)

    run("render", "--out", "out", "--templates", "mine")
    assert (host.folder / "out/edge/qmail/smtproutes").read_text().startswith("# ours\nkamata-net.com:")

    (folder / "smtproutes.j2").write_text("# all gone\n")
    refused = run("render", "--out", "out2", "--templates", "mine")
    assert refused.exit_code == ExitCode.ERROR
    assert "smtproutes" in refused.stderr


def test_route(host: LocalHost) -> None:
    """A pair, or many; whose files and which message has to be said."""
    control = str(host.control)

    assert run("route", "a@b", "u@x.test", "--control", control).stdout.startswith("via      mx\n")
    assert json.loads(run("route", "a@b", "u@x.test", "--control", control, "--json").stdout)["via"] == "mx"
    assert run("route", "--batch", "--control", control, "--flavour", "sqmail").exit_code == ExitCode.OK
    assert "give SENDER and RECIPIENT" in run("route", "a@b", "--control", control).stderr


def test_route_by_a_configuration(host: LocalHost) -> None:
    """Postfix's; one of the two directories, not both."""
    (host.folder / "main.cf").write_text("myhostname = h.test\n")
    config = str(host.folder)

    assert run("route", "a@b", "u@x.test", "--config", config).stdout.startswith("address    u@x.test\n")
    assert json.loads(run("route", "a@b", "u@x.test", "--config", config, "--json").stdout)["nexthop"] == "x.test"
    assert "give one of them" in run("route", "a@b", "c@d", "--config", config, "--control", config).stderr


@pytest.mark.usefixtures("host")
def test_route_by_the_inventory() -> None:
    """The hosts that are selected."""
    assert run("route", "a@b", "u@x.test").stdout.startswith("hosts    edge\n")
    assert json.loads(run("route", "a@b", "u@x.test", "--host", "edge", "--json").stdout)[0]["hosts"] == ["edge"]
    assert run("route", "a@b", "u@x.test", "--host", "nobody").exit_code == ExitCode.USAGE


def test_check_of_a_control_directory(host: LocalHost) -> None:
    """In place of the inventory's."""
    result = run("check", "--control", str(host.control), "--flavour", "classic")

    assert (result.exit_code, result.stderr) == (0, f"{host.control}: classic (named), no problems\n")


def test_check_of_a_postfix_directory(host: LocalHost) -> None:
    """The same for Postfix, as text or JSON; one directory at a time."""
    (host.folder / "main.cf").write_text("relayhost = [relay.test]\n")
    result = run("check", "--config", ".")

    assert (result.exit_code, result.stderr) == (0, ".: Postfix, no problems\n")
    assert json.loads(run("check", "--config", ".", "--json").stdout)["findings"] == []
    assert "one directory at a time" in run("check", "--config", ".", "--control", ".").stderr
    assert "--json goes with" in run("check", "--json").stderr


def test_providers() -> None:
    """All or one, for humans or machines."""
    assert run("providers").stdout.startswith("name ")
    assert run("providers", "asahi-net").stdout.startswith("asahi-net: ")
    assert json.loads(run("providers", "--json", "asahi-net").stdout)["providers"]
    assert run("providers", "nobody-knows-it").exit_code == ExitCode.USAGE


def test_explain_bounce(host: LocalHost) -> None:
    """A file, a log, and their options."""
    (host.folder / "bounce").write_text("550 5.7.1 Relaying denied\n")
    (host.folder / "log").write_text("A1: to=<bo@x.example>, relay=none, status=bounced (550 5.7.1 Relaying denied)\n")

    assert "relay-denied" in run("explain-bounce", "bounce").stdout
    assert run("explain-bounce", "--log", "log", "-i", "inventory.yaml").stdout.startswith("count")
    assert json.loads(run("explain-bounce", "--json", "--provider", "isp", "bounce").stdout)
    assert run("explain-bounce", "gone").exit_code == ExitCode.USAGE
