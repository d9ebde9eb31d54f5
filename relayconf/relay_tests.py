"""Which tests of its relays a host is asked for: those for which a relay's addresses stand in the inventory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relayconf.model import Endpoint, Host, Probe, Relay, Smarthost

ANYBODY = "relayconf-probe.invalid"
"""A domain that no line but the default's is for. With a relay there, nothing looks it up."""

_HIDDEN = "relayconf-probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayTest:
    """A test of *target*: the envelope, None where the inventory has none, and a domain whose mail goes there."""

    target: Smarthost
    domain: str
    probe: Probe | None


def _keys(host: Host) -> Iterator[tuple[str, Smarthost]]:
    """A domain for each relay that the host uses; mail to it goes there."""
    default = host.target(host.default[0])
    if isinstance(default, Smarthost):
        yield ANYBODY, default
    for table in (host.domains, host.routes):
        for key, named in table.items():
            target = host.target(named)
            if isinstance(target, Smarthost) and "@" not in key:
                yield f"{_HIDDEN}{key}" if key.startswith(".") else key, target


def relay_tests(host: Host) -> tuple[RelayTest, ...]:
    """One test for each endpoint of a relay that *host* uses, the default's first."""
    known: dict[tuple[Relay, Endpoint], RelayTest] = {}
    for domain, target in _keys(host):
        test = RelayTest(target=target, domain=domain, probe=target.relay.probe)
        known.setdefault((target.relay, target.endpoint), test)
    return tuple(known.values())
