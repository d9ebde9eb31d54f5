"""Which tests of qmail-remote a host is asked for: those for which a relay's addresses stand in the inventory."""

from __future__ import annotations

from collections.abc import Iterator

from relayconf.model import Endpoint, Host, Relay, Smarthost

ANYBODY = "relayconf-probe.invalid"
"""A domain that no line but the default's is for. With a relay there, nothing looks it up."""

_HIDDEN = "relayconf-probe"


def _keys(host: Host) -> Iterator[tuple[str, Smarthost]]:
    """A domain for each relay that the host uses; qmail-remote takes the route for that, whoever the recipient is."""
    default = host.target(host.default[0])
    if isinstance(default, Smarthost):
        yield ANYBODY, default
    for table in (host.domains, host.routes):
        for key, named in table.items():
            target = host.target(named)
            if isinstance(target, Smarthost) and "@" not in key:
                yield f"{_HIDDEN}{key}" if key.startswith(".") else key, target


def probes(host: Host) -> str:
    """`DOMAIN SENDER RECIPIENT`, blank separated, for each relay that the host uses and that has addresses for it."""
    known: dict[tuple[Relay, Endpoint], str] = {}
    for domain, target in _keys(host):
        probe = target.relay.probe
        if probe is not None:
            known.setdefault((target.relay, target.endpoint), f"{domain} {probe.sender} {probe.recipient}")
    return " ".join(known.values())
