"""`relayconf check`: the inventory and what the MTAs make of it, without contact."""

from __future__ import annotations

import json
from pathlib import Path

from relayconf.commands.check import check, check_config, check_control
from relayconf.exits import ExitCode
from tests.support.local_host import INVENTORY, local_host, said
from tests.support.qmail_tree import make_qmail


def test_a_sound_inventory_is_told_in_one_line(tmp_path: Path) -> None:
    """On stderr, as it is talk."""
    host, heard = local_host(tmp_path), said()

    assert check(heard.console, host.options()) is ExitCode.OK
    assert heard.err.getvalue() == f"{host.inventory}: 1 host, no problems\n"
    assert heard.out.getvalue() == ""


def test_what_an_mta_cannot_do_is_an_error_with_ways_out(tmp_path: Path) -> None:
    """TLS on a qmail without it: named, and nothing is rendered."""
    host = local_host(tmp_path, inventory=INVENTORY.replace("tls: none", "tls: secure"))
    heard = said()

    assert check(heard.console, host.options()) is ExitCode.ERROR
    assert heard.out.getvalue().startswith("edge   error: ")
    assert "\n  ways out: " in heard.out.getvalue()


def test_what_a_relay_would_refuse_is_told(tmp_path: Path) -> None:
    """As a warning, and nothing is refused for it."""
    host = local_host(tmp_path, inventory=INVENTORY.replace("tls: none", 'tls: none, senders: ["@other.example"]'))
    heard = said()

    assert check(heard.console, host.options()) is ExitCode.OK
    assert heard.out.getvalue().startswith("edge   warning: the relay isp lets us send as @other.example, but not as ")


def test_no_secret_is_asked_for(tmp_path: Path) -> None:
    """An inventory can be checked where its secrets are not."""
    inventory = (
        INVENTORY.replace("mta: qmail", "mta: postfix")
        .replace("    qmail_home: {home}\n", "")
        .replace("tls: none", "port: 587, auth: {{username: me, password: {{env: NO_SUCH_VARIABLE}}}}")
    )
    host, heard = local_host(tmp_path, inventory=inventory), said()

    assert check(heard.console, host.options()) is ExitCode.OK
    assert heard.out.getvalue() == ""


def test_a_control_directory(tmp_path: Path) -> None:
    """Its mistakes, how it is read, and a status that says whether mail goes wrong."""
    control, heard = make_qmail(tmp_path, smtproutes=b":relay\r\n"), said()

    assert check_control(heard.console, control) is ExitCode.ERROR
    assert heard.out.getvalue() == (
        f"{control}   error: smtproutes, line 1: holds a carriage return, which qmail takes for part of the name\n"
    )
    assert heard.err.getvalue() == f"{control}: classic (taken for granted: qmail-remote is missing), 1 problem\n"


def test_a_sound_control_directory(tmp_path: Path) -> None:
    """Warnings alone are no error."""
    control, heard = make_qmail(tmp_path, smtproutes=b":RELAY \n"), said()

    assert check_control(heard.console, control, flavour="sagredo") is ExitCode.OK
    assert heard.err.getvalue() == f"{control}: sagredo (named), 2 problems\n"
    (control / "smtproutes").unlink()
    assert check_control(heard.console, control, flavour="sagredo") is ExitCode.OK
    assert heard.err.getvalue().endswith(f"{control}: sagredo (named), no problems\n")


def test_a_postfix_directory(tmp_path: Path) -> None:
    """Its faults with their places and ways out; errors make the status."""
    (tmp_path / "main.cf").write_text("relayhost = [relay.test:587\nsoft_bounce = yes\n")
    heard = said()
    broken = "relayhost: [relay.test:587: the bracket is not closed; the whole service smtp dies of it again and again"
    kept = "soft_bounce keeps what should bounce in the queue for days, and its senders hear nothing"

    assert check_config(heard.console, tmp_path) is ExitCode.ERROR
    assert heard.out.getvalue().splitlines() == [
        f"{tmp_path}   error: main.cf:1: {broken}",
        "  ways out: [HOST]:PORT",
        f"{tmp_path}   warning: main.cf:2: {kept}",
        "  ways out: soft_bounce = no",
    ]
    assert heard.err.getvalue() == f"{tmp_path}: Postfix, 2 problems\n"


def test_directories_as_json(tmp_path: Path) -> None:
    """The same, for a program."""
    (tmp_path / "main.cf").write_text("soft_bounce = yes\n")
    control, postfix, qmail = make_qmail(tmp_path, smtproutes=b":RELAY\n"), said(), said()

    assert check_config(postfix.console, tmp_path, as_json=True) is ExitCode.OK
    assert check_control(qmail.console, control, as_json=True) is ExitCode.OK
    assert [json.loads(heard.out.getvalue())["findings"][0]["code"] for heard in (postfix, qmail)] == [
        "postfix-parked",
        "qmail-smtproutes-case",
    ]
