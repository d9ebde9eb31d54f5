"""`relayconf spf` from its options to its output, with a DNS server on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.support.cli import run
from tests.support.dns_server import dns_server
from tests.support.spf_zone import Zone

INVENTORY = """version: 1
relays:
  isp: {host: mail.asahi-net.or.jp, spf: ["include:spf-01.asahi-net.or.jp"]}
hosts:
  edge: {address: 218.45.184.224, mta: postfix, relay: isp, domains: {kamata-net.com: local}}
"""
ZONE = Zone(
    names={
        "kamata-net.com": {"TXT": ["v=spf1 mx -all"], "MX": ["mail.kamata-net.com"]},
        "mail.kamata-net.com": {"A": ["218.45.184.224"]},
        "spf-01.asahi-net.or.jp": {"TXT": ["v=spf1 ip4:202.224.39.192/27 ?all"]},
        "broken.example": {"TXT": ["v=spf1 nonsense"]},
    }
)


def test_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record to publish, in each form; a record that cannot be planned is an error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inventory.yaml").write_text(INVENTORY, encoding="utf-8")
    with dns_server(ZONE) as here:
        shown = run("spf", "plan", "--resolver", str(here))
        zone = run("spf", "plan", "--resolver", str(here), "--format", "zone")
        as_json = run("spf", "plan", "--resolver", str(here), "--json")
        refused = run("spf", "plan", "--resolver", str(here), "broken.example")

    assert (
        shown.stdout
        == """kamata-net.com
  now      "v=spf1 mx -all"
  publish  "v=spf1 mx include:spf-01.asahi-net.or.jp -all"  (2 of 10 look-ups)
  202.224.39.192  fail -> pass  relay isp
  202.224.39.223  fail -> pass  relay isp
"""
    )
    assert zone.stdout == 'kamata-net.com. IN TXT "v=spf1 mx include:spf-01.asahi-net.or.jp -all"\n'
    assert json.loads(as_json.stdout)["plans"][0]["record"] == "v=spf1 mx include:spf-01.asahi-net.or.jp -all"
    assert (refused.exit_code, "error: broken.example: unknown mechanism" in refused.stdout) == (ExitCode.ERROR, True)


def test_hosts_whose_name_is_not_known(tmp_path: Path) -> None:
    """Are named beside the plans: bounces leave them directly."""
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY.replace("relay: isp", "relay: direct"), encoding="utf-8")
    with dns_server(ZONE) as here:
        shown = run("spf", "plan", "-i", str(path), "--resolver", str(here))

    assert shown.stderr == "bounces leave these hosts directly, under a name (HELO) that is not known: edge\n"


def test_help() -> None:
    """The group has a help of its own."""
    assert "plan" in run("spf", "--help").stdout
