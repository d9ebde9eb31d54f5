"""Which tests a host is asked for, from the inventory's addresses."""

from __future__ import annotations

from dataclasses import replace

from relayconf.model import Endpoint, Probe, Smarthost, Target, TlsLevel
from relayconf.mta.qmail.probing import probes
from tests.support.hosts import ISP, STORE, TO_ISP, qmail_host

_PROBE = Probe(sender="test@kamata-net.com", recipient="us@kamata-net.com")
_ENVELOPE = "test@kamata-net.com us@kamata-net.com"


def _through(name: str, probe: Probe | None = _PROBE, port: int = 25) -> Smarthost:
    endpoint = Endpoint(port=port, tls=TlsLevel.NONE, auth=False)
    return Smarthost(relay=replace(ISP, name=name, host=f"{name}.example", probe=probe), endpoint=endpoint)


def test_nothing_without_addresses() -> None:
    """The relay has to say which addresses may be used."""
    assert probes(qmail_host()) == ""
    assert probes(replace(qmail_host(), default=(_through("a", None),))) == ""
    assert probes(replace(qmail_host(), default=(STORE,))) == ""


def test_the_default_relay() -> None:
    """By a domain that nobody has; the first of several is the one in use."""
    host = replace(qmail_host(), default=(_through("a"), _through("b")))

    assert probes(host) == f"relayconf-probe.invalid {_ENVELOPE}"


def test_relays_of_routes() -> None:
    """Each endpoint once, by a domain of its own; an address is no key of smtproutes, other targets no relays."""
    routes: dict[str, Target] = {
        "anna@a.example": _through("c"),
        ".b.example": _through("b"),
        "b.example": _through("b"),
        "d.example": _through("b", port=587),
        "e.example": TO_ISP,
    }
    host = replace(qmail_host(), routes=routes)

    assert probes(host) == f"relayconf-probe.b.example {_ENVELOPE} d.example {_ENVELOPE}"
