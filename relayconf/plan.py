"""What would change on one host: desired files against actual ones, as a value that `apply` takes as it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from relayconf import blind, relay_rules
from relayconf.diff import unified
from relayconf.drift import Drift
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import ActualFile, Change, ChangeKind, DesiredFile
from relayconf.masking import Masker
from relayconf.model import Host
from relayconf.mta.base import EVERYTHING_ELSE, Mta, Question, Way
from relayconf.plankey import keyed_digest
from relayconf.safety import Limit, crossed, row


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """What a reviewer sees of one file: the way from what is there to what will be, over all phases, masked.

    `metadata` tells of mode and ownership that change; `mode` and `owner` are those of the new file. `steps` says how
    often the file becomes live anew on the way.
    """

    path: str
    target: str
    kind: ChangeKind
    diff: tuple[str, ...]
    metadata: tuple[str, ...]
    mode: int
    owner: str
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChange:
    """One line of the table before -> after, in the words of the MTA."""

    recipients: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """Everything `apply` needs to know of one host (`changes`), and everything a reviewer wants to (the rest).

    `unfinished` is a transaction that was cut short and waits on the host; `recovered` says what became of one that was
    put right before this plan was made. `drift` is what was edited by hand, `limits` what needs a flag of `apply`;
    `questions` are what the host's router has to confirm first.
    `fingerprint` is an HMAC over desired and base, in hex: equal plans on an unchanged host have equal ones.
    """

    host: Host
    changes: tuple[Change, ...]
    diffs: tuple[FileDiff, ...]
    routes: tuple[RouteChange, ...]
    routes_unchanged: int
    findings: tuple[Finding, ...]
    unfinished: str | None
    recovered: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()
    limits: tuple[Limit, ...] = ()
    questions: tuple[Question, ...] = ()
    fingerprint: str

    @property
    def is_refused(self) -> bool:
        """Whether an error among the findings keeps this host from being applied."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def has_changes(self) -> bool:
        """Whether `apply` would do anything."""
        return bool(self.changes) and not self.is_refused


def _metadata(before: ActualFile, after: DesiredFile) -> tuple[str, ...]:
    """Mode and ownership that the wish names and the host has otherwise."""
    if not before.present or after.content is None:
        return ()
    wishes = (
        ("mode", f"{before.mode:04o}", None if after.mode is None else f"{after.mode:04o}"),
        ("owner", before.owner, after.owner),
        ("group", before.group, after.group),
    )
    return tuple(f"{what} {is_now} -> {wish}" for what, is_now, wish in wishes if wish is not None and wish != is_now)


def _differs(mta: Mta, before: ActualFile, after: DesiredFile) -> bool:
    if after.content is None or not before.present:
        return before.present is not (after.content is not None)
    if before.content is None:
        return before.sha256 != hashlib.sha256(after.content).hexdigest()
    return before.content != after.content and not mta.same_meaning(after.path, before.content, after.content)


def _change(mta: Mta, before: ActualFile, after: DesiredFile) -> Change | None:
    if _differs(mta, before, after):
        return Change(before=before, after=after)
    if not _metadata(before, after):
        return None
    # The admin's own layout of an equal meaning stays when only mode or ownership is to change.
    return Change(before=before, after=replace(after, content=before.content))


def _outcome(change: Change) -> ActualFile:
    """The file as *change* leaves it: the base of the same file's change in a later phase."""
    before, after = change.before, change.after
    if after.content is None:
        return ActualFile(path=before.path, target=before.target, present=False)
    return replace(
        before,
        present=True,
        content=after.content,
        sha256=hashlib.sha256(after.content).hexdigest(),
        size=len(after.content),
        mode=after.mode if after.mode is not None else before.mode or 0o644,
        owner=after.owner or before.owner or "root",
        group=after.group or before.group,
    )


def _changes(mta: Mta, facts: Facts, desired: Sequence[DesiredFile]) -> tuple[Change, ...]:
    now = dict(facts.files)
    changes: list[Change] = []
    for want in desired:
        if want.target is not None:
            now.setdefault(want.path, ActualFile(path=want.path, target=want.target, present=False))
        change = _change(mta, now[want.path], want)
        if change is not None:
            changes.append(change)
            now[want.path] = _outcome(change)
    return tuple(changes)


def _spans(mta: Mta, path: str, content: bytes | None) -> Sequence[tuple[int, int]]:
    return () if content is None else mta.secret_spans(path, content)


def _diff(mta: Mta, facts: Facts, steps: Sequence[Change], masker: Masker) -> FileDiff:
    """One file's way over all its *steps*, against the file whose part it takes over where it names one."""
    first, last = steps[0], steps[-1]
    old = facts.files[last.after.replaces] if last.after.replaces else first.before
    new = _outcome(last)
    diff = unified(
        old.content,
        new.content,
        before_spans=_spans(mta, old.path, old.content),
        after_spans=_spans(mta, new.path, new.content),
        masker=masker,
    )
    return FileDiff(
        path=last.path,
        target=first.before.target,
        kind=Change(before=first.before, after=last.after).kind,
        diff=diff,
        metadata=_metadata(first.before, last.after),
        mode=new.mode,
        owner=new.owner,
        steps=len(steps),
    )


def _diffs(mta: Mta, facts: Facts, changes: Sequence[Change], masker: Masker) -> tuple[FileDiff, ...]:
    by_path: dict[str, list[Change]] = {}
    for change in changes:
        by_path.setdefault(change.path, []).append(change)
    return tuple(_diff(mta, facts, steps, masker) for steps in by_path.values() if not steps[-1].after.internal)


def _moved(tables: Sequence[Mapping[str, str]], ways: Sequence[Mapping[str, Way]]) -> Sequence[Mapping[str, str]]:
    """*tables*, before and after, with a row for what is local on one side alone and has no row there."""
    result = [dict(table) for table in tables]
    for key in sorted(ways[0].keys() | ways[1].keys()):
        here = [row(side, key).kind == "local" for side in ways]
        if here[0] is not here[1] and key not in tables[here.index(True)]:
            result[here.index(True)][key] = "local"
    return result


def _route_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[tuple[RouteChange, ...], int]:
    keys = dict.fromkeys((EVERYTHING_ELSE, *before, *after))
    changes = tuple(
        RouteChange(recipients=key, before=old, after=new)
        for key in keys
        if (old := row(before, key)) != (new := row(after, key))
    )
    return changes, len(keys) - len(changes)


def _contents_after(contents: Mapping[str, bytes | None], changes: Sequence[Change]) -> Mapping[str, bytes | None]:
    wanted = dict(contents)
    for change in changes:
        if not change.after.internal:
            wanted[change.after.replaces or change.path] = change.after.content
    return wanted


def _fingerprint(host: Host, changes: Sequence[Change], codes: Sequence[str], key: bytes, label: str) -> str:
    """HMAC over every change's base and wish, what refuses or limits them, and the machine; contents go in by hash."""
    parts = [
        (
            change.path,
            change.before.target,
            change.before.sha256,
            change.before.mode,
            change.before.owner,
            change.before.group,
            None if change.after.content is None else hashlib.sha256(change.after.content).hexdigest(),
            change.after.mode,
            change.after.owner,
            change.after.group,
            change.after.phase,
        )
        for change in changes
    ]
    machine = (host.name, host.connection, host.address, host.ssh.port)
    return keyed_digest(key, label, json.dumps([machine, sorted(codes), parts]).encode())


def _state(facts: Facts, *, changing: bool) -> tuple[Finding, ...]:
    """What the host says of its state directory, so that a deploy need not be tried to learn it."""
    found: list[Finding] = []
    if reason := facts.values.get("state.reason"):
        ways_out = ("put it right", "name another directory with `state_directory:`")
        found.append(Finding(code="state-unsafe", severity=Severity.ERROR, text=reason, ways_out=ways_out))
    if busy := facts.values.get("state.busy"):
        # What it has not reached yet, and what it has, would be judged as one: no limit holds for such a picture.
        text = f"another deploy is at work here: transaction {busy}"
        severity = Severity.ERROR if changing else Severity.WARNING
        found.append(Finding(code="state-busy", severity=severity, text=text, ways_out=("wait for its end",)))
    name, _, window = facts.values.get("state.unconfirmed", "").partition(" ")
    if window.isdecimal():
        text = f"transaction {name} waits to be confirmed, for {window} s yet; until then nothing can be applied"
        ways_out = ("`relayconf confirm` keeps it", "`relayconf rollback` undoes it")
        found.append(Finding(code="state-unconfirmed", severity=Severity.ERROR, text=text, ways_out=ways_out))
    return tuple(found)


def plan_host(
    *,
    host: Host,
    mta: Mta,
    facts: Facts,
    rendered: Sequence[DesiredFile],
    masker: Masker,
    key: bytes,
    without_secrets: bool = False,
) -> HostPlan:
    """Compare what the inventory wants of *host* with what `observe` found there.

    *rendered* is what the MTA made of the inventory alone. *masker* hides secrets in the diffs; *key* signs the
    fingerprint. *without_secrets*: the files were rendered with `blind.unresolved`, so that secrets do not count.
    Nothing is asked of the host.
    """
    wish = blind.filled(mta, facts, rendered) if without_secrets else rendered
    desired = mta.desired(host, facts, wish)
    changes = _changes(mta, facts, desired)
    before = {path: found.content for path, found in facts.files.items()}
    after = _contents_after(before, changes)
    tables: Sequence[Mapping[str, str]] = (mta.routes(before), mta.routes(after))
    drift = tuple(mta.drift(host, facts, desired)) if facts.is_settled else ()
    limits: tuple[Limit, ...] = ()
    if changes:
        taken = mta.takes_over(host, facts, desired) if facts.is_settled else ()
        ways = (mta.ways(facts, before), mta.ways(facts, after))
        limits = crossed(host, drift, *ways, taken)
        tables = _moved(tables, ways)
    routes, unchanged = _route_changes(*tables)
    state = _state(facts, changing=bool(changes))
    findings = (*mta.refusals(host), *relay_rules.findings(host), *state, *mta.findings(host, facts, desired))
    if without_secrets:
        drift += blind.drift(host, mta, facts, rendered, drift) if facts.is_settled else ()
        findings += blind.notes(rendered)
    codes = [item.code for item in findings if item.severity is Severity.ERROR] + [limit.code for limit in limits]
    label = "fingerprint without secrets" if without_secrets else "fingerprint"
    return HostPlan(
        host=host,
        changes=changes,
        diffs=_diffs(mta, facts, changes, masker),
        routes=routes,
        routes_unchanged=unchanged,
        findings=findings,
        unfinished=facts.unfinished,
        drift=drift,
        limits=limits,
        questions=tuple(mta.questions(after)) if changes else (),
        fingerprint=_fingerprint(host, changes, codes, key, label),
    )
