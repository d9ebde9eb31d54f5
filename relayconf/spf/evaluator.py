"""What a receiver would say: RFC 7208's check_host(), by the library that does it.

The one room that knows spftrace, so that another evaluator can take its place.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from spftrace import BaseResolver, Evaluator, Limits, SpfPermError
from spftrace import parse as _parse

from relayconf.spf.lookup import Answer, Lookup, Outcome

_CODES = {
    Outcome.FOUND: "NOERROR",
    Outcome.NODATA: "NOERROR",
    Outcome.NXDOMAIN: "NXDOMAIN",
    Outcome.SERVFAIL: "SERVFAIL",
    Outcome.TIMEOUT: "TIMEOUT",
}
_QUERIES = 500  # a record that needs more is nobody's record
_SECONDS = 120.0  # the resolver has time-outs of its own


class Verdict(StrEnum):
    """RFC 7208 2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105  a verdict
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: its verdict, the look-ups and void look-ups that it took, and why it could not be made.

    Both are counted on past their limits, which does not change the verdict.
    """

    verdict: Verdict
    terms: int
    voids: int
    reason: str = ""


class _Resolver(BaseResolver):
    def __init__(self, lookup: Lookup) -> None:
        self._answer = lookup

    async def _lookup(self, name: str, rtype: str) -> tuple[str, list[str]]:
        answer: Answer = self._answer(name, rtype)
        return _CODES[answer.outcome], list(answer.values)


def check(lookup: Lookup, address: str, domain: str, *, sender: str = "", helo: str = "") -> Check:
    """The verdict on *address* that says MAIL FROM a *sender* at *domain*, by what *lookup* finds."""
    limits = Limits(time_limit=_SECONDS, max_queries=_QUERIES, audit=True)
    evaluator = Evaluator(_Resolver(lookup), limits, receiver="relayconf")
    result = asyncio.run(evaluator.evaluate(address, sender or f"postmaster@{domain}", helo or domain))
    reasons = [event.data["reason"] for event in result.trace.events if event.kind == "exit"]
    return Check(
        verdict=Verdict(result.result),
        terms=result.dns_terms_used,
        voids=result.void_lookups_used,
        reason=str(reasons[-1]) if reasons else "",
    )


def fault(text: str) -> str | None:
    """Why every receiver refuses the record *text* as it is written (RFC 7208 12); None when it is sound."""
    try:
        _parse(text)
    except SpfPermError as error:
        return str(error)
    return None
