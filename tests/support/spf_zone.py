"""Zones in memory, for one evaluator of SPF and for the other."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import spf  # type: ignore[import-untyped]  # pyspf, the second opinion; it has no types

from relayconf.spf.lookup import Answer, Outcome

Records = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Names with their records by type; an outcome stands for all types of a name that gives no answer.

    A server of it answers with authority unless `has_authority` is false, as of one that was not told of the zone.
    """

    names: Mapping[str, Records | Outcome]
    ttl: int = 3600
    has_authority: bool = True

    def __call__(self, name: str, kind: str) -> Answer:
        """A resolver's answer, aliases followed once."""
        records = self.names.get(name.lower().rstrip("."))
        if records is None:
            return Answer(outcome=Outcome.NXDOMAIN)
        if isinstance(records, Outcome):
            return Answer(outcome=records)
        if "TIMEOUT" in records.get(kind, ()):
            return Answer(outcome=Outcome.TIMEOUT)
        if records.get(kind):
            return Answer(outcome=Outcome.FOUND, values=tuple(records[kind]), ttl=self.ttl)
        if records.get("CNAME") and records["CNAME"][0].lower() != name.lower():
            return self(records["CNAME"][0], kind)
        return Answer(outcome=Outcome.NODATA)


def _pydns(zone: Zone, name: str, kind: str) -> Iterator[tuple[tuple[str, str], object]]:
    answer = zone(name, kind)
    if answer.outcome in {Outcome.TIMEOUT, Outcome.SERVFAIL}:
        raise spf.TempError(f"DNS {answer.outcome}")
    for value in answer.values:
        match kind:
            case "AAAA":
                yield (name, kind), socket.inet_pton(socket.AF_INET6, value)
            case "TXT":
                yield (name, kind), (value.encode(),)
            case "MX":
                yield (name, kind), (10, value)
            case _:
                yield (name, kind), value


def second_opinion(zone: Zone, address: str, domain: str) -> str:
    """The verdict of pyspf on *address* as a sender at *domain*."""
    # pyspf has no other way to be given a resolver than its global one.
    spf.DNSLookup = lambda name, kind, *_: list(_pydns(zone, name, kind))
    verdict, _, _ = spf.query(i=address, s=f"postmaster@{domain}", h=domain, strict=True).check()
    return str(verdict)
