"""A plan as it outlives its process: digests of what was seen and of what is wished, and what moved since.

No content is in it, and no plain hash of one: a plain hash of a secret file is a way to guess the secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from relayconf.facts import Severity
from relayconf.files import Change
from relayconf.identity import Identity
from relayconf.model import Inventory
from relayconf.plan import HostPlan
from relayconf.plankey import keyed_digest
from relayconf.result import FleetResult, HostResult, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedChange:
    """One change: `base` and `wish` are keyed digests of the file as it was seen and as it is to be."""

    path: str
    phase: int
    target: str
    kind: str
    base: str
    wish: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedHost:
    """One host's plan. Without `fingerprint` there was none, and `status` says how it ended.

    `errors` are the codes of the findings that refuse it; `settings` are short digests of what the inventory says.
    """

    name: str
    status: Status
    fingerprint: str | None
    errors: tuple[str, ...]
    settings: Mapping[str, str]
    changes: tuple[SavedChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """The plan of the hosts that were selected, and the digest of the whole inventory that it was made of."""

    created: str
    version: str
    fingerprint: str
    inventory: str
    hosts: tuple[SavedHost, ...]


def _change(host: str, change: Change, key: bytes) -> SavedChange:
    before, after = change.before, change.after
    base = (before.present, before.sha256, before.mode, before.owner, before.group)
    content = None if after.content is None else hashlib.sha256(after.content).hexdigest()
    wish = (content, after.mode, after.owner, after.group)

    def digest(label: str, parts: Sequence[object]) -> str:
        # Host and path are in it, so that equal files do not show as such.
        return keyed_digest(key, label, json.dumps([host, change.path, *parts]).encode())

    return SavedChange(
        path=change.path,
        phase=after.phase,
        target=before.target,
        kind=str(change.kind),
        base=digest("plan base", base),
        wish=digest("plan wish", wish),
    )


def _errors(plan: HostPlan) -> tuple[str, ...]:
    return tuple(sorted(finding.code for finding in plan.findings if finding.severity is Severity.ERROR))


def _host(result: HostResult, settings: Mapping[str, str], key: bytes) -> SavedHost:
    plan = result.plan
    return SavedHost(
        name=result.host,
        status=result.status,
        fingerprint=None if plan is None else plan.fingerprint,
        errors=() if plan is None else _errors(plan),
        settings=settings,
        changes=() if plan is None else tuple(_change(result.host, change, key) for change in plan.changes),
    )


def saved_plan(fleet: FleetResult, inventory: Inventory, *, key: bytes, created: str, version: str) -> SavedPlan:
    """What is kept of *fleet*, the plan of hosts of *inventory*; *created* and *version* are told to readers."""
    identity = Identity(key)
    return SavedPlan(
        created=created,
        version=version,
        fingerprint=fleet.fingerprint(key),
        inventory=identity.of(inventory),
        hosts=tuple(_host(item, identity.settings(inventory.hosts[item.host]), key) for item in fleet.results),
    )


def inventory_difference(saved: SavedPlan, inventory: Inventory, key: bytes) -> str | None:
    """What *inventory* says otherwise than the one that *saved* was made of; None when it says the same."""
    identity = Identity(key)
    if identity.of(inventory) == saved.inventory:
        return None
    found = []
    for then in saved.hosts:
        host = inventory.hosts.get(then.name)
        if host is None:
            found.append(f"{then.name} (gone)")
            continue
        now = identity.settings(host)
        names = [name for name in {**then.settings, **now} if then.settings.get(name) != now.get(name)]
        if names:
            found.append(f"{then.name} ({', '.join(names)})")
    return "; ".join(found) or "something that is not said of these hosts"


_Changes: TypeAlias = Mapping[tuple[str, int], SavedChange]


def _by_step(host: SavedHost) -> _Changes:
    return {(change.path, change.phase): change for change in host.changes}


def _seen(host: SavedHost) -> Mapping[str, str]:
    """The base of each path as it was on the host: that of its first change, as later ones stand on earlier ones."""
    return {change.path: change.base for change in reversed(host.changes)}


def _names(paths: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(paths))


def _bases(then: SavedHost, now: SavedHost) -> str:
    after = _seen(now)
    moved = _names(path for path, base in _seen(then).items() if after.get(path, base) != base)
    return moved and f"the base moved, the host was changed: {moved}"


def _wishes(then: SavedHost, now: SavedHost) -> str:
    after = _by_step(now)
    moved = _names(step[0] for step, change in _by_step(then).items() if after.get(step, change).wish != change.wish)
    return moved and f"the wish moved, by a template, a secret, a fact of the host or another relayconf: {moved}"


def _more(then: SavedHost, now: SavedHost) -> str:
    more = _names(path for path, phase in _by_step(now) if (path, phase) not in _by_step(then))
    return more and f"a change more: {more}"


def _less(then: SavedHost, now: SavedHost) -> str:
    less = _names(path for path, phase in _by_step(then) if (path, phase) not in _by_step(now))
    return less and f"a change less: {less}"


def _targets(then: SavedHost, now: SavedHost) -> str:
    after = _by_step(now)
    moved = [(change.target, after[step].target) for step, change in _by_step(then).items() if step in after]
    return "; ".join(f"another file is meant: {new}, not {old}" for old, new in moved if old != new)


def _refusals(then: SavedHost, now: SavedHost) -> str:
    if then.errors == now.errors:
        return ""
    return f"it is refused otherwise: {_names(now.errors) or 'not at all'}, then {_names(then.errors) or 'not at all'}"


def _statuses(then: SavedHost, now: SavedHost) -> str:
    return "" if then.status is now.status else f"it is {now.status}, then it was {then.status}"


_REASONS: Sequence[Callable[[SavedHost, SavedHost], str]] = (
    _bases,
    _wishes,
    _more,
    _less,
    _targets,
    _refusals,
    _statuses,
)
"""From what most likely happened on; the first that says something is told."""


def _reason(then: SavedHost, now: SavedHost) -> str | None:
    if then.fingerprint == now.fingerprint and then.status is now.status:
        return None
    if then.fingerprint is None or now.fingerprint is None:
        return _statuses(then, now)
    return next(filter(None, (reason(then, now) for reason in _REASONS)), "its fingerprint is another")


def differences(saved: SavedPlan, fleet: FleetResult, key: bytes) -> Mapping[str, str]:
    """The hosts of *fleet* whose plan is not the one in *saved*, each with what moved. All of them are in *saved*."""
    then = {host.name: host for host in saved.hosts}
    found = {item.host: _reason(then[item.host], _host(item, {}, key)) for item in fleet.results}
    return {host: reason for host, reason in found.items() if reason is not None}
