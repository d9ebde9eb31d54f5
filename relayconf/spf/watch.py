"""What others' records cover, remembered from run to run: an include changes without its users being asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from relayconf.spf.lookup import UNKNOWN, Answer, Lookup, is_spf
from relayconf.spf.networks import Network, extent
from relayconf.spf.record import Record, Term, parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a name's record covers, its networks in text and in order, and what it costs whom includes it.

    `records` are its SPF records, as a rule one; none, or several, break every record that includes it.
    """

    networks: tuple[str, ...]
    terms: int
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An include that is another by now."""

    name: str
    before: Snapshot
    after: Snapshot

    @property
    def added(self) -> tuple[str, ...]:
        """Networks that may send now."""
        return tuple(network for network in self.after.networks if network not in self.before.networks)

    @property
    def removed(self) -> tuple[str, ...]:
        """Networks that may not any more."""
        return tuple(network for network in self.before.networks if network not in self.after.networks)

    @property
    def is_broken(self) -> bool:
        """Whether it breaks now whatever includes it (RFC 7208 5.2)."""
        return len(self.after.records) != 1


class _Unanswered(Exception):
    """A name was not answered for."""


def _answering(lookup: Lookup) -> Lookup:
    def ask(name: str, kind: str) -> Answer:
        answer = lookup(name, kind)
        if answer.outcome in UNKNOWN:
            raise _Unanswered
        return answer

    return ask


def included(terms: Iterable[Term], domain: str) -> Iterator[str]:
    """The names of others that *terms* of *domain*'s record lead to, but for those that depend on the message."""
    for term in terms:
        if term.name in {"include", "redirect"} and not term.has_macro:
            yield term.target(domain)


def named(domain: str, needs: Iterable[str], lookup: Lookup) -> tuple[str, ...] | None:
    """The names to watch for *domain*: those of its live record and of *needs*; None when the DNS gives no answer."""
    try:
        live = [parse(text) for text in _answering(lookup)(domain, "TXT").values if is_spf(text)]
    except _Unanswered:
        return None
    terms = [*(term for record in live for term in record.terms), *(Term(text=need) for need in needs)]
    return tuple(dict.fromkeys(name for name in included(terms, domain) if name != domain))


def _place(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), network.prefixlen


def cost(domain: str, lookup: Lookup) -> int:
    """The look-ups that *domain*'s record takes, at most, its includes being as they are now."""
    live = (parse(text) for text in lookup(domain, "TXT").values if is_spf(text))
    return max((extent(lookup, record, domain).terms for record in live), default=0)


def snapshot(name: str, lookup: Lookup) -> Snapshot | None:
    """What *name*'s record covers now; None when one of the names in it was not answered for."""
    known = _answering(lookup)
    try:
        records = tuple(sorted(filter(is_spf, known(name, "TXT").values)))
        found = extent(known, Record(terms=(Term(text=f"include:{name}"),)), "")
    except _Unanswered:
        return None
    return Snapshot(networks=tuple(map(str, sorted(found.networks, key=_place))), terms=found.terms, records=records)


def moves(before: Mapping[str, Snapshot], after: Mapping[str, Snapshot]) -> Sequence[Moved]:
    """The includes that were seen before and are another now, in the order of *after*."""
    return tuple(
        Moved(name=name, before=before[name], after=now)
        for name, now in after.items()
        if name in before and before[name] != now
    )
