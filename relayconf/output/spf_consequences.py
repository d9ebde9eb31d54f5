"""What a plan of routes means for SPF records: lines of the plan, and a part of its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relayconf.facts import Finding, Severity
from relayconf.output.json import Json
from relayconf.output.spf import plan_value
from relayconf.spf.consequence import Consequences
from relayconf.spf.evaluator import Verdict
from relayconf.spf.planner import SpfPlan
from relayconf.spf.record import quoted
from relayconf.text import printable

_MOST_NETWORKS = 3
_NOT_TOLD = frozenset({"no-egress", "relay-without-spf", "unknown-relay"})
_TODAY = {
    Verdict.PASS: "passes",
    Verdict.FAIL: "fails",
    Verdict.SOFTFAIL: "softfails",
    Verdict.NEUTRAL: "is neutral",
    Verdict.NONE: "has no SPF record",
    Verdict.PERMERROR: "meets a broken record (permerror)",
    Verdict.TEMPERROR: "is not known",
}


def _listed(networks: Sequence[str]) -> str:
    shown = [network.removesuffix("/32").removesuffix("/128") for network in networks[:_MOST_NETWORKS]]
    more = len(networks) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _moves(plan: SpfPlan) -> str:
    today = dict.fromkeys(_TODAY[one.before] for one in plan.sending if one.before is not Verdict.PASS)
    if not plan.covers:
        return "the SPF record is to be another one"
    return f"mail will leave from {_listed(plan.covers)}, which {' or '.join(today) or 'passes'} today"


def _said(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.severity is Severity.ERROR or finding.code in _NOT_TOLD:
            yield f"unknown: {printable(finding.text)}"
            yield from (f"  way out: {printable(way)}" for way in finding.ways_out)


def _plan(plan: SpfPlan) -> Iterator[str]:
    if plan.is_change and plan.record is not None:
        yield f"{printable(plan.domain)}: {_moves(plan)}"
        yield f"publish {quoted(plan.record)}  ({plan.terms} of 10 look-ups)"
    yield from _said(plan.findings)


def consequences(found: Consequences) -> list[str]:
    """Lines on each record that is to be another one, or of which that cannot be told; none when all is well."""
    lines = [line for plan in found.plans for line in _plan(plan)]
    if found.more:
        lines.append(f"{found.more} more domains were not looked at: `relayconf spf plan` looks at all")
    if found.reason:
        lines.append(f"unknown: {printable(found.reason)}")
    return [f"{'' if number else 'SPF':<9} {line}" for number, line in enumerate(lines)] + [""] * bool(lines)


def consequences_value(found: Consequences) -> Json:
    """The same as JSON has it, with those that need no change."""
    return {"plans": [plan_value(plan) for plan in found.plans], "more": found.more, "reason": found.reason or None}
