"""What becomes of hosts and fleet: statuses, order, exit codes."""

from __future__ import annotations

import pytest

from relayconf.errors import (
    ConnectionLost,
    DeployError,
    HostCrash,
    LimitCrossed,
    RelayconfError,
    RollbackFailed,
    StalePlan,
    Unreachable,
)
from relayconf.exits import ExitCode
from relayconf.facts import Finding, Severity
from relayconf.plan import HostPlan
from relayconf.result import FleetResult, HostResult, Status, failed, in_order, planned, skipped, within_limits
from relayconf.safety import Limit
from tests.support.hosts import qmail_host


def plan_of(
    name: str = "mx1",
    *,
    findings: tuple[Finding, ...] = (),
    fingerprint: str = "aa",
    limits: tuple[Limit, ...] = (),
) -> HostPlan:
    """A plan without changes."""
    return HostPlan(
        host=qmail_host(name),
        changes=(),
        diffs=(),
        routes=(),
        routes_unchanged=0,
        findings=findings,
        unfinished=None,
        limits=limits,
        fingerprint=fingerprint,
    )


def fleet(*statuses: Status) -> FleetResult:
    """A fleet with one host a status."""
    return FleetResult(results=tuple(HostResult(host=f"h{n}", status=status) for n, status in enumerate(statuses)))


def test_a_plan_without_changes_is_unchanged_and_one_with_an_error_refused() -> None:
    """A warning refuses nothing."""
    error = Finding(code="x", severity=Severity.ERROR, text="no")
    warning = Finding(code="x", severity=Severity.WARNING, text="hm")

    assert planned(plan_of()).status is Status.UNCHANGED
    assert planned(plan_of(findings=(warning,))).status is Status.UNCHANGED
    assert planned(plan_of(findings=(error,))).status is Status.REFUSED
    assert not plan_of(findings=(error,)).has_changes


@pytest.mark.parametrize(
    ("error", "deploying", "status"),
    [
        (Unreachable("down"), False, Status.FAILED),
        (ConnectionLost("cut"), False, Status.FAILED),
        (ConnectionLost("cut"), True, Status.UNKNOWN),
        (HostCrash("oh"), False, Status.FAILED),
        (HostCrash("oh"), True, Status.UNKNOWN),
        (StalePlan("moved"), True, Status.FAILED),
        (DeployError("disk full"), True, Status.FAILED),
        (RollbackFailed("help"), True, Status.ROLLBACK_FAILED),
    ],
)
def test_what_an_error_means_for_the_host(error: RelayconfError, *, deploying: bool, status: Status) -> None:
    """A line that drops is harmless while planning, and leaves the outcome unknown while deploying."""
    result = failed("mx1", error, plan_of() if deploying else None)

    assert (result.status, result.error) == (status, error)


def test_a_step_that_changes_a_host_without_a_plan() -> None:
    """Leaves it unknown as well, when the line drops; other errors say what they say."""
    assert failed("mx1", ConnectionLost("cut"), changing=True).status is Status.UNKNOWN
    assert failed("mx1", HostCrash("oh"), changing=True).status is Status.UNKNOWN
    assert failed("mx1", Unreachable("down"), changing=True).status is Status.FAILED
    assert failed("mx1", RollbackFailed("help"), changing=True).status is Status.ROLLBACK_FAILED


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ((Status.UNCHANGED, Status.CHANGED, Status.PLANNED), ExitCode.OK),
        ((Status.CHANGED, Status.FAILED), ExitCode.HOST_FAILED),
        ((Status.REFUSED,), ExitCode.HOST_FAILED),
        ((Status.UNKNOWN,), ExitCode.HOST_FAILED),
        ((Status.SKIPPED,), ExitCode.HOST_FAILED),
        ((Status.FAILED, Status.ROLLBACK_FAILED), ExitCode.ROLLBACK_FAILED),
    ],
)
def test_the_worst_host_decides_the_exit_code(statuses: tuple[Status, ...], code: ExitCode) -> None:
    """Whatever the others did."""
    assert fleet(*statuses).exit_code is code


def test_an_interrupted_fleet_says_so_unless_a_host_needs_a_human() -> None:
    """130, as every shell expects; a failed rollback is worse."""
    done = fleet(Status.CHANGED, Status.SKIPPED).results
    broken = fleet(Status.ROLLBACK_FAILED, Status.SKIPPED).results

    assert FleetResult(results=done, interrupted=True).exit_code is ExitCode.INTERRUPTED
    assert FleetResult(results=broken, interrupted=True).exit_code is ExitCode.ROLLBACK_FAILED


def test_results_stand_in_the_order_of_the_inventory() -> None:
    """Not in the order in which the hosts ended."""
    results = [HostResult(host=name, status=Status.UNCHANGED) for name in ("c", "a", "b")]

    assert [item.host for item in in_order(results, ["a", "b", "c"]).results] == ["a", "b", "c"]


def test_the_fleet_fingerprint_binds_hosts_to_their_plans() -> None:
    """It changes with a host's plan, with the host it is for and with the key, not with the order."""
    one = HostResult(host="a", status=Status.UNCHANGED, plan=plan_of("a", fingerprint="11"))
    two = HostResult(host="b", status=Status.UNCHANGED, plan=plan_of("b", fingerprint="22"))
    swapped = HostResult(host="b", status=Status.UNCHANGED, plan=plan_of("b", fingerprint="11"))
    key = b"k" * 32

    fingerprint = FleetResult(results=(one, two)).fingerprint(key)

    assert fingerprint == FleetResult(results=(two, one)).fingerprint(key)
    assert fingerprint != FleetResult(results=(one, swapped)).fingerprint(key)
    assert fingerprint != FleetResult(results=(one, two)).fingerprint(b"j" * 32)


def test_a_skipped_host_says_why() -> None:
    """An interrupt, unless something else is said."""
    assert skipped("a") == HostResult(host="a", status=Status.SKIPPED, reason="interrupted before it was begun")
    assert skipped("a", "no").reason == "no"


def test_the_hosts_that_would_change() -> None:
    """In their order, as the inventory has them."""
    results = [HostResult(host=name, status=Status.PLANNED, plan=plan_of(name)) for name in ("a", "b")]
    other = HostResult(host="c", status=Status.UNCHANGED, plan=plan_of("c"))

    assert FleetResult(results=(*results, other)).pending_hosts == (qmail_host("a"), qmail_host("b"))


@pytest.mark.parametrize("status", Status)
def test_what_went_wrong(status: Status) -> None:
    """A host that was never begun, or refused, did not."""
    wrong = {Status.FAILED, Status.UNKNOWN, Status.ROLLBACK_FAILED}

    assert HostResult(host="a", status=status).went_wrong is (status in wrong)


def test_a_plan_that_crosses_a_limit_is_refused_until_its_flag_is_given() -> None:
    """The other hosts are as they were; the error names the flags that are missing."""
    limits = tuple(Limit(code=code, flag=f"--{code}", text="") for code in ("a", "b"))
    crossing = HostResult(host="x", status=Status.PLANNED, plan=plan_of("x", limits=limits))
    unchanged = HostResult(host="u", status=Status.UNCHANGED, plan=plan_of("u", limits=limits))
    others = (HostResult(host="y", status=Status.PLANNED, plan=plan_of("y")), failed("z", Unreachable("down")))
    fleet = FleetResult(results=(crossing, unchanged, *others), interrupted=True)

    refused = within_limits(fleet, ["b"])

    assert refused.results[1:] == (unchanged, *others)
    assert refused.interrupted
    result = refused.results[0]
    assert (result.host, result.status, result.plan) == ("x", Status.REFUSED, crossing.plan)
    assert isinstance(result.error, LimitCrossed)
    assert (result.error.message, result.error.hint) == ("the plan crosses a limit (a)", "if that is meant: --a")
    both = within_limits(fleet, ()).results[0].error
    assert both is not None
    assert (both.message, both.hint) == ("the plan crosses limits (a, b)", "if that is meant: --a --b")
    assert within_limits(fleet, ["a", "b"]) == fleet
