"""Hosts in parallel: each for itself."""

from __future__ import annotations

import threading
from pathlib import Path

from relayconf.errors import ConnectionLost, HostCrash, RollbackFailed, Unreachable
from relayconf.masking import Masker
from relayconf.model import Host
from relayconf.mta import qmail
from relayconf.plan import plan_host
from relayconf.result import HostResult, Status, skipped
from relayconf.workers import Budget, each
from tests.support.facts import qmail_facts
from tests.support.hosts import qmail_host

KEY = bytes(32)


def silent(*_: object) -> None:
    """Progress that nobody hears of."""


def host(tmp_path: Path, name: str) -> Host:
    """A host that nobody contacts."""
    return qmail_host(name, home=tmp_path, state=tmp_path)


def test_results_come_in_the_order_of_the_hosts(tmp_path: Path) -> None:
    """Whatever the order in which they end."""
    fleet = [host(tmp_path, name) for name in ("c", "a", "b")]

    results = each(fleet, lambda one: skipped(one.name), parallel=3, progress=silent).results

    assert [result.host for result in results] == ["c", "a", "b"]


def test_an_error_is_the_host_s_result(tmp_path: Path) -> None:
    """A known one as it is, a bug as a crash of that host; the others go on."""
    errors: dict[str, Exception] = {"down": Unreachable("down"), "bug": ZeroDivisionError()}

    def step(one: Host) -> HostResult:
        if one.name in errors:
            raise errors[one.name]
        return skipped(one.name)

    fleet = [host(tmp_path, name) for name in ("down", "bug", "fine")]
    known, crashed, fine = each(fleet, step, parallel=1, progress=silent).results

    assert (known.status, known.error) == (Status.FAILED, errors["down"])
    assert (crashed.status, type(crashed.error)) == (Status.FAILED, HostCrash)
    assert fine == skipped("fine")


def test_a_line_that_is_lost_leaves_a_host_with_a_plan_unknown(tmp_path: Path) -> None:
    """Without one nothing can have been written, unless the step changes hosts all the same."""

    def lose(_: Host) -> HostResult:
        raise ConnectionLost("lost")

    fleet = [host(tmp_path, name) for name in ("planned", "not")]
    found = qmail_facts(smtproutes=None)
    plan = plan_host(host=fleet[0], mta=qmail, facts=found, rendered=(), masker=Masker(KEY), key=KEY)
    planned, other = each(fleet, lose, parallel=2, progress=silent, plans={"planned": plan}).results

    assert (planned.status, planned.plan) == (Status.UNKNOWN, plan)
    assert (other.status, other.plan) == (Status.FAILED, None)
    (changing,) = each(fleet[1:], lose, parallel=2, progress=silent, changing=True).results
    assert (changing.status, changing.plan) == (Status.UNKNOWN, None)


def test_a_spent_budget_begins_no_further_host(tmp_path: Path) -> None:
    """Each way to go wrong counts; progress hears nothing of hosts that were not begun; the first reason stays."""
    errors = {"a": Unreachable("down"), "c": ConnectionLost("lost"), "d": RollbackFailed("help")}
    heard: list[str] = []

    def step(one: Host) -> HostResult:
        if one.name in errors:
            raise errors[one.name]
        return HostResult(host=one.name, status=Status.CHANGED)

    budget = Budget(exceeded=lambda names: f"after {' '.join(names)}" if len(names) > 2 else None)
    fleet = [host(tmp_path, name) for name in "abcdef"]
    results = each(
        fleet, step, parallel=1, progress=lambda result, *_: heard.append(result.host), budget=budget
    ).results

    assert heard == ["a", "b", "c", "d"]
    assert budget.spent == "after a c d"
    assert results[4:] == (skipped("e", "after a c d"), skipped("f", "after a c d"))
    budget.count(results[0])
    assert budget.spent == "after a c d"


def test_hosts_under_way_come_to_their_own_end(tmp_path: Path) -> None:
    """Four workers that fail together: each counts before it takes the next host, so of the rest none is begun."""
    meeting = threading.Barrier(4)

    def step(one: Host) -> HostResult:
        meeting.wait(20)
        raise Unreachable(one.name)

    budget = Budget(exceeded=lambda names: f"after {len(names)}")
    fleet = [host(tmp_path, f"h{number}") for number in range(8)]
    results = each(fleet, step, parallel=4, progress=silent, budget=budget).results

    assert [result.status for result in results[:4]] == [Status.FAILED] * 4
    assert results[4:] == tuple(skipped(f"h{number}", "after 1") for number in range(4, 8))
