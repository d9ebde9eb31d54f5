"""`relayconf route --config`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.route import route
from relayconf.commands.route_config import by_config
from relayconf.exits import ExitCode
from tests.support.local_host import said

MAIN = """\
compatibility_level = 3.6
myhostname = host.example.org
relayhost = [smtp.example.net]:587
transport_maps = texthash:{folder}/transport
virtual_alias_domains = alias.test
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = inline:{{ {{[smtp.example.net]:587 = me:s3cret}} }}
smtp_tls_policy_maps = inline:{{ {{[smtp.example.net]:587 = secure}} }}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A configuration directory."""
    (tmp_path / "main.cf").write_text(MAIN.format(folder=tmp_path))
    (tmp_path / "transport").write_text(".lab.example smtp:[relay]:587\nx.test mysql:\n")
    return tmp_path


def test_text(folder: Path) -> None:
    """What decided stands below, in order; the password nowhere."""
    heard = said()

    assert route(heard.console, by_config(folder), pair=("a@b", "u@foo.test")) is ExitCode.OK
    assert heard.out.getvalue() == (
        "address    u@foo.test\n"
        "class      default\n"
        "transport  smtp\n"
        "nexthop    [smtp.example.net]:587\n"
        "user       me\n"
        "tls        secure\n"
        "why        foo.test is in no list of domains\n"
        "           relayhost -> [smtp.example.net]:587\n"
        "           default_transport -> smtp\n"
        "           `[smtp.example.net]:587` in smtp_sasl_password_maps\n"
        "           `[smtp.example.net]:587` in smtp_tls_policy_maps -> secure\n"
    )


def test_a_table_beats_relayhost(folder: Path) -> None:
    """And nobody logs in there."""
    heard = said()

    route(heard.console, by_config(folder), pair=("a@b", "u@x.lab.example"))

    text = heard.out.getvalue()
    assert "nexthop    [relay]:587\nuser       -\ntls        none\n" in text
    assert "`.lab.example` in transport_maps -> smtp:[relay]:587; beats relayhost\n" in text


def test_classes_and_flags_in_words(folder: Path) -> None:
    """As ADDRESS_CLASS_README calls them."""
    heard = said()
    route(heard.console, by_config(folder), pair=("a@b", "u@alias.test"))
    assert "class      virtual alias\ntransport  error\n" in heard.out.getvalue()

    heard = said()
    route(heard.console, by_config(folder), pair=("a@b", "u%x@foo.test"))
    assert "flags      routed\n" in heard.out.getvalue()


def test_json(folder: Path) -> None:
    """The same values; `<>` is the empty sender."""
    heard = said()

    route(heard.console, by_config(folder), pair=("<>", "u@x.lab.example"), as_json=True)

    assert json.loads(heard.out.getvalue()) == {
        "sender": "<>",
        "recipient": "u@x.lab.example",
        "address": "u@x.lab.example",
        "class": "default",
        "transport": "smtp",
        "nexthop": "[relay]:587",
        "flags": [],
        "user": None,
        "tls": "none",
        "unknown": None,
        "why": "x.lab.example is in no list of domains; relayhost -> [smtp.example.net]:587; "
        "default_transport -> smtp; "
        "`.lab.example` in transport_maps -> smtp:[relay]:587; beats relayhost; "
        "nothing in smtp_sasl_password_maps: no AUTH",
    }


def test_unknown(tmp_path: Path) -> None:
    """No guess: neither transport nor next hop."""
    (tmp_path / "main.cf").write_text("myhostname = h.test\ntransport_maps = mysql:/etc/postfix/x.cf\n")
    heard = said("a@b\tu@foo.test\n")

    route(heard.console, by_config(tmp_path), pair=("a@b", "u@foo.test"))
    route(heard.console, by_config(tmp_path), pair=None)

    *text, line = heard.out.getvalue().splitlines()
    why = "transport_maps: mysql:/etc/postfix/x.cf has to be asked (u@foo.test)"
    assert text[:3] == ["address  u@foo.test", "class    default", f"unknown  {why}"]
    value = json.loads(line)
    assert (value["transport"], value["nexthop"], value["unknown"], value["class"]) == (None, None, why, "default")
