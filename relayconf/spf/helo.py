"""By which names bounces are judged: the null sender has no domain, so that receivers take the one in HELO."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from relayconf.model import Direct, Host, Mx, Smarthost, Target


@dataclass(slots=True)
class Targets:
    """The targets of tables, each once. Hosts share their tables, which can have a hundred thousand lines."""

    _known: dict[int, tuple[Mapping[str, Target], tuple[Target, ...]]] = field(default_factory=dict)

    def of(self, table: Mapping[str, Target]) -> tuple[Target, ...]:
        """Those of *table*, which is not looked at twice."""
        if id(table) not in self._known:
            # The table is kept, too, so that no other one gets its number.
            self._known[id(table)] = table, tuple({id(target): target for target in table.values()}.values())
        return self._known[id(table)][1]


def _is_name(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "." in text.strip(".")
    return False


def helo_name(host: Host) -> str | None:
    """The name that *host* says in HELO, as far as the inventory tells: its address or its name, if a domain name."""
    return next((text.lower().rstrip(".") for text in (host.address, host.name) if _is_name(text)), None)


def sends_bounces(host: Host, known: Targets) -> bool:
    """Whether some mail from the null sender leaves *host* directly: by default, by a route, or as a backup MX."""
    bounces = host.senders.get("<>")
    relayed = bounces is not None and isinstance(bounces.target, Smarthost)
    # A route for a recipient goes before one for a sender.
    routed = any(isinstance(target, Direct) for target in known.of(host.routes))
    backup = any(isinstance(target, Mx) for target in known.of(host.domains))
    return routed or backup or (not relayed and any(isinstance(target, Direct) for target in host.default))


def helo_names(hosts: Iterable[Host]) -> tuple[str, ...]:
    """The names of those of *hosts* whose bounces leave directly, as far as they are known."""
    known = Targets()
    names = (helo_name(host) for host in hosts if sends_bounces(host, known))
    return tuple(dict.fromkeys(name for name in names if name))


def nameless(hosts: Iterable[Host]) -> tuple[str, ...]:
    """The hosts whose bounces leave directly under a name that is not known."""
    known = Targets()
    return tuple(host.name for host in hosts if helo_name(host) is None and sends_bounces(host, known))
