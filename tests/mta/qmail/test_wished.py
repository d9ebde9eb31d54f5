"""A qmail host as the inventory alone says it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from relayconf.blind import unresolved
from relayconf.model import Credentials, Endpoint, Local, SecretRef, Smarthost, TlsLevel
from relayconf.mta.qmail.decision import Decision
from relayconf.mta.qmail.wished import directory, flavour_for, wished
from relayconf.mtas import MTAS
from relayconf.templating import Templates, default_directories
from tests.support.hosts import ISP, qmail_host

_AUTH = replace(
    ISP,
    endpoints=(Endpoint(port=587, tls=TlsLevel.NONE, auth=True),),
    credentials=Credentials(username="me", password=SecretRef(kind="env", value="X")),
)
_TO_AUTH = Smarthost(relay=_AUTH, endpoint=_AUTH.endpoints[0])


def _asked(recipient: bytes, **changes: object) -> Decision:
    host = replace(qmail_host(), **changes)  # type: ignore[arg-type]
    rendered = MTAS[host.mta].render(host, Templates(default_directories(None)), unresolved)
    return wished(host, directory(host, rendered), b"a@b", recipient)


def test_routes() -> None:
    """By the rendered smtproutes."""
    found = _asked(b"u@kamata-net.com")

    assert (found.via, found.nexthop, found.why) == ("relay", b"192.168.0.100", "smtproutes: kamata-net.com")


def test_what_the_inventory_calls_local() -> None:
    """Whatever the host's own files say."""
    found = _asked(b"u@In.Kamata-Net.com", domains={".kamata-net.com": Local()})

    assert (found.via, found.address) == ("local", b"u@In.Kamata-Net.com")
    assert found.why == "`.kamata-net.com` in the inventory: local"


def test_the_host_s_own_name() -> None:
    """It is in control/me."""
    assert _asked(b"root@edge").via == "local"


def test_flavour() -> None:
    """The one that is named; classic; the first that can do it."""
    host = qmail_host()

    assert flavour_for(replace(host, flavour="sqmail")).name == "sqmail"
    assert flavour_for(host).name == "classic"
    assert flavour_for(replace(host, default=(_TO_AUTH,))).name == "netqmail-auth"
    assert _asked(b"u@foo.test", default=(_TO_AUTH,)).user == b"me"


def test_credentials_that_need_a_variable() -> None:
    """It is taken for set."""
    assert _asked(b"u@foo.test", default=(_TO_AUTH,), flavour="indimail").user == b"me"


def test_paths_are_no_part_of_it(tmp_path: Path) -> None:
    """No qmail home is looked at."""
    assert _asked(b"u@foo.test", qmail_home=str(tmp_path)).nexthop == b"mail.asahi-net.or.jp"
