"""`relayconf route --control`."""

from __future__ import annotations

import json
from pathlib import Path

from relayconf.commands.route import route
from relayconf.commands.route_control import by_control
from relayconf.exits import ExitCode
from tests.support.local_host import said
from tests.support.qmail_tree import make_qmail


def test_text(tmp_path: Path) -> None:
    """One value a line."""
    control, heard = make_qmail(tmp_path, smtproutes=b":relay:587|user|s3cret\n"), said()

    assert route(heard.console, by_control(control, "sagredo"), pair=("a@b", "u@x.test")) is ExitCode.OK
    assert heard.out.getvalue() == (
        "via      relay\n"
        "address  u@x.test\n"
        "nexthop  relay:587\n"
        "user     user\n"
        "tls      may\n"
        "flavour  sagredo (named)\n"
        "why      smtproutes: the rest of the world\n"
    )


def test_local(tmp_path: Path) -> None:
    """No nexthop."""
    control, heard = make_qmail(tmp_path), said()

    route(heard.console, by_control(control), pair=("", "u@edge.kamata-net.com"))

    assert heard.out.getvalue() == (
        "via      local\n"
        "address  u@edge.kamata-net.com\n"
        "flavour  classic (taken for granted: qmail-remote is missing)\n"
        "why      locals: edge.kamata-net.com\n"
    )


def test_a_torn_password_is_hidden_in_text(tmp_path: Path) -> None:
    """The name that qmail-remote would look up is in JSON alone."""
    control, heard = make_qmail(tmp_path, smtproutes=b":relay|user|s3cret\n"), said()

    route(heard.console, by_control(control), pair=("a@b", "u@x.test"))
    text = heard.out.getvalue()
    route(heard.console, by_control(control), pair=("a@b", "u@x.test"), as_json=True)

    assert "s3cret" not in text
    assert "nexthop  relay and hidden text:25\nuser     -\n" in text
    assert json.loads(heard.out.getvalue().removeprefix(text))["nexthop"] == "relay|user|s3cret"


def test_json(tmp_path: Path) -> None:
    """The same values; `<>` is the empty sender."""
    control, heard = make_qmail(tmp_path, smtproutes=b"!@:bounce;26|user|s3cret\n"), said()

    route(heard.console, by_control(control, "s/qmail"), pair=("<>", "u@x.test"), as_json=True)

    assert json.loads(heard.out.getvalue()) == {
        "sender": "<>",
        "recipient": "u@x.test",
        "via": "relay",
        "address": "u@x.test",
        "nexthop": "bounce",
        "port": 26,
        "user": "user",
        "tls": "none",
        "flavour": "sqmail",
        "why": "smtproutes: bounces",
    }


def test_batch(tmp_path: Path) -> None:
    """A line in, an object out; bytes beyond UTF-8 and carriage returns are text."""
    control, heard = make_qmail(tmp_path, smtproutes=b"x.test:relay\n"), said("a@b\tu@x.test\n\tu@y\udcff\r\n")

    assert route(heard.console, by_control(control), pair=None) is ExitCode.OK
    first, second = map(json.loads, heard.out.getvalue().splitlines())
    assert (first["via"], first["nexthop"], first["port"]) == ("relay", "relay", 25)
    assert (second["sender"], second["nexthop"]) == ("", "y\\xff\r")
