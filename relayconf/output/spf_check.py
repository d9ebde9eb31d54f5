"""How far SPF records have come, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from relayconf.output.json import finding_value
from relayconf.output.spf import findings
from relayconf.output.tables import columns
from relayconf.spf.propagation import Asked, Propagation, State
from relayconf.spf.record import quoted
from relayconf.text import printable

_PUBLISH = "  publish it: `relayconf spf apply`, or as `relayconf spf plan` prints it"


def _has(found: Propagation, one: Asked) -> str:
    state = found.state(one)
    match state:
        case State.PLANNED:
            return state
        case State.UNKNOWN:
            return f"{state}: {one.answer.outcome}"
        case _:
            left = f", for {one.answer.ttl} s yet" if one.is_resolver else ""
            return f"{state}{left}: {' and '.join(map(quoted, one.records)) or 'no SPF record'}"


def _propagation(found: Propagation) -> list[str]:
    lines = [printable(found.domain)]
    if not found.plan.is_refused:
        lines.append(f"  planned  {' '.join(map(quoted, found.wanted)) or 'no SPF record'}")
    rows = [
        (("  resolver " if one.is_resolver else "  ") + printable(one.server), _has(found, one)) for one in found.asked
    ]
    lines += columns(rows, indent=0, gap=3, max_width=None)
    own = [one for one in found.asked if not one.is_resolver]
    if own and not found.plan.is_refused and all(found.state(one) is State.OLD for one in own):
        lines.append(_PUBLISH)
    return [*lines, *findings(found.plan.findings)]


def text(found: Sequence[Propagation]) -> str:
    """Each domain with its planned record, and what each server has."""
    return "\n\n".join("\n".join(_propagation(one)) for one in found)


def as_json(found: Sequence[Propagation]) -> str:
    """Everything, in ASCII."""
    value: list[dict[str, object]] = [
        {
            "domain": one.domain,
            "record": one.plan.record,
            "wait": one.wait,
            "servers": [
                {
                    "server": asked.server,
                    "resolver": asked.is_resolver,
                    "state": str(one.state(asked)),
                    "outcome": str(asked.answer.outcome),
                    "records": list(asked.records),
                    "ttl": asked.answer.ttl,
                }
                for asked in one.asked
            ],
            "findings": [finding_value(finding) for finding in one.plan.findings],
        }
        for one in found
    ]
    return json.dumps({"format": 1, "kind": "spf-check", "domains": value}, indent=2)
