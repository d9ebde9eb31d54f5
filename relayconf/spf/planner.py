"""The least change of a live record that lets everybody pass who is to send, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from relayconf.facts import Finding, Severity
from relayconf.spf.evaluator import Check, Verdict, check, fault
from relayconf.spf.hazards import hazards
from relayconf.spf.lookup import UNKNOWN, Lookup, is_spf, published, remembered
from relayconf.spf.networks import Extent, edges, extent, is_within, neighbours, strangers
from relayconf.spf.record import Record, Term, parse

MOST_TERMS = 10
"""RFC 7208 4.6.4."""

_LENIENCE = "-~?+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A term that is to be covered, and who sends from there, in words."""

    term: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An address that sends for the domain, with a receiver's verdict on it before and after."""

    address: str
    why: str
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfPlan:
    """What to do about the record of one domain.

    `live` has the SPF records of now, as a rule one, `others` the other TXT records beside them, `record` the one that
    is to be; None: there is none to propose, and the findings say why. `covers` has the networks of the `added` terms.
    `terms` and `voids` are the look-ups of that record, at most. `ttl` is that of the live answer, in seconds: so long
    the old record can be seen. `zone` is the one that the domain is in, empty where the DNS names none.
    """

    domain: str
    live: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    record: str | None = None
    added: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    sending: tuple[Sending, ...] = ()
    findings: tuple[Finding, ...] = ()
    terms: int = 0
    voids: int = 0
    ttl: int = 0
    zone: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether something is in the way that a human has to put right first."""
        return _is_in_the_way(self.findings)

    @property
    def is_change(self) -> bool:
        """Whether the record is to be another one."""
        return self.record is not None and self.live != (self.record,)


def _error(code: str, text: str, *ways_out: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, text=text, ways_out=ways_out)


def _merged(records: Sequence[Record]) -> Record:
    """One record with every term of *records*, and the most lenient of their `all`."""
    ends = [record.all for record in records if record.all]
    terms: dict[str, Term] = {}
    for record in records:
        for term in record.reached:
            terms.setdefault(term.text.lower(), term)
        for term in record.terms:
            if term.is_modifier and not (term.name == "redirect" and ends):
                terms.setdefault(term.text.lower(), term)
    ends.sort(key=lambda term: _LENIENCE.index(term.qualifier))
    return Record(version=records[0].version, terms=(*terms.values(), *ends[-1:]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """The record to start from, and the verdicts that a merge may not change."""

    domain: str
    lookup: Lookup
    record: Record
    watched: dict[str, Verdict] = field(default_factory=dict)

    def check(self, record: Record, address: str) -> Check:
        return check(published(self.lookup, self.domain, record.text), address, self.domain)

    def extent(self, record: Record) -> Extent:
        return extent(published(self.lookup, self.domain, record.text), record, self.domain)

    def before(self, address: str) -> Verdict:
        return check(self.lookup, address, self.domain).verdict

    def passes(self, record: Record, addresses: Iterable[str]) -> bool:
        return all(self.check(record, address).verdict is Verdict.PASS for address in addresses)

    def keeps(self, record: Record) -> bool:
        return all(self.check(record, address).verdict is verdict for address, verdict in self.watched.items())


def _samples(base: _Base, term: str) -> tuple[tuple[str, ...], Check]:
    """Addresses that *term* alone covers, first and last of its networks, and what it makes of a stranger."""
    alone = Record(terms=(Term(text=term), Term(text="-all")))
    found = base.extent(alone)
    addresses = tuple(a for a in edges(found.networks) if base.check(alone, a).verdict is Verdict.PASS)
    outside = [base.check(alone, address) for address in strangers(found.networks)]
    return addresses, max(outside, key=lambda one: one.verdict in {Verdict.PERMERROR, Verdict.TEMPERROR})


def _watched(base: _Base, needs: Sequence[Need]) -> dict[str, Verdict]:
    """Addresses that must be judged as before: the edges of what is named, what lies beside them, and strangers.

    Those that a need covers may come to pass, but for strangers, whom none should cover.
    """
    named = [Term(text=need.term) for need in needs if not fault(f"v=spf1 {need.term}")]
    wanted = base.extent(Record(terms=tuple(named))).networks
    known = base.extent(base.record).networks
    found: dict[str, Verdict] = {}
    for address in dict.fromkeys((*edges(known), *neighbours(known | wanted))):
        verdict = base.before(address)
        if verdict is Verdict.PASS or not is_within(address, wanted):
            found[address] = verdict
    return found | {address: base.before(address) for address in strangers(known)}


@dataclass(slots=True, kw_only=True)
class _Merge:
    """A merge under way: the record so far, and what was found on the way."""

    base: _Base
    record: Record
    added: list[str] = field(default_factory=list)
    ours: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def _place(self, need: Need, addresses: Sequence[str]) -> Record | None:
        """The record with *need* as late as it works: there, or the further left the more is in its way."""
        for slot in range(self.record.last_slot, -1, -1):
            candidate = self.record.inserted(slot, need.term)
            if self.base.passes(candidate, (*self.ours, *addresses)) and self.base.keeps(candidate):
                return candidate
        return None

    def _refuse(self, need: Need) -> None:
        candidate = self.record.inserted(self.record.last_slot, need.term)
        terms = self.base.extent(candidate).terms
        if terms > MOST_TERMS:
            text = f"with {need.term} the record would take {terms} look-ups; receivers give up after {MOST_TERMS}"
            way = "take a term out that nobody sends from, or name a smaller include of the same provider"
        else:
            text = f"{need.term} has no place in which its addresses pass and every other verdict stays"
            way = "take out or correct the terms that the findings name"
        self.findings.append(_error("no-place", text, way))

    def add(self, need: Need) -> None:
        """Cover *need*, or say why that cannot be done."""
        if wrong := fault(Record(terms=(Term(text=need.term),)).text):
            self.findings.append(
                _error("bad-term", f"{need.term} ({need.why}): {wrong}", "correct it in the inventory")
            )
            return
        addresses, outside = _samples(self.base, need.term)
        if outside.verdict in {Verdict.PERMERROR, Verdict.TEMPERROR}:
            text = f"{need.term} ({need.why}) would break the record: {outside.reason}"
            self.findings.append(_error("broken-need", text, "ask the provider which name to include"))
            return
        if self._is_covered(need, addresses):
            self.ours |= dict.fromkeys(addresses, need.why)
            return
        placed = self._place(need, addresses)
        if placed is None or self.base.extent(placed).terms > MOST_TERMS:
            self._refuse(need)
            return
        self.record = placed
        self.added.append(need.term)
        self.ours |= dict.fromkeys(addresses, need.why)

    def _is_covered(self, need: Need, addresses: Sequence[str]) -> bool:
        if addresses:
            return self.base.passes(self.record, addresses)
        return any(term.text.lower() == need.term.lower() for term in self.record.reached)


def _start(domain: str, live: tuple[str, ...], *, strict: bool) -> tuple[Record, list[Finding]]:
    """The record to build on, and what has to be said about it."""
    if not live and strict:
        return parse("v=spf1 -all"), []
    if not live:
        text = f"{domain} has no SPF record yet: with this one, mail from anywhere else gets softfail"
        ways = ("before you publish it, add whoever else sends for the domain", "later, when all passes: -all")
        finding = Finding(code="new-record", severity=Severity.WARNING, text=text, ways_out=ways)
        return parse("v=spf1 ~all"), [finding]
    faults = [_error("malformed", f"{domain}: {why}", "correct the live record") for why in map(fault, live) if why]
    records = [parse(text) for text in live]
    if len(live) == 1 or faults:
        return records[0], faults
    text = f"{domain} has {len(live)} SPF records, so every receiver gives up (permerror); they are merged into one"
    merged = Finding(code="several-records", severity=Severity.WARNING, text=text)
    if len({record.redirect.text for record in records if record.redirect}) > 1:
        return records[0], [_error("several-redirects", f"{domain} has records with different redirects", "keep one")]
    return _merged(records), [merged]


def _sending(base: _Base, merge: _Merge) -> Iterator[Sending]:
    for address, why in merge.ours.items():
        after = base.check(merge.record, address).verdict
        yield Sending(address=address, why=why, before=base.before(address), after=after)


def _voids(base: _Base, record: Record) -> int:
    outsiders = strangers(base.extent(record).networks)
    return max((base.check(record, address).voids for address in outsiders), default=0)


def _is_in_the_way(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _unanswered(base: _Base) -> Iterator[Finding]:
    """Whether the DNS left open what the live record means, so that a change of it would be a guess."""
    if Verdict.TEMPERROR in base.watched.values():
        text = f"what {base.domain}'s record means is not known: one of the names in it was not answered for"
        yield _error("no-answer", text, "try again, or take the name out if it never answers")


def _proposed(merge: _Merge, live: tuple[str, ...]) -> str | None:
    """The record to publish; a live one that needs no change stays as it is, its spaces included."""
    if _is_in_the_way(merge.findings) or not (live or merge.added):
        return None
    return live[0] if len(live) == 1 and not merge.added else merge.record.text


def plan(domain: str, needs: Sequence[Need], lookup: Lookup, *, strict: bool = False) -> SpfPlan:
    """What to publish for *domain*, so that all of *needs* pass.

    A first record ends in `~all`, or in `-all` where *strict*: of a host's name it is known who uses it.

    Every term of the live record stays, verbatim and in its order; `all` is never tightened. A new term stands as late
    as its addresses pass there, which for `v=spf1 mx -all` is after the `mx`, unless looking that up fails for them.
    Nobody who passed fails afterwards, the verdict on outsiders stays, and no check takes more than ten look-ups; where
    that cannot be had there is no record, but a finding of severity error.
    """
    lookup = remembered(lookup)
    answer = lookup(domain, "TXT")
    if answer.outcome in UNKNOWN:
        text = f"the DNS does not say what {domain} publishes now: {answer.outcome}"
        return SpfPlan(domain=domain, findings=(_error("no-answer", text, "try again, or name another server"),))
    live = tuple(filter(is_spf, answer.values))
    record, findings = _start(domain, live, strict=strict)
    base = _Base(domain=domain, lookup=lookup, record=record)
    merge = _Merge(base=base, record=record, findings=findings)
    if not _is_in_the_way(findings):
        if len(live) == 1:
            base.watched.update(_watched(base, needs))
            findings += _unanswered(base)
        for need in dict.fromkeys(needs):
            merge.add(need)
        findings += hazards(domain, merge.record, published(lookup, domain, merge.record.text))
    return SpfPlan(
        domain=domain,
        live=live,
        others=tuple(value for value in answer.values if not is_spf(value)),
        record=_proposed(merge, live),
        added=tuple(merge.added),
        covers=tuple(map(str, base.extent(Record(terms=tuple(Term(text=term) for term in merge.added))).networks)),
        sending=tuple(_sending(base, merge)),
        findings=tuple(findings),
        terms=base.extent(merge.record).terms,
        voids=_voids(base, merge.record),
        ttl=answer.ttl,
    )
