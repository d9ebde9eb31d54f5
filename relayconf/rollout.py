"""The fleet: hosts in waves and in parallel, each on one connection; hosts that fail stop those that are not begun."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock

from relayconf.applying import RECONNECT, Carrier, Connect
from relayconf.deploy import PLAIN, Terms
from relayconf.errors import ConnectionLost, DeployError, RecoveryLost, RelayconfError
from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.journal import recover as recover_host
from relayconf.masking import Masker
from relayconf.model import Host
from relayconf.mta.base import Mta, Resolve
from relayconf.mtas import MTAS
from relayconf.observe import observe
from relayconf.plan import HostPlan, plan_host
from relayconf.remote.base import Session
from relayconf.render import render
from relayconf.result import INTERRUPTED, FleetResult, HostResult, Status, in_order, planned, skipped
from relayconf.templating import Templates
from relayconf.waves import Wave, make_waves
from relayconf.workers import Budget, Progress, each


def new_transaction() -> str:
    """A transaction's name: sorts by time, and no two are alike."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _put_right(session: Session, host: Host, mta: Mta) -> tuple[str, ...]:
    """What became of that which had been cut short on *host*, in sentences."""
    try:
        undone = recover_host(session, host, mta)
    except ConnectionLost as lost:
        raise RecoveryLost(lost.message, hint=lost.hint) from lost
    return (*undone.recovered, *undone.left, *undone.warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """What planning a host needs besides the host; *without_secrets* goes with a *secret* that resolves none."""

    templates: Templates
    secret: Resolve
    key: bytes
    without_secrets: bool = False

    def plan(self, host: Host, session: Session, *, recover: bool) -> HostPlan:
        """Observe *host* and compare; with *recover*, what a crash left there is put right before.

        Raises what rendering, the session, `observe` and `journal.recover` raise.
        """
        mta = MTAS[host.mta]
        rendered = render(host, self.templates, self.secret)
        facts = observe(session, host, mta)
        if not (recover and facts.unfinished):
            return self._compare(host, facts, rendered)
        recovered = _put_right(session, host, mta)
        try:
            return replace(self._compare(host, observe(session, host, mta), rendered), recovered=recovered)
        except RelayconfError as error:
            what = f"{error.message}; before that, {'; '.join(recovered)}"
            raise DeployError(what, hint=error.hint, partly=True) from error

    def _compare(self, host: Host, facts: Facts, rendered: Sequence[DesiredFile]) -> HostPlan:
        return plan_host(
            host=host,
            mta=MTAS[host.mta],
            facts=facts,
            rendered=rendered,
            masker=Masker(self.key),
            key=self.key,
            without_secrets=self.without_secrets,
        )


@dataclass(slots=True, kw_only=True)
class Rollout:
    """Plans, and then perhaps applies, on one connection per host. A context manager: leaving it closes them all.

    *connect* opens a session; *parallel* hosts are worked on at a time; *progress* hears of each that ends; a host
    whose line dropped while it was changed is looked after for *reconnect* seconds. A first
    ^C skips the hosts that are not begun and waits for those under way to come to their own end; a second one does not.
    """

    hosts: Sequence[Host]
    planner: Planner
    connect: Connect
    parallel: int
    progress: Progress
    reconnect: int = RECONNECT
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

    def apply(
        self,
        plans: FleetResult,
        terms: Terms = PLAIN,
        waves: Sequence[Wave] | None = None,
    ) -> FleetResult:
        """Deploy every pending plan of *plans*, on the connection that it was made on; the rest stays as it is.

        *terms* are those of each; its plan's questions are asked besides. *waves* of the pending hosts, the usual ones
        if none are given, follow each other; none is begun after one in which too many failed, or that was interrupted.
        """
        ends: dict[str, HostResult] = {}
        reason: str | None = None

        def carry(plan: HostPlan) -> HostResult:
            return self._deploy(plan, replace(terms, asked=plan.questions))

        for wave in make_waves(plans.pending_hosts) if waves is None else waves:
            if reason is None:
                done, reason = self._wave(wave, plans, carry, begun=len(ends))
            else:
                done = [skipped(name, reason) for name in wave.hosts]
            ends |= {result.host: result for result in done}
        results = [ends.get(result.host, result) for result in plans.results]
        return in_order(results, [host.name for host in self.hosts], interrupted=reason == INTERRUPTED)

    def _wave(
        self, wave: Wave, plans: FleetResult, carry: Callable[[HostPlan], HostResult], *, begun: int
    ) -> tuple[Sequence[HostResult], str | None]:
        """The ends of one wave's hosts, and why no other wave is to be begun. *begun* hosts were in those before."""
        pending = {result.host: result.plan for result in plans.pending if result.plan is not None}
        budget = Budget(exceeded=wave.exceeded)
        done = each(
            [pending[name].host for name in wave.hosts],
            lambda host: carry(pending[host.name]),
            parallel=self.parallel,
            progress=lambda result, done, _: self.progress(result, begun + done, len(pending)),
            plans=pending,
            budget=budget,
        )
        return done.results, INTERRUPTED if done.interrupted else budget.spent

    def _deploy(self, plan: HostPlan, terms: Terms) -> HostResult:
        transaction = new_transaction()
        session, mta = self._sessions[plan.host.name], MTAS[plan.host.mta]
        carrier = Carrier(host=plan.host, mta=mta, session=session, connect=self.connect, reconnect=self.reconnect)
        done = carrier.apply(plan.changes, transaction, terms)
        return HostResult(
            host=plan.host.name,
            status=Status.CHANGED,
            plan=plan,
            transaction=transaction,
            verified=done.verified,
            warnings=done.warnings,
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
