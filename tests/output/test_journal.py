"""Transactions, ways back and how hosts stand, for humans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

from relayconf.errors import ConnectionLost, DeployError, HostError
from relayconf.files import ChangeKind
from relayconf.journal import Pending, Undone
from relayconf.output.journal import history, status, undone, ways_back
from relayconf.result import FleetResult, HostResult, Status, failed
from relayconf.standing import Standing
from relayconf.transactions import ChangedFile, Transaction, TransactionStatus, WayBack
from relayconf.visits import Visited

T = TypeVar("T")

FILES = (
    ChangedFile(kind=ChangeKind.UPDATE, path="postfix:main.cf", target="/etc/postfix/main.cf"),
    ChangedFile(kind=ChangeKind.CREATE, path="postfix:2/transport", target="/etc/postfix/\x1b[1m"),
)
OLD = Transaction(
    name="20261123T090000Z-aaaaaa", status=TransactionStatus.ROLLED_BACK, time=None, note="left: /x\u202e"
)
NEW = Transaction(
    name="20261124T101500Z-3fa2c1",
    status=TransactionStatus.UNCONFIRMED,
    time=datetime(2026, 11, 24, 10, 15, tzinfo=UTC),
    note="240",
    files=FILES,
)
CUT = Transaction(name="20261124T120000Z-bbbbbb", status=TransactionStatus.UNFINISHED, time=None, note="")


def visited(values: Mapping[str, T], *results: HostResult, changed: bool = False) -> Visited[T]:
    """Hosts that told these values, and others that came to these ends."""
    end = Status.CHANGED if changed else Status.UNCHANGED
    told = [HostResult(host=host, status=end) for host in values]
    return Visited(fleet=FleetResult(results=(*told, *results)), values=values)


def test_history() -> None:
    """A table a host, the newest first, files and note below each other; hosts that failed at the end."""
    text = history(visited({"a": (OLD, NEW), "b": ()}, failed("c", HostError("no", hint="try yes"))))

    assert text.splitlines() == [
        "a",
        "  transaction               time (UTC)            status        files",
        "  20261124T101500Z-3fa2c1   2026-11-24 10:15:00   unconfirmed   update  /etc/postfix/main.cf",
        r"                                                                create  /etc/postfix/\x1b[1m",
        "                                                                240 s left to confirm it",
        r"  20261123T090000Z-aaaaaa   -                     rolled-back   left: /x\u202e",
        "",
        "b   no transactions",
        "",
        "c   failed, nothing changed: no",
        "  hint: try yes",
    ]


def test_ways_back() -> None:
    """What would be undone; what was cut short; what is refused."""
    refused = HostResult(host="d", status=Status.REFUSED, error=HostError("this host keeps no transaction 0"))
    values = {
        "a": WayBack(undo=(OLD,), unfinished=(CUT,)),
        "b": WayBack(undo=(), unfinished=(CUT,)),
        "c": WayBack(undo=(OLD, OLD), unfinished=()),
    }
    row = r"  20261123T090000Z-aaaaaa   -            rolled-back   left: /x\u202e"
    head = "  transaction               time (UTC)   status        files"

    assert ways_back(visited(values, refused)).splitlines() == [
        "a   transaction 20261124T120000Z-bbbbbb is at work, or was cut short: then it is put right first",
        "a   1 transaction to roll back",
        head,
        row,
        "",
        "b   transaction 20261124T120000Z-bbbbbb is at work, or was cut short: `relayconf recover b` puts it right",
        "b   nothing to roll back",
        "",
        "c   2 transactions to roll back",
        head,
        row,
        row,
        "",
        "d   refused: this host keeps no transaction 0",
    ]


def test_what_was_done() -> None:
    """First what was put right before, then what was asked for, then what a human should know, then the sums."""
    done = Undone(transactions=("2", "1"), recovered=("0 was finished",), left=("left: x",), warnings=("odd",))
    values = {"a": done, "b": Undone(warnings=("hm",)), "c": Undone()}
    fleet = visited(values, failed("d", ConnectionLost("lost"), changing=True))

    assert undone(fleet, title="Rollback", verb="rolled back", nothing="nothing to roll back").splitlines() == [
        "a   0 was finished",
        "a   left: x",
        "a   rolled back   2",
        "a   rolled back   1",
        "a   warning: odd",
        "b   warning: hm",
        "c   nothing to roll back",
        "",
        "d   outcome unknown: lost",
        "",
        "Rollback: 3 unchanged, 1 unknown",
    ]


def test_a_failure_in_the_middle() -> None:
    """Is not said to have changed nothing."""
    fleet: Visited[Undone] = visited(
        {}, failed("a", DeployError("no; before that, x", partly=True)), failed("b", DeployError("no"))
    )

    assert undone(fleet, title="Rollback", verb="rolled back", nothing="-").splitlines() == [
        "a   failed, and something was changed: no; before that, x",
        "b   failed, nothing changed: no",
        "",
        "Rollback: 2 failed",
    ]


def stands(*, pending: Pending | None = None) -> Standing:
    """A quiet host, or one where something waits."""
    return Standing(mta=("qmail",), last=None, pending=pending, busy=None, unfinished=None, unusable=None)


def test_status() -> None:
    """A block a host; what waits there has a row and a way out each."""
    everything = Standing(
        mta=("Postfix 3.7\x1b", "generation 12"),
        last=NEW,
        pending=Pending(transaction=NEW.name, left=240),
        busy="5\x07",
        unfinished=CUT.name,
        unusable="its mode is \x1b",
        drift=("main.cf: relayhost\u202e", "two"),
    )

    assert status(visited({"a": everything, "b": stands()}, failed("c", HostError("no")))).splitlines() == [
        "a",
        r"  mta                Postfix 3.7\x1b, generation 12",
        "  last transaction   20261124T101500Z-3fa2c1   2026-11-24 10:15:00   unconfirmed   240 s left to confirm it",
        ("  unconfirmed        20261124T101500Z-3fa2c1   it goes by itself in 240 s; `relayconf confirm a` keeps it"),
        r"  at work            5\x07",
        "  cut short          20261124T120000Z-bbbbbb   `relayconf recover a` puts it right",
        r"  unusable           its mode is \x1b",
        r"  drift              main.cf: relayhost\u202e",
        "  drift              two",
        "",
        "b",
        "  mta                qmail",
        "  last transaction   none",
        "",
        "c   failed, nothing changed: no",
    ]


def test_what_waits_and_does_not_go() -> None:
    """Because its time is over, or nobody counts any more."""
    over = status(visited({"a": stands(pending=Pending(transaction="2", left="overdue"))}))
    booted = status(visited({"a": stands(pending=Pending(transaction="2", left="rebooted"))}))

    assert "2   its time is over; `relayconf recover a` rolls it back" in over
    assert "2   the host was booted since; `relayconf recover a` rolls it back" in booted
