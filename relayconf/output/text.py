"""Plans and results as a human reads them. Values in, text out; nothing here prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from relayconf.drift import Drift
from relayconf.errors import DeployError
from relayconf.facts import Finding, Severity
from relayconf.files import ChangeKind
from relayconf.output.tables import columns, host_names
from relayconf.plan import FileDiff, HostPlan
from relayconf.result import INTERRUPTED, FleetResult, HostResult, Status
from relayconf.safety import Limit
from relayconf.text import printable
from relayconf.waves import FEW, Wave

MAX_ROUTES = 40
"""Route changes shown at most; the rest is counted, and the diff has them all."""

MAX_NAMES_WIDTH = 60

_GENERATION = re.compile(r"(/relayconf/)[0-9]+\b")


def _names(hosts: Iterable[str]) -> str:
    return host_names(tuple(hosts), MAX_NAMES_WIDTH)


def _plans(fleet: FleetResult) -> tuple[HostPlan, ...]:
    return tuple(result.plan for result in fleet.results if result.plan is not None)


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low if low == high else f'{low}-{high}'} route{'' if high == 1 else 's'}"


def _routes(plans: Sequence[HostPlan]) -> list[str]:
    """The table of routes that change; equal rows of several hosts are one row."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for plan in plans:
        for route in plan.routes:
            rows.setdefault((route.recipients, route.before, route.after), []).append(plan.host.name)
    if not rows:
        return []
    shown = list(rows.items())[:MAX_ROUTES]
    table = [("Routes that change", "before", "after", "hosts", "proved by")]
    table += [
        (f"  {printable(who)}", printable(before), printable(after), _names(hosts), "model")
        for (who, before, after), hosts in shown
    ]
    lines = columns(table, indent=0, gap=3, max_width=None)
    if len(rows) > len(shown):
        lines.append(f"  … and {len(rows) - len(shown)} more")
    lines.append(f"  {_range([plan.routes_unchanged for plan in plans])} unchanged")
    return [*lines, ""]


def _normal(line: str) -> str:
    """*line* with a number in it that differs from host to host and means nothing to a reviewer."""
    return _GENERATION.sub(r"\1<generation>", line)


def _head(item: FileDiff, target: str, hosts: Sequence[str]) -> str:
    tail = "" if item.kind is ChangeKind.DELETE else f"  {item.mode:04o} {item.owner}"
    steps = f", live in {item.steps} steps" if item.steps > 1 else ""
    return f"{_names(hosts)}   {printable(target)}   {item.kind}{tail}{steps}"


def _changes(plans: Sequence[HostPlan]) -> list[str]:
    """Every diff once, with all the hosts that it is for."""
    groups: dict[tuple[object, ...], tuple[list[FileDiff], list[str]]] = {}
    for plan in plans:
        for item in plan.diffs:
            key = (
                _normal(item.target),
                item.kind,
                item.metadata,
                tuple(map(_normal, item.diff)),
                item.mode,
                item.steps,
            )
            items, hosts = groups.setdefault(key, ([], []))
            items.append(item)
            hosts.append(plan.host.name)
    lines: list[str] = []
    for items, hosts in groups.values():
        first = items[0]
        exact = all((item.target, item.diff) == (first.target, first.diff) for item in items)
        shown = first.diff if exact else tuple(map(_normal, first.diff))
        lines.append(_head(first, first.target if exact else _normal(first.target), hosts))
        lines += [f"  {line}" for line in (*first.metadata, *shown)]
        lines.append("")
    return lines


def _refusal(finding: Finding, hosts: Sequence[str]) -> list[str]:
    lines = [f"{_names(hosts)}   refused: {printable(finding.text)}"]
    if finding.ways_out:
        lines.append(f"  ways out: {' · '.join(printable(way) for way in finding.ways_out)}")
    return lines


def _by_finding(plans: Sequence[HostPlan], severity: Severity) -> dict[Finding, list[str]]:
    found: dict[Finding, list[str]] = {}
    for plan in plans:
        for finding in plan.findings:
            if finding.severity is severity:
                found.setdefault(finding, []).append(plan.host.name)
    return found


def _refusals(plans: Sequence[HostPlan]) -> list[str]:
    found = _by_finding(plans, Severity.ERROR)
    lines = [line for finding, hosts in found.items() for line in _refusal(finding, hosts)]
    return [*lines, ""] if lines else []


def _remarks(plans: Sequence[HostPlan], severity: Severity, title: str) -> list[str]:
    lines: list[str] = []
    for finding, hosts in _by_finding(plans, severity).items():
        lines.append(f"{title:<9} {_names(hosts)}   {printable(finding.text)}")
        lines += [f"{'':<9}   way out: {printable(way)}" for way in finding.ways_out]
    return [*lines, ""] if lines else []


def _value(value: str | None) -> str:
    return "absent" if value is None else printable(value) or "empty"


def drifted(item: Drift) -> str:
    """One value that was edited by hand: as relayconf left it, as it is, and as it will be."""
    name = " ".join(filter(None, (item.path.partition(":")[2], item.name)))
    disk = f"last {_value(item.last)}, on disk {_value(item.disk)}"
    return f"{printable(name)}: {disk}, {f'wanted {_value(item.wanted)}' if item.is_overwritten else 'which stays'}"


def _drift(plans: Sequence[HostPlan]) -> list[str]:
    rows: dict[str, list[str]] = {}
    for plan in plans:
        for item in plan.drift:
            rows.setdefault(drifted(item), []).append(plan.host.name)
    lines = [f"{'Drift':<9} {_names(hosts)}   {text}" for text, hosts in rows.items()]
    return [*lines, ""] if lines else []


def _limits(plans: Sequence[HostPlan]) -> list[str]:
    rows: dict[Limit, list[str]] = {}
    for plan in plans:
        for limit in plan.limits:
            rows.setdefault(limit, []).append(plan.host.name)
    lines = [
        f"{'Limit':<9} {_names(hosts)}   {printable(limit.text)}   blocks apply until {limit.flag}"
        for limit, hosts in rows.items()
    ]
    return [*lines, ""] if lines else []


def findings(host: str, found: Sequence[Finding]) -> list[str]:
    """One host's findings, worst first, for commands that look at one host after the other."""
    lines: list[str] = []
    for finding in sorted(found, key=lambda item: list(Severity).index(item.severity)):
        lines.append(f"{host}   {finding.severity}: {printable(finding.text)}")
        if finding.ways_out:
            lines.append(f"  ways out: {' · '.join(printable(way) for way in finding.ways_out)}")
    return lines


def _unfinished(plans: Sequence[HostPlan]) -> list[str]:
    lines = [f"{plan.host.name}   {printable(text)}" for plan in plans for text in plan.recovered]
    lines += [
        f"{plan.host.name}   transaction {printable(plan.unfinished)} was cut short; `apply` will put it right"
        for plan in plans
        if plan.unfinished
    ]
    return [*lines, ""] if lines else []


def failures(fleet: FleetResult) -> list[str]:
    """Hosts that ended with an error, equal errors together, each with what to do; then those never begun, and why."""
    groups: dict[tuple[str, str, str | None], list[str]] = {}
    for result in fleet.failed:
        if result.error is not None:
            key = (_outcome(result), result.error.message, result.error.hint)
            groups.setdefault(key, []).append(result.host)
    lines: list[str] = []
    for (outcome, message, hint), hosts in groups.items():
        lines.append(f"{_names(hosts)}   {outcome}: {printable(message)}")
        if hint:
            lines.append(f"  hint: {printable(hint)}")
    never: dict[str, list[str]] = {}
    for result in fleet.with_status(Status.SKIPPED):
        never.setdefault(result.reason or INTERRUPTED, []).append(result.host)
    lines += [f"{_names(hosts)}   skipped, nothing changed: {printable(why)}" for why, hosts in never.items()]
    return [*lines, ""] if lines else []


def _outcome(result: HostResult) -> str:
    match result.status:
        case Status.UNKNOWN:
            return "outcome unknown"
        case Status.ROLLBACK_FAILED:
            return "ROLLBACK FAILED, needs a human"
        case Status.REFUSED:
            return "refused"
        case _ if isinstance(result.error, DeployError) and result.error.partly:
            return "failed, and something was changed"
        case _:
            return "failed, nothing changed"


def short_fingerprint(fingerprint: str) -> str:
    """The eight digits that a human compares."""
    return f"{fingerprint[:4]}-{fingerprint[4:8]}"


def _hosts(count: int) -> str:
    return f"{count} host{'' if count == 1 else 's'}"


def _waves(waves: Sequence[Wave]) -> list[str]:
    """In which order the hosts change; of a few at once there is nothing to tell."""
    if not waves or (len(waves) == 1 and len(waves[0].hosts) <= FEW):
        return []
    *before, last = waves
    first = "".join(f"first {_names(wave.hosts)} (canary), then " for wave in before)
    at_once = "" if before else " at once"
    return [f"Waves: {first}{_hosts(len(last.hosts))}{at_once}; stops {_limit(last.allowed)}"]


def _limit(allowed: int) -> str:
    return f"after more than {allowed} failure{'' if allowed == 1 else 's'}" if allowed else "at the first failure"


def plan(fleet: FleetResult, fingerprint: str, waves: Sequence[Wave] = (), spf: Sequence[str] = ()) -> str:
    """The whole plan: routes, diffs, refusals, warnings, lines on *spf*, failures, *waves*, a line of sums.

    *fingerprint* in hex.
    """
    plans = _plans(fleet)
    lines = [
        *_routes([plan for plan in plans if plan.has_changes]),
        *_changes([plan for plan in plans if plan.has_changes]),
        *_drift(plans),
        *_limits([plan for plan in plans if plan.has_changes]),
        *_refusals(plans),
        *_remarks(plans, Severity.WARNING, "Warning"),
        *_remarks(plans, Severity.NOTE, "Note"),
        *spf,
        *_unfinished(plans),
        *failures(fleet),
        *_waves(waves),
    ]
    pending, refused = len(fleet.pending), len(fleet.with_status(Status.REFUSED))
    unchanged = len(fleet.with_status(Status.UNCHANGED))
    failed = len(fleet.failed) - refused
    if not pending and not refused and not failed:
        return "\n".join([*lines, f"Plan: no changes ({_hosts(unchanged)})"])
    verb = "changes" if pending == 1 else "change"
    counts = f"{_hosts(pending)} {verb}, {refused} refused, {failed} failed, {unchanged} unchanged"
    return "\n".join([*lines, f"Plan: {counts}   fingerprint {short_fingerprint(fingerprint)}"])


def _verified(result: HostResult) -> str:
    if result.verified is None:
        return ""
    verdict, _, seen = result.verified.partition(" ")
    said = "verified" if verdict == "pass" else "not verified"
    return f"   {said}: {printable(seen)}" if seen else f"   {said}"


def applied(fleet: FleetResult) -> str:
    """What `apply` did to each host."""
    changed = fleet.with_status(Status.CHANGED)
    lines = [f"{result.host}   changed   {result.transaction}{_verified(result)}" for result in changed]
    lines += [f"{result.host}   warning: {printable(text)}" for result in changed for text in result.warnings]
    lines += ["", *failures(fleet)] if fleet.failed else [""]
    counts = ", ".join(f"{len(fleet.with_status(status))} {status}" for status in Status if fleet.with_status(status))
    return "\n".join([*lines, f"Apply: {counts}"])
