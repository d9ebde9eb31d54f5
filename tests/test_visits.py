"""Hosts visited in parallel: what they told, their ends, and their connections."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from relayconf.errors import ConnectionLost, HostCrash, HostError, Unreachable
from relayconf.model import Host
from relayconf.remote.base import Session
from relayconf.result import HostResult, Status
from relayconf.visits import Told, Visits, merged
from tests.shell.answers import Answers
from tests.support.hosts import qmail_host


class Counted(Answers):
    """A session that counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        """Count."""
        self.closed += 1


class Network:
    """Sessions by host; one host may be down."""

    def __init__(self, *, down: str = "") -> None:
        self.down = down
        self.opened: list[tuple[str, Counted]] = []

    def connect(self, host: Host) -> Session:
        """A session of its own each time."""
        if host.name == self.down:
            raise Unreachable("down")
        session = Counted()
        self.opened.append((host.name, session))
        return session

    @property
    def open(self) -> list[str]:
        """The hosts whose sessions were not closed."""
        return [name for name, session in self.opened if not session.closed]


def silent(*_: object) -> None:
    """Progress that nobody hears of."""


def visits(network: Network, *, parallel: int = 2) -> Visits:
    """Visits over this network."""
    return Visits(connect=network.connect, parallel=parallel, progress=silent)


def hosts(*names: str) -> list[Host]:
    """Hosts that nobody contacts."""
    return [qmail_host(name, home=Path("/q")) for name in names]


def statuses(results: tuple[HostResult, ...]) -> list[tuple[str, Status]]:
    """Each host's end."""
    return [(result.host, result.status) for result in results]


def test_what_hosts_tell_stands_in_their_order() -> None:
    """Whatever the order in which they end; one that is down tells nothing, and stops no other."""
    later = threading.Event()

    def step(host: Host, _: Session) -> Told[str]:
        if host.name == "a":
            later.wait(20)
        if host.name == "c":
            later.set()
        return Told(value=host.name.upper(), changed=host.name == "c")

    with visits(Network(down="b"), parallel=3) as run:
        visited = run.visit(hosts("a", "b", "c"), step)

    assert list(visited.values.items()) == [("a", "A"), ("c", "C")]
    assert statuses(visited.fleet.results) == [("a", Status.UNCHANGED), ("b", Status.FAILED), ("c", Status.CHANGED)]


def test_a_refusal_is_that_host_s_end() -> None:
    """With its reason, and without a value."""
    no = HostError("no")

    with visits(Network()) as run:
        visited = run.visit(hosts("a"), lambda *_: Told(value=1, refusal=no))

    assert visited.fleet.results == (HostResult(host="a", status=Status.REFUSED, error=no),)
    assert visited.values == {}


def test_connections_that_are_kept_are_used_again() -> None:
    """And closed after that; those that nobody needs are closed at once."""
    network = Network()
    seen: list[Session] = []

    def look(host: Host, _: Session) -> Told[None]:
        return Told(value=None, keep=host.name != "b")

    def act(_: Host, session: Session) -> Told[None]:
        seen.append(session)
        return Told(value=None)

    with visits(network) as run:
        run.visit(hosts("a", "b", "c"), look)
        assert sorted(network.open) == ["a", "c"]
        run.visit(hosts("a"), act)
        assert network.open == ["c"]

    assert network.open == []
    assert [session for name, session in network.opened if name == "a"] == seen
    assert [session.closed for _, session in network.opened] == [1, 1, 1]


def test_a_failure_closes_the_connection() -> None:
    """Also one that had been kept."""
    network = Network()

    def fail(_: Host, __: Session) -> Told[None]:
        raise HostError("no")

    with visits(network) as run:
        run.visit(hosts("a"), lambda *_: Told(value=None, keep=True))
        run.visit(hosts("a"), fail)
        assert network.open == []


@pytest.mark.parametrize(("changing", "status"), [(False, Status.FAILED), (True, Status.UNKNOWN)])
@pytest.mark.parametrize("error", [ConnectionLost("lost"), ZeroDivisionError()])
def test_a_lost_line_or_a_bug_while_a_host_is_changed(error: Exception, *, changing: bool, status: Status) -> None:
    """Leaves it unknown; a look that ends so has changed nothing."""

    def step(_: Host, __: Session) -> Told[None]:
        raise error

    with visits(Network()) as run:
        (result,) = run.visit(hosts("a"), step, changing=changing).fleet.results

    assert result.status is status
    assert isinstance(result.error, ConnectionLost | HostCrash)


def test_the_ends_of_a_look_and_an_act_together() -> None:
    """Those that were visited again have the end of that; an interrupt of either is one of both."""
    network = Network()

    def fail_on_b(host: Host, _: Session) -> Told[int]:
        if host.name == "b":
            raise HostError("no")
        return Told(value=2, changed=True)

    with visits(network) as run:
        looked = run.visit(hosts("a", "b", "c"), lambda *_: Told(value="seen"))
        acted = run.visit(hosts("a", "b"), fail_on_b)
    both = merged(looked.with_value(0), acted)

    assert both.values == {"a": 2, "c": 0}
    assert statuses(both.fleet.results) == [("a", Status.CHANGED), ("b", Status.FAILED), ("c", Status.UNCHANGED)]
    assert not both.fleet.interrupted


def test_an_interrupt_of_the_act_is_kept() -> None:
    """For the exit status."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    looking, acting = visits(Network()), visits(Network())
    acting.progress = interrupt
    with looking, acting:
        looked = looking.visit(hosts("a"), lambda *_: Told(value=0))
        acted = acting.visit(hosts("a"), lambda *_: Told(value=0))

    assert merged(looked, acted).fleet.interrupted
    assert merged(acted, looked).fleet.interrupted
