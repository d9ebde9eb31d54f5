"""What a record covers, and what it costs at most: its networks and its look-ups, with those of its includes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from relayconf.spf.lookup import Lookup, is_spf
from relayconf.spf.record import Record, Term, parse

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MANY_TERMS = 100
"""Where counting ends: a record far past its limit, perhaps made so that it never ends."""


@dataclass(slots=True, kw_only=True)
class Extent:
    """Every network that is named, whatever its qualifier, and the look-ups for a sender that none of them covers.

    `is_complete` is false where a macro or a `ptr` covers what only a message can tell.
    """

    networks: dict[Network, None] = field(default_factory=dict)
    terms: int = 0
    is_complete: bool = True


def _network(text: str) -> Iterator[Network]:
    try:
        yield ipaddress.ip_network(text, strict=False)
    except ValueError:
        return


def _addresses(lookup: Lookup, names: Iterable[str], term: Term) -> Iterator[Network]:
    for name in names:
        for kind, version in (("A", 4), ("AAAA", 6)):
            for address in lookup(name, kind).values:
                yield from _network(f"{address}/{term.prefix(version)}")


def _named(lookup: Lookup, term: Term, domain: str) -> Iterator[Network]:
    match term.name:
        case "ip4" | "ip6":
            yield from _network(term.argument)
        case "a":
            yield from _addresses(lookup, [term.target(domain)], term)
        case "mx":
            yield from _addresses(lookup, lookup(term.target(domain), "MX").values, term)
        case _:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    lookup: Lookup
    extent: Extent

    def term(self, term: Term, domain: str, path: frozenset[str]) -> None:
        self.extent.terms += term.looks_up
        if term.has_macro or term.name in {"ptr", "exists"}:
            self.extent.is_complete = False
        elif term.name in {"include", "redirect"}:
            self.target(term.target(domain), path)
        else:
            self.extent.networks.update(dict.fromkeys(_named(self.lookup, term, domain)))

    def target(self, name: str, path: frozenset[str]) -> None:
        if name in path or self.extent.terms > MANY_TERMS:
            return
        for text in filter(is_spf, self.lookup(name, "TXT").values):
            self.record(parse(text), name, path | {name})

    def record(self, record: Record, domain: str, path: frozenset[str]) -> None:
        for term in record.reached:
            self.term(term, domain, path)
        if record.redirect and not record.all:
            self.term(record.redirect, domain, path)


def extent(lookup: Lookup, record: Record, domain: str) -> Extent:
    """What *record*, as the one of *domain*, covers and costs."""
    found = Extent()
    _Walk(lookup=lookup, extent=found).record(record, domain, frozenset({domain}))
    return found


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether one of *networks* has *address*."""
    found = ipaddress.ip_address(address)
    return any(found.version == network.version and found in network for network in networks)


def edges(networks: Iterable[Network]) -> tuple[str, ...]:
    """The first and the last address of each network."""
    return tuple(dict.fromkeys(str(network[n]) for network in networks for n in (0, -1)))


def neighbours(networks: Iterable[Network]) -> tuple[str, ...]:
    """The addresses just below and just above each network, where there are any."""
    found: dict[str, None] = {}
    for network in networks:
        whole = 2**network.max_prefixlen
        first = int(network.network_address)
        for number in (first - 1, first + network.num_addresses):
            if 0 <= number < whole:
                address = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
                found[str(address(number))] = None
    return tuple(found)


_STRANGERS = ("198.18.255.77", "203.0.113.213", "100.127.3.9", "2001:db8:ffff::77", "3fff:fff::9", "100::5")
"""Addresses set aside for examples, tests and nobody: RFC 2544, 5737, 6598, 3849, 9637, 6666."""


def strangers(networks: Iterable[Network]) -> tuple[str, ...]:
    """An IPv4 and an IPv6 address that none of *networks* has, where one of ours is free."""
    taken = tuple(networks)
    free: dict[bool, str] = {}
    for address in _STRANGERS:
        if not is_within(address, taken):
            free.setdefault(":" in address, address)
    return tuple(free.values())
