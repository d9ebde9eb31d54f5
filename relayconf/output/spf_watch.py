"""What moved in others' SPF records, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from relayconf.spf.planner import MOST_TERMS
from relayconf.spf.record import quoted
from relayconf.spf.watch import Moved, Snapshot
from relayconf.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A run: what moved since the last one, what it saw for the first time or not at all, and all that there is.

    `over` has the domains of ours whose records take more look-ups than receivers make, with their number.
    """

    moved: Sequence[Moved]
    new: Sequence[str]
    unknown: Sequence[str]
    now: Mapping[str, Snapshot]
    over: Mapping[str, int]


def _moved(moved: Moved) -> list[str]:
    lines = [f"{printable(moved.name)}   changed"]
    lines += [f"  -{network}" for network in moved.removed]
    lines += [f"  +{network}" for network in moved.added]
    if moved.before.terms != moved.after.terms:
        lines.append(f"  look-ups: {moved.before.terms} before, {moved.after.terms} now")
    if moved.is_broken:
        has = "has no SPF record any more" if not moved.after.records else "has several SPF records"
        lines.append(f"  {has}: whatever includes it is broken (permerror)")
    if moved.before.records != moved.after.records:
        lines += [f"  before  {quoted(record)}" for record in moved.before.records]
        lines += [f"  now     {quoted(record)}" for record in moved.after.records]
    return lines


def _networks(snapshot: Snapshot) -> str:
    count = len(snapshot.networks)
    return f"{count} network{'' if count == 1 else 's'}, {snapshot.terms} look-up{'' if snapshot.terms == 1 else 's'}"


def text(seen: Seen) -> str:
    """What moved, with its networks; then what is new or unknown, and a line of sums."""
    lines = [line for moved in seen.moved for line in _moved(moved)]
    lines += [f"{printable(name)}   recorded: {_networks(seen.now[name])}" for name in seen.new]
    lines += [f"{printable(name)}   unknown: no answer; what was known of it is kept" for name in seen.unknown]
    lines += [
        f"{printable(domain)}   takes {terms} look-ups; receivers give up after {MOST_TERMS} (permerror)"
        for domain, terms in seen.over.items()
    ]
    unchanged = len(seen.now) - len(seen.moved) - len(seen.new)
    counts = f"{len(seen.moved)} changed, {len(seen.new)} new, {len(seen.unknown)} unknown, {unchanged} unchanged"
    return "\n".join([*lines, f"Includes: {counts}"])


def as_json(seen: Seen) -> str:
    """Everything, in ASCII."""
    value = {
        "format": 1,
        "kind": "spf-watch",
        "changed": [
            {
                "name": moved.name,
                "added": moved.added,
                "removed": moved.removed,
                "broken": moved.is_broken,
                "before": asdict(moved.before),
                "after": asdict(moved.after),
            }
            for moved in seen.moved
        ],
        "new": list(seen.new),
        "unknown": list(seen.unknown),
        "over": dict(seen.over),
        "includes": {name: asdict(snapshot) for name, snapshot in seen.now.items()},
    }
    return json.dumps(value, indent=2)
