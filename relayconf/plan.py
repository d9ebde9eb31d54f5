"""What would change on one host: desired files against actual ones, as a value that `apply` takes as it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relayconf.diff import unified
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import ActualFile, Change, DesiredFile
from relayconf.masking import Masker
from relayconf.model import Host
from relayconf.mta.base import EVERYTHING_ELSE, Mta
from relayconf.plankey import keyed_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """A change and its diff, masked: what a reviewer sees of it. `metadata` tells of mode and ownership."""

    change: Change
    diff: tuple[str, ...]
    metadata: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChange:
    """One line of the table before -> after, in the words of the MTA."""

    recipients: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """Everything `apply` needs to know of one host, and everything a reviewer wants to.

    `fingerprint` is an HMAC over desired and base, in hex: equal plans on an unchanged host have equal ones.
    """

    host: Host
    changes: tuple[PlannedChange, ...]
    routes: tuple[RouteChange, ...]
    routes_unchanged: int
    findings: tuple[Finding, ...]
    unfinished: str | None
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


def _spans(mta: Mta, path: str, content: bytes | None) -> Sequence[tuple[int, int]]:
    return () if content is None else mta.secret_spans(path, content)


def _plan_file(mta: Mta, before: ActualFile, after: DesiredFile, masker: Masker) -> PlannedChange | None:
    content_differs = _differs(mta, before, after)
    metadata = _metadata(before, after) if before.present and after.content is not None else ()
    if not content_differs and not metadata:
        return None
    if not content_differs:
        # The admin's own layout of an equal meaning stays when only mode or ownership is to change.
        after = DesiredFile(
            path=after.path,
            content=before.content,
            secret=after.secret,
            mode=after.mode,
            owner=after.owner,
            group=after.group,
        )
    diff = unified(
        before.content,
        after.content,
        before_spans=_spans(mta, before.path, before.content),
        after_spans=_spans(mta, after.path, after.content),
        masker=masker,
    )
    return PlannedChange(change=Change(before=before, after=after), diff=diff, metadata=metadata)


def _nexthop(table: Mapping[str, str], key: str) -> str:
    """Where mail for *key* goes by *table*: the key itself, then `.suffix` from long to short, then the rest."""
    _, _, domain = key.rpartition("@")
    suffixes = (domain[dot:] for dot, char in enumerate(domain) if char == ".")
    return next((table[name] for name in (key, domain, *suffixes) if name in table), table[EVERYTHING_ELSE])


def _route_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[tuple[RouteChange, ...], int]:
    keys = dict.fromkeys((EVERYTHING_ELSE, *before, *after))
    changes = tuple(
        RouteChange(recipients=key, before=old, after=new)
        for key in keys
        if (old := _nexthop(before, key)) != (new := _nexthop(after, key))
    )
    return changes, len(keys) - len(changes)


def _fingerprint(host: Host, changes: Sequence[PlannedChange], key: bytes) -> str:
    """HMAC over every change's base and wish; contents go in by hash, so that size does not matter."""
    parts = [
        (
            item.change.path,
            item.change.before.target,
            item.change.before.sha256,
            item.change.before.mode,
            item.change.before.owner,
            item.change.before.group,
            None if item.change.after.content is None else hashlib.sha256(item.change.after.content).hexdigest(),
            item.change.after.mode,
            item.change.after.owner,
            item.change.after.group,
        )
        for item in changes
    ]
    return keyed_digest(key, "fingerprint", json.dumps([host.name, parts]).encode())


def plan_host(
    *, host: Host, mta: Mta, facts: Facts, desired: Sequence[DesiredFile], masker: Masker, key: bytes
) -> HostPlan:
    """Compare what the inventory wants of *host* with what `observe` found there.

    *masker* hides secrets in the diffs; *key* signs the fingerprint. Nothing is asked of the host.
    """
    changes = tuple(
        planned for want in desired if (planned := _plan_file(mta, facts.files[want.path], want, masker)) is not None
    )
    contents = {path: found.content for path, found in facts.files.items()}
    wanted = contents | {item.change.path: item.change.after.content for item in changes}
    routes, unchanged = _route_changes(mta.routes(contents), mta.routes(wanted))
    return HostPlan(
        host=host,
        changes=changes,
        routes=routes,
        routes_unchanged=unchanged,
        findings=(*mta.refusals(host), *mta.findings(host, facts, desired)),
        unfinished=facts.unfinished,
        fingerprint=_fingerprint(host, changes, key),
    )
