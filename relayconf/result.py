"""What became of each host, and of the fleet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from relayconf.errors import ConnectionLost, HostCrash, LimitCrossed, RecoveryLost, RelayconfError, RollbackFailed
from relayconf.exits import ExitCode
from relayconf.model import Host
from relayconf.plan import HostPlan
from relayconf.plankey import keyed_digest

INTERRUPTED = "interrupted before it was begun"


class Status(StrEnum):
    """The end that one host came to."""

    UNCHANGED = "unchanged"
    PLANNED = "planned"
    CHANGED = "changed"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ROLLBACK_FAILED = "rollback failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostResult:
    """One host's end: its plan where there is one, the error where there is one, the reason where it was skipped.

    `verified` is what the MTA showed of a change that is live: `pass` or `unknown`, and why.
    """

    host: str
    status: Status
    plan: HostPlan | None = None
    error: RelayconfError | None = None
    transaction: str | None = None
    verified: str | None = None
    warnings: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def went_wrong(self) -> bool:
        """Whether the host was begun and did not, or not surely, come to the end that was meant."""
        return self.status in {Status.FAILED, Status.UNKNOWN, Status.ROLLBACK_FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetResult:
    """Every host's end, in the inventory's order. When `interrupted`, those not begun by then are skipped."""

    results: tuple[HostResult, ...]
    interrupted: bool = False

    def with_status(self, *statuses: Status) -> tuple[HostResult, ...]:
        """The hosts that came to one of these ends."""
        return tuple(result for result in self.results if result.status in statuses)

    @property
    def failed(self) -> tuple[HostResult, ...]:
        """Hosts that are not, or not surely, as the inventory wants them."""
        return self.with_status(Status.REFUSED, Status.FAILED, Status.UNKNOWN, Status.ROLLBACK_FAILED, Status.SKIPPED)

    @property
    def unfinished(self) -> tuple[HostResult, ...]:
        """Hosts on which an earlier deploy was cut short and still waits to be put right."""
        return tuple(result for result in self.results if result.plan is not None and result.plan.unfinished)

    @property
    def pending(self) -> tuple[HostResult, ...]:
        """Hosts that `apply` would change."""
        return self.with_status(Status.PLANNED)

    @property
    def pending_hosts(self) -> tuple[Host, ...]:
        """The same as the inventory's hosts."""
        return tuple(result.plan.host for result in self.pending if result.plan is not None)

    @property
    def exit_code(self) -> ExitCode:
        """What the process says of the fleet; the worst host decides."""
        if self.with_status(Status.ROLLBACK_FAILED):
            return ExitCode.ROLLBACK_FAILED
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.HOST_FAILED if self.failed else ExitCode.OK

    def fingerprint(self, key: bytes) -> str:
        """One fingerprint over all the hosts' plans, in hex."""
        parts = sorted(f"{result.host} {result.plan.fingerprint}" for result in self.results if result.plan)
        return keyed_digest(key, "fleet", "\n".join(parts).encode())


def planned(plan: HostPlan) -> HostResult:
    """The result of planning alone."""
    change = Status.PLANNED if plan.changes else Status.UNCHANGED
    status = Status.REFUSED if plan.is_refused else change
    return HostResult(host=plan.host.name, status=status, plan=plan)


def _within(result: HostResult, allowed: Collection[str]) -> HostResult:
    limits = result.plan.limits if result.plan is not None and result.status is Status.PLANNED else ()
    flags = [limit.flag for limit in limits if limit.code not in allowed]
    if not flags:
        return result
    codes = ", ".join(limit.code for limit in limits if limit.code not in allowed)
    what = "a limit" if len(flags) == 1 else "limits"
    error = LimitCrossed(f"the plan crosses {what} ({codes})", hint=f"if that is meant: {' '.join(flags)}")
    return replace(result, status=Status.REFUSED, error=error)


def within_limits(fleet: FleetResult, allowed: Collection[str]) -> FleetResult:
    """*fleet* with those hosts refused whose plan crosses a limit that is not among the *allowed* codes."""
    return replace(fleet, results=tuple(_within(result, allowed) for result in fleet.results))


def failed(host: str, error: RelayconfError, plan: HostPlan | None = None, *, changing: bool = False) -> HostResult:
    """The result of an error; what it means for the host follows from its class.

    Where a *plan* was carried out, or the step was *changing* the host without one, a lost line leaves it unknown.
    """
    match error:
        case RollbackFailed():
            status = Status.ROLLBACK_FAILED
        case RecoveryLost():
            status = Status.UNKNOWN
        case ConnectionLost() | HostCrash() if changing or plan is not None:
            status = Status.UNKNOWN
        case _:
            status = Status.FAILED
    return HostResult(host=host, status=status, plan=plan, error=error)


def skipped(host: str, reason: str = INTERRUPTED) -> HostResult:
    """The result of a host that was never begun, and why."""
    return HostResult(host=host, status=Status.SKIPPED, reason=reason)


def in_order(results: Sequence[HostResult], hosts: Sequence[str], *, interrupted: bool = False) -> FleetResult:
    """A fleet's result in the order of *hosts*, whatever the order in which they ended."""
    place = {name: index for index, name in enumerate(hosts)}
    ordered = sorted(results, key=lambda result: place[result.host])
    return FleetResult(results=tuple(ordered), interrupted=interrupted)
