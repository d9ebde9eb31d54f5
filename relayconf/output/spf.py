"""SPF plans as text and as JSON, and the parts of both that other outputs have too."""

from __future__ import annotations

import json
from collections.abc import Sequence

from relayconf.facts import Finding
from relayconf.output.json import Json, finding_value
from relayconf.spf.planner import SpfPlan
from relayconf.spf.record import quoted
from relayconf.text import printable


def findings(found: Sequence[Finding]) -> list[str]:
    """Each finding with its ways out, below the domain that they are about."""
    lines: list[str] = []
    for finding in found:
        lines.append(f"  {finding.severity}: {printable(finding.text)}")
        lines += [f"    way out: {printable(way)}" for way in finding.ways_out]
    return lines


def _plan(plan: SpfPlan) -> list[str]:
    lines = [printable(plan.domain)]
    lines += [f"  now      {quoted(text)}" for text in plan.live] or ["  now      no SPF record"]
    if plan.is_change and plan.record is not None:
        lines.append(f"  publish  {quoted(plan.record)}  ({plan.terms} of 10 look-ups)")
    elif plan.record is not None:
        lines.append(f"  no change  ({plan.terms} of 10 look-ups)")
    for one in plan.sending:
        lines.append(f"  {one.address}  {one.before} -> {one.after}  {printable(one.why)}")
    return [*lines, *findings(plan.findings)]


def text(plans: Sequence[SpfPlan]) -> str:
    """Each domain with its record of now, the one to publish, and what becomes of each address that sends."""
    return "\n\n".join("\n".join(_plan(plan)) for plan in plans)


def plan_value(plan: SpfPlan) -> Json:
    """One plan as JSON has it."""
    return {
        "domain": plan.domain,
        "live": list(plan.live),
        "others": list(plan.others),
        "record": plan.record,
        "change": plan.is_change,
        "added": list(plan.added),
        "covers": list(plan.covers),
        "terms": plan.terms,
        "voids": plan.voids,
        "ttl": plan.ttl,
        "sending": [
            {"address": one.address, "why": one.why, "before": str(one.before), "after": str(one.after)}
            for one in plan.sending
        ],
        "findings": [finding_value(one) for one in plan.findings],
    }


def as_json(plans: Sequence[SpfPlan]) -> str:
    """Everything, in ASCII."""
    return json.dumps({"format": 1, "kind": "spf-plan", "plans": [plan_value(plan) for plan in plans]}, indent=2)
