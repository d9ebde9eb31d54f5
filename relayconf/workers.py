"""Hosts in parallel, each for itself: what goes wrong on one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from relayconf.crash import crash_report
from relayconf.errors import HostCrash, RelayconfError
from relayconf.model import Host
from relayconf.plan import HostPlan
from relayconf.result import FleetResult, HostResult, Status, failed, in_order, skipped

Progress: TypeAlias = Callable[[HostResult, int, int], None]
"""Called after each host with its result, how many are done, and how many there are."""


@dataclass(slots=True, kw_only=True)
class Budget:
    """How much may fail: *exceeded* says of the hosts that failed why no further one is begun, or None.

    `spent` is the first reason it gave, and stays.
    """

    exceeded: Callable[[Sequence[str]], str | None]
    spent: str | None = None
    _failed: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def count(self, result: HostResult) -> None:
        """Take note of a host's end."""
        if not result.went_wrong:
            return
        with self._lock:
            self._failed.append(result.host)
            self.spent = self.spent or self.exceeded(self._failed)


def _isolated(host: Host, step: Callable[[Host], HostResult], plan: HostPlan | None, *, changing: bool) -> HostResult:
    """Run *step*; whatever it raises becomes that host's result, so that the other hosts go on. *plan* goes with it."""
    try:
        return step(host)
    except RelayconfError as error:
        return failed(host.name, error, plan, changing=changing)
    except Exception as error:  # noqa: BLE001  one host's crash must not stop the fleet
        report = crash_report(error)
        crash = HostCrash(f"relayconf crashed on this host ({type(error).__name__}); please report it with {report}")
        return failed(host.name, crash, plan, changing=changing)


def _within(
    budget: Budget | None,
    host: Host,
    step: Callable[[Host], HostResult],
    plan: HostPlan | None,
    *,
    changing: bool,
) -> HostResult:
    """Run *step* unless the budget is spent by now, which only a worker that is about to begin can know."""
    if budget is None:
        return _isolated(host, step, plan, changing=changing)
    if budget.spent:
        return skipped(host.name, budget.spent)
    result = _isolated(host, step, plan, changing=changing)
    budget.count(result)
    return result


def each(
    hosts: Sequence[Host],
    step: Callable[[Host], HostResult],
    *,
    parallel: int,
    progress: Progress,
    plans: Mapping[str, HostPlan] | None = None,
    budget: Budget | None = None,
    changing: bool = False,
) -> FleetResult:
    """Run *step* for every host, *parallel* at a time; *progress* hears of each that ends and was begun.

    What *step* raises is that host's result, with its plan from *plans* (by the hosts' names) when it has one there. A
    step that is *changing* hosts without a plan leaves one unknown when its line is lost, as one with a plan does.
    A first ^C, and a *budget* that is spent, skip the hosts that are not begun and wait for those under way; a second
    ^C does not wait.
    """
    pool = ThreadPoolExecutor(max_workers=max(1, min(parallel, len(hosts))), thread_name_prefix="host")
    interrupted = False
    plans = plans or {}
    futures = {
        pool.submit(_within, budget, host, step, plans.get(host.name), changing=changing): host for host in hosts
    }
    try:
        for done, future in enumerate(as_completed(futures), 1):
            if future.result().status is not Status.SKIPPED:
                progress(future.result(), done, len(hosts))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    results = [skipped(host.name) if future.cancelled() else future.result() for future, host in futures.items()]
    return in_order(results, [host.name for host in hosts], interrupted=interrupted)
