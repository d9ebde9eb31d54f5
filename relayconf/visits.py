"""Hosts visited in parallel: what each one told, on connections that stay open from a look to an act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Lock
from types import TracebackType
from typing import Generic, Self, TypeAlias, TypeVar

from relayconf.errors import RelayconfError
from relayconf.model import Host
from relayconf.remote.base import Session
from relayconf.result import FleetResult, HostResult, Status
from relayconf.workers import Progress, each

T = TypeVar("T")
U = TypeVar("U")
Connect: TypeAlias = Callable[[Host], Session]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[T]):
    """What one host told, whether it was changed, and whether its connection is needed once more.

    `refusal` says why what was asked for is not done on this host.
    """

    value: T
    changed: bool = False
    keep: bool = False
    refusal: RelayconfError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited(Generic[T]):
    """Every host's end; and by host, in the same order, what those told that came to an end of their own."""

    fleet: FleetResult
    values: Mapping[str, T]

    def with_value(self, value: U) -> Visited[U]:
        """The same hosts with the same ends, all of which told *value*."""
        return Visited(fleet=self.fleet, values=dict.fromkeys(self.values, value))


def merged(looked: Visited[T], acted: Visited[T]) -> Visited[T]:
    """The ends of a look, but for those hosts that were visited again to act."""
    again = {result.host: result for result in acted.fleet.results}
    results = tuple(again.get(result.host, result) for result in looked.fleet.results)
    interrupted = looked.fleet.interrupted or acted.fleet.interrupted
    values = {
        result.host: source[result.host]
        for result in results
        for source in [acted.values if result.host in again else looked.values]
        if result.host in source
    }
    return Visited(fleet=FleetResult(results=results, interrupted=interrupted), values=values)


def _result(host: Host, told: Told[T]) -> HostResult:
    if told.refusal is not None:
        return HostResult(host=host.name, status=Status.REFUSED, error=told.refusal)
    return HostResult(host=host.name, status=Status.CHANGED if told.changed else Status.UNCHANGED)


@dataclass(slots=True, kw_only=True)
class Visits:
    """One connection a host, opened when it is first needed. A context manager: leaving it closes them all.

    *connect* opens a session; *parallel* hosts are worked on at a time; *progress* hears of each that ends.
    """

    connect: Connect
    parallel: int
    progress: Progress
    _sessions: dict[str, Session] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            for session in self._sessions.values():
                stack.callback(session.close)
        self._sessions.clear()

    def visit(
        self, hosts: Sequence[Host], step: Callable[[Host, Session], Told[T]], *, changing: bool = False
    ) -> Visited[T]:
        """Run *step* on every one of *hosts*; what it raises is that host's result, and the others go on.

        Of a *changing* step whose line is lost, or that meets a bug of ours, the outcome is unknown.
        """
        values: dict[str, T] = {}

        def call(host: Host) -> HostResult:
            told = self._call(host, step)
            if told.refusal is None:
                with self._lock:
                    values[host.name] = told.value
            return _result(host, told)

        fleet = each(hosts, call, parallel=self.parallel, progress=self.progress, changing=changing)
        return Visited(fleet=fleet, values={host.name: values[host.name] for host in hosts if host.name in values})

    def _call(self, host: Host, step: Callable[[Host, Session], Told[T]]) -> Told[T]:
        with self._lock:
            session = self._sessions.pop(host.name, None)
        session = session or self.connect(host)
        try:
            told = step(host, session)
        except BaseException:
            session.close()
            raise
        if told.keep:
            with self._lock:
                self._sessions[host.name] = session
        else:
            session.close()
        return told
