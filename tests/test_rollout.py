"""The fleet: isolation, order, connections, and what an interrupt leaves."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from relayconf.errors import DeployError, HostCrash, RecoveryLost, Unreachable
from relayconf.files import ChangeKind
from relayconf.model import Host
from relayconf.remote.base import Session
from relayconf.remote.local import LocalSession
from relayconf.result import FleetResult, HostResult, Status
from relayconf.rollout import Planner, Rollout, new_transaction
from relayconf.secrets import Secrets
from relayconf.templating import Templates, default_directories
from relayconf.waves import make_waves
from tests.support.hosts import qmail_host
from tests.support.local_fleet import jam
from tests.support.qmail_tree import make_qmail
from tests.support.sessions import HeardSession, dropping

PLANNER = Planner(templates=Templates(default_directories(None)), secret=Secrets().resolve, key=b"k" * 32)


class CountedSession(LocalSession):
    """A local session that tells when it is closed."""

    closed = 0

    def close(self) -> None:
        """Count."""
        CountedSession.closed += 1
        super().close()


@pytest.fixture(autouse=True)
def _fresh_count() -> None:
    CountedSession.closed = 0


def hosts(tmp_path: Path, *names: str) -> list[Host]:
    """Hosts of this machine with qmail homes of their own."""
    for name in names:
        make_qmail(tmp_path / name)
    return [qmail_host(name, home=tmp_path / name, state=tmp_path / f"{name}.state") for name in names]


def silent(*_: object) -> None:
    """Progress that nobody hears of."""


def rollout(fleet: list[Host], *, parallel: int = 2, broken: str = "", crash: str = "") -> Rollout:
    """A rollout over these hosts, one of which may be down, and one of which may meet a bug."""

    def connect(host: Host) -> Session:
        if host.name == broken:
            raise Unreachable("down")
        if host.name == crash:
            raise ZeroDivisionError
        return CountedSession()

    return Rollout(hosts=fleet, planner=PLANNER, connect=connect, parallel=parallel, progress=silent, reconnect=0)


def statuses(result: FleetResult) -> dict[str, Status]:
    """Each host's end."""
    return {item.host: item.status for item in result.results}


def test_the_middle_host_fails_and_the_others_go_on(tmp_path: Path) -> None:
    """In the inventory's order, with the error kept."""
    fleet = hosts(tmp_path, "a", "b", "c")

    with rollout(fleet, broken="b") as run:
        plans = run.plan(keep=True)
        applied = run.apply(plans)

    assert list(statuses(plans).items()) == [
        ("a", Status.PLANNED),
        ("b", Status.FAILED),
        ("c", Status.PLANNED),
    ]
    assert list(statuses(applied).items()) == [
        ("a", Status.CHANGED),
        ("b", Status.FAILED),
        ("c", Status.CHANGED),
    ]
    assert isinstance(applied.results[1].error, Unreachable)


def test_a_bug_on_one_host_is_that_host_s_failure(tmp_path: Path) -> None:
    """Named by its kind, without its words."""
    with rollout(hosts(tmp_path, "a", "b"), crash="a") as run:
        plans = run.plan()

    assert statuses(plans) == {"a": Status.FAILED, "b": Status.PLANNED}
    error = plans.results[0].error
    assert isinstance(error, HostCrash)
    said = r"relayconf crashed on this host \(ZeroDivisionError\); please report it with (\S+)"
    match = re.fullmatch(said, error.message)
    assert match is not None
    assert "ZeroDivisionError" in Path(match[1]).read_text()


def test_connections_with_something_to_apply_stay_open_and_the_others_do_not(tmp_path: Path) -> None:
    """One connection per host, and none is left at the end."""
    fleet = hosts(tmp_path, "a", "b")
    (tmp_path / "b" / "control" / "smtproutes").write_bytes(b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n")

    with rollout(fleet) as run:
        plans = run.plan(keep=True)
        closed_after_planning = CountedSession.closed

        assert statuses(plans) == {"a": Status.PLANNED, "b": Status.UNCHANGED}

    assert (closed_after_planning, CountedSession.closed) == (1, 2)


def test_a_plan_alone_keeps_no_connection(tmp_path: Path) -> None:
    """Nor does a host whose plan fails."""
    fleet = hosts(tmp_path, "a", "b")
    (tmp_path / "b" / "control").rename(tmp_path / "elsewhere")

    with rollout(fleet) as run:
        assert statuses(run.plan()) == {"a": Status.PLANNED, "b": Status.FAILED}
        assert CountedSession.closed == 2


def test_no_more_than_parallel_hosts_at_a_time(tmp_path: Path) -> None:
    """And as many as that."""
    fleet = hosts(tmp_path, *(f"h{n}" for n in range(6)))
    meeting = threading.Barrier(3)
    lock = threading.Lock()
    now = peak = 0

    def connect(host: Host) -> Session:  # noqa: ARG001  every host alike
        nonlocal now, peak
        with lock:
            now += 1
            peak = max(peak, now)
        meeting.wait(20)
        with lock:
            now -= 1
        raise Unreachable("down")

    run = Rollout(hosts=fleet, planner=PLANNER, connect=connect, parallel=3, progress=silent)
    with run:
        run.plan()

    assert peak == 3


def test_progress_hears_of_every_host(tmp_path: Path) -> None:
    """With how many are done."""
    heard: list[tuple[str, int, int]] = []

    def progress(result: HostResult, done: int, total: int) -> None:
        heard.append((result.host, done, total))

    run = rollout(hosts(tmp_path, "a", "b"), parallel=1)
    run.progress = progress
    with run:
        run.plan()

    assert heard == [("a", 1, 2), ("b", 2, 2)]


def test_an_interrupt_ends_what_is_under_way_and_begins_nothing_more(tmp_path: Path) -> None:
    """No host is left without its end by a ^C at the laptop."""
    fleet = hosts(tmp_path, *(f"h{n}" for n in range(5)))
    begun: list[str] = []

    def connect(host: Host) -> Session:
        begun.append(host.name)
        return CountedSession()

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    run = Rollout(hosts=fleet, planner=PLANNER, connect=connect, parallel=1, progress=interrupt)
    with run:
        plans = run.plan()

    assert plans.interrupted
    assert len(begun) < len(fleet)
    assert CountedSession.closed == len(begun)
    assert list(statuses(plans).values()) == [
        *[Status.PLANNED] * len(begun),
        *[Status.SKIPPED] * (len(fleet) - len(begun)),
    ]


def test_a_deploy_that_was_cut_short_is_put_right_before_the_plan(tmp_path: Path) -> None:
    """Only where the caller wants it, and with a word of what was done."""
    (host,) = fleet = hosts(tmp_path, "a")
    name, live = _cut_short(tmp_path, host), tmp_path / "a" / "control" / "smtproutes"

    with rollout(fleet) as run:
        only_told = run.plan().results[0].plan
        assert live.exists()
        put_right = run.plan(recover=True).results[0].plan

    assert only_told is not None
    assert put_right is not None
    assert (only_told.unfinished, only_told.recovered) == (name, ())
    assert put_right.unfinished is None
    assert put_right.recovered == (f"transaction {name}, which had been cut short, was rolled back",)
    assert not live.exists()
    assert [change.kind for change in put_right.changes] == [ChangeKind.CREATE]


def _cut_short(folder: Path, host: Host) -> str:
    """A deploy to *host* that was killed before `finalize`; its name."""
    with rollout([host]) as run:
        run.apply(run.plan(keep=True))
    state = folder / f"{host.name}.state"
    (transaction,) = (state / "txn").iterdir()
    journal = (transaction / "journal").read_text().splitlines()
    (transaction / "journal").write_text("\n".join(journal[: journal.index("finalize")]) + "\n")
    (state / "lock").symlink_to(f"1.1:another-boot:{transaction.name}")
    return transaction.name


@pytest.mark.parametrize("runs", [True, False])
def test_a_line_that_drops_while_something_is_put_right_leaves_the_host_unknown(tmp_path: Path, *, runs: bool) -> None:
    """Though nothing was to be applied yet."""
    (host,) = fleet = hosts(tmp_path, "a")
    _cut_short(tmp_path, host)
    run = rollout(fleet)
    run.connect = lambda _: dropping(1, runs=runs)
    with run:
        (result,) = run.plan(recover=True).results

    assert (result.status, type(result.error)) == (Status.UNKNOWN, RecoveryLost)


def test_what_was_put_right_is_told_when_the_plan_fails_after_it(tmp_path: Path) -> None:
    """The host is not as it was."""
    (host,) = fleet = hosts(tmp_path, "a")
    name = _cut_short(tmp_path, host)
    run = rollout(fleet)
    run.connect = lambda _: dropping(2)
    with run:
        (result,) = run.plan(recover=True).results

    assert isinstance(result.error, DeployError)
    put_right = f"transaction {name}, which had been cut short, was rolled back"
    assert (result.status, result.error.partly) == (Status.FAILED, True)
    assert result.error.message == f"the line dropped; before that, {put_right}"


def test_transactions_sort_by_time_and_are_never_alike() -> None:
    """They are file names on the host as well."""
    names = [new_transaction() for _ in range(50)]

    assert len(set(names)) == 50
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", name) for name in names)
    assert [name[:16] for name in names] == sorted(name[:16] for name in names)


def test_an_empty_fleet_is_fine() -> None:
    """Nothing to do."""
    with rollout([]) as run:
        assert run.plan().results == ()


def begun(tmp_path: Path, *names: str) -> list[str]:
    """The hosts of these that a deploy went through."""
    return [name for name in names if (tmp_path / name / "control" / "smtproutes").exists()]


def test_a_canary_that_fails_stops_the_rest(tmp_path: Path) -> None:
    """More than three hosts: the first one alone, and nothing is written on the others."""
    fleet = hosts(tmp_path, *"abcd")
    jam(tmp_path / "a.state")

    with rollout(fleet) as run:
        applied = run.apply(run.plan(keep=True))

    assert list(statuses(applied).items()) == [("a", Status.FAILED), *((name, Status.SKIPPED) for name in "bcd")]
    assert [result.reason for result in applied.results] == [None, *["the canary a failed"] * 3]
    assert not applied.interrupted
    assert begun(tmp_path, *"abcd") == []
    assert not (tmp_path / "b.state").exists()


def test_a_canary_whose_end_is_unknown_stops_the_rest(tmp_path: Path) -> None:
    """The line drops under its deploy."""
    run = rollout(hosts(tmp_path, *"abcd"))
    run.connect = lambda host: dropping(1, runs=False) if host.name == "a" else LocalSession()
    with run:
        applied = run.apply(run.plan(keep=True))

    assert list(statuses(applied).values()) == [Status.UNKNOWN, *[Status.SKIPPED] * 3]


def test_the_rest_begins_when_the_canary_is_over(tmp_path: Path) -> None:
    """However many hosts are worked on at a time; progress counts over all the waves."""
    fleet = hosts(tmp_path, *"abcd")
    heard: list[tuple[str, int, int]] = []
    before: dict[str, list[str]] = {}

    def connect(host: Host) -> Session:
        def look(number: int) -> None:
            assert number
            before[host.name] = begun(tmp_path, *"abcd")

        return HeardSession(before=look)

    run = rollout(fleet, parallel=4)
    run.connect = connect
    with run:
        plans = run.plan(keep=True)
        run.progress = lambda result, done, total: heard.append((result.host, done, total))
        applied = run.apply(plans)

    assert set(statuses(applied).values()) == {Status.CHANGED}
    assert before["a"] == []
    assert all("a" in before[name] for name in "bcd")
    assert heard[0] == ("a", 1, 4)
    assert [(done, total) for _, done, total in heard] == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("allowed", "ends"),
    [
        (0, [Status.FAILED, *[Status.SKIPPED] * 4]),
        (1, [Status.FAILED, Status.CHANGED, Status.FAILED, Status.SKIPPED, Status.SKIPPED]),
        (2, [Status.FAILED, Status.CHANGED, Status.FAILED, Status.CHANGED, Status.CHANGED]),
    ],
)
def test_no_host_is_begun_when_more_failed_than_may(tmp_path: Path, allowed: int, ends: list[Status]) -> None:
    """Without a canary, one after the other."""
    fleet = hosts(tmp_path, *"abcde")
    jam(tmp_path / "a.state")
    jam(tmp_path / "c.state")

    with rollout(fleet, parallel=1) as run:
        plans = run.plan(keep=True)
        applied = run.apply(plans, waves=make_waves(plans.pending_hosts, canary=0, max_failures=allowed))

    assert list(statuses(applied).values()) == ends
    assert {result.reason for result in applied.with_status(Status.SKIPPED)} <= {
        "1 host had failed (none may)",
        "2 hosts had failed (at most 1 may)",
    }


def test_a_host_that_cannot_be_planned_is_not_in_the_budget(tmp_path: Path) -> None:
    """A host that is down changes nothing, so it stops nothing; nor is it the canary."""
    with rollout(hosts(tmp_path, *"abcdef"), broken="a", parallel=1) as run:
        jam(tmp_path / "c.state")
        applied = run.apply(run.plan(keep=True))

    assert list(statuses(applied).values()) == [
        Status.FAILED,
        Status.CHANGED,
        Status.FAILED,
        *[Status.CHANGED] * 3,
    ]


def test_an_interrupt_under_the_canary_begins_no_other_wave(tmp_path: Path) -> None:
    """The canary comes to its end; of the rest each says why."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    run = rollout(hosts(tmp_path, *"abcd"))
    with run:
        plans = run.plan(keep=True)
        run.progress = interrupt
        applied = run.apply(plans)

    assert applied.interrupted
    assert list(statuses(applied).values()) == [Status.CHANGED, *[Status.SKIPPED] * 3]
    assert {result.reason for result in applied.results[1:]} == {"interrupted before it was begun"}
    assert begun(tmp_path, *"abcd") == ["a"]
