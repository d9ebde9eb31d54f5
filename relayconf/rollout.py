"""The fleet: hosts in parallel, each on one connection; a host that fails does not stop the others."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import TypeAlias

from relayconf.deploy import deploy
from relayconf.masking import Masker
from relayconf.model import Host
from relayconf.mta.base import Resolve
from relayconf.mtas import MTAS
from relayconf.observe import observe
from relayconf.plan import HostPlan, plan_host
from relayconf.remote.base import Session
from relayconf.render import render
from relayconf.result import FleetResult, HostResult, Status, in_order, planned
from relayconf.templating import Templates
from relayconf.workers import Progress, each

Connect: TypeAlias = Callable[[Host], Session]


def new_transaction() -> str:
    """A transaction's name: sorts by time, and no two are alike."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """What planning a host needs besides the host; *without_secrets* goes with a *secret* that resolves none."""

    templates: Templates
    secret: Resolve
    key: bytes
    without_secrets: bool = False

    def plan(self, host: Host, session: Session, *, recover: bool) -> HostPlan:
        """Observe *host* and compare; with *recover*, what a crash left there is put right before.

        Raises what rendering, the session, `observe` and `deploy` raise.
        """
        mta = MTAS[host.mta]
        rendered = render(host, self.templates, self.secret)
        facts = observe(session, host, mta)
        recovered: tuple[str, ...] = ()
        if recover and facts.unfinished:
            recovered = deploy(session, host, mta, (), new_transaction()).warnings
            facts = observe(session, host, mta)
        plan = plan_host(
            host=host,
            mta=mta,
            facts=facts,
            rendered=rendered,
            masker=Masker(self.key),
            key=self.key,
            without_secrets=self.without_secrets,
        )
        return replace(plan, recovered=recovered)


@dataclass(slots=True, kw_only=True)
class Rollout:
    """Plans, and then perhaps applies, on one connection per host. A context manager: leaving it closes them all.

    *connect* opens a session; *parallel* hosts are worked on at a time; *progress* hears of each that ends. A first
    ^C skips the hosts that are not begun and waits for those under way to come to their own end; a second one does not.
    """

    hosts: Sequence[Host]
    planner: Planner
    connect: Connect
    parallel: int
    progress: Progress
    _sessions: dict[str, Session] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Rollout:
        return self

    def __exit__(self, *exc: object) -> None:
        with ExitStack() as stack:
            for session in self._sessions.values():
                stack.callback(session.close)
        self._sessions.clear()

    def plan(self, *, keep: bool = False, recover: bool = False) -> FleetResult:
        """Plan every host. *keep* leaves the connections of those with changes open for `apply`.

        *recover* first finishes or rolls back what an earlier deploy left there when it was cut short.
        """
        return each(
            self.hosts,
            lambda host: self._plan(host, keep=keep, recover=recover),
            parallel=self.parallel,
            progress=self.progress,
        )

    def apply(self, plans: FleetResult, *, flush: bool = False) -> FleetResult:
        """Deploy every pending plan of *plans*, on the connection that it was made on; the rest stays as it is.

        *flush* has the mail that waits on those hosts tried again.
        """
        pending = {result.host: result.plan for result in plans.pending if result.plan is not None}
        applied = each(
            [host for host in self.hosts if host.name in pending],
            lambda host: self._deploy(pending[host.name], flush=flush),
            parallel=self.parallel,
            progress=self.progress,
            plans=pending,
        )
        rest = [result for result in plans.results if result.host not in pending]
        names = [host.name for host in self.hosts]
        return in_order([*rest, *applied.results], names, interrupted=applied.interrupted)

    def _deploy(self, plan: HostPlan, *, flush: bool) -> HostResult:
        transaction = new_transaction()
        session, mta = self._sessions[plan.host.name], MTAS[plan.host.mta]
        done = deploy(session, plan.host, mta, plan.changes, transaction, flush=flush)
        return HostResult(
            host=plan.host.name, status=Status.CHANGED, plan=plan, transaction=transaction, warnings=done.warnings
        )

    def _plan(self, host: Host, *, keep: bool, recover: bool) -> HostResult:
        session = self.connect(host)
        try:
            result = planned(self.planner.plan(host, session, recover=recover))
        except BaseException:
            session.close()
            raise
        if keep and result.status is Status.PLANNED:
            with self._lock:
                self._sessions[host.name] = session
        else:
            session.close()
        return result
