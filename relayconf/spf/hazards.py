"""What is wrong with a record, or soon will be, though it may work today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from relayconf.facts import Finding, Severity
from relayconf.spf.lookup import Lookup, Outcome, is_spf
from relayconf.spf.networks import extent
from relayconf.spf.record import Record, Term

_MOST_TERMS, _MOST_MX, _MOST_VOIDS = 10, 10, 2  # RFC 7208 4.6.4
_NEAR = 9
_LONG = 450  # bytes; RFC 7208 3.4: the answer should fit into 512 with its header


def _warning(code: str, text: str, *ways_out: str) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, text=text, ways_out=ways_out)


def _of_the_whole(record: Record) -> Iterator[Finding]:
    if record.all and record.all.qualifier == "+":
        yield _warning("plus-all", "+all lets everybody on earth send as this domain", "~all, then -all")
    if record.all and record.redirect:
        yield _warning(
            "dead-redirect", f"{record.redirect.text} is never looked at, as there is an `all`", "take it out"
        )
    reached = {id(term) for term in record.reached}
    dead = [t.text for t in record.terms if id(t) not in reached and not t.is_modifier and t is not record.all]
    if dead:
        yield _warning("dead-terms", f"never looked at, as they stand after `all`: {' '.join(dead)}", "take them out")
    counted = Counter(term.text.lower() for term in record.reached)
    for text, count in counted.items():
        if count > 1:
            yield _warning("duplicate", f"{text} stands {count} times in the record", "take one out")
    if len(record.text) > _LONG:
        text = f"the record has {len(record.text)} bytes; above {_LONG} it may not fit into one answer over UDP"
        yield _warning("long", text, "fewer or shorter terms")


def _of_include(term: Term, name: str, domain: str, lookup: Lookup) -> Iterator[Finding]:
    if name == domain:
        text = f"{term.text} includes the record itself: some receivers give up on it (permerror)"
        yield _warning("self-include", text, "take it out")
        return
    answer = lookup(name, "TXT")
    if not any(map(is_spf, answer.values)):
        why = "has no SPF record" if answer.outcome is Outcome.FOUND else f"gives none ({answer.outcome})"
        text = f"{term.text} breaks the record for everybody who is not named before it: {name} {why}"
        yield _warning("include-without-spf", text, "take it out, or ask the provider for its present name")


def _no_address(name: str, lookup: Lookup) -> bool:
    return not any(lookup(name, kind).values for kind in ("A", "AAAA"))


def _of_mx(term: Term, name: str, lookup: Lookup) -> Iterator[Finding]:
    hosts = lookup(name, "MX").values
    if not hosts:
        yield _warning("mx-without-mx", f"{term.text}: {name} has no MX record", "take it out")
    if len(hosts) > _MOST_MX:
        yield _warning("many-mx", f"{term.text}: {name} has {len(hosts)} MX records, of which ten are allowed")
    without = [host for host in hosts if not lookup(host, "AAAA").values]
    if len(without) > _MOST_VOIDS:
        text = f"{term.text}: {len(without)} of its hosts have no IPv6 address, so checks of mail over IPv6 end there"
        yield _warning("costly-mx", text, "ip4: and ip6: terms instead cost no look-up")


def _of_term(term: Term, domain: str, lookup: Lookup) -> Iterator[Finding]:
    if term.has_macro:
        yield _warning("macro", f"{term.text} depends on the message, so nobody can say beforehand whom it covers")
        return
    name = term.target(domain)
    match term.name:
        case "ptr":
            yield _warning("ptr", f"{term.text} is deprecated (RFC 7208 5.5) and slow", "ip4: and ip6: terms")
        case "include" | "redirect":
            yield from _of_include(term, name, domain, lookup)
        case "mx":
            yield from _of_mx(term, name, lookup)
        case "a" if _no_address(name, lookup):
            yield _warning("a-without-address", f"{term.text}: {name} has no address", "take it out")


def _of_cost(domain: str, record: Record, lookup: Lookup) -> Iterator[Finding]:
    terms = extent(lookup, record, domain).terms
    if terms > _MOST_TERMS:
        text = f"the record takes {terms} look-ups; receivers give up after {_MOST_TERMS} (permerror)"
        yield _warning("too-many-terms", text, "take out what nobody sends from any more")
    elif terms >= _NEAR:
        text = f"the record takes {terms} of {_MOST_TERMS} look-ups; an include that grows can break it at any time"
        yield _warning("near-limit", text, "take out what nobody sends from any more")


def hazards(domain: str, record: Record, lookup: Lookup) -> list[Finding]:
    """What a human should know of *record*, published for *domain*; nothing of it is changed without being asked."""
    counted = (*record.reached, *([record.redirect] if record.redirect and not record.all else ()))
    each = chain.from_iterable(_of_term(term, domain, lookup) for term in counted)
    return [*_of_the_whole(record), *each, *_of_cost(domain, record, lookup)]
