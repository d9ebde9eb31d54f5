"""A host's list of its transactions, read strictly, and the way back through them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.errors import HostError
from relayconf.files import ChangeKind
from relayconf.transactions import (
    ChangedFile,
    Transaction,
    TransactionStatus,
    WayBack,
    is_name,
    read_transactions,
    way_back,
)

ONE = "20261124T101500Z-3fa2c1"
BROKEN = "the host's answer cannot be used: "


def transaction(name: str, status: TransactionStatus = TransactionStatus.APPLIED) -> Transaction:
    """A transaction without files."""
    return Transaction(name=name, status=status, time=None, note="")


def read(text: str) -> tuple[Transaction, ...]:
    """What these lines say."""
    return read_transactions(text.encode().split(b"\n"))


def test_a_list() -> None:
    """In the host's order, each with its files, each file once; the files may follow all the transactions."""
    found = read(
        f"transaction {ONE}\tapplied\t2026-11-24T10:15:00Z\t\n"
        f"file {ONE}\tcreate\tqmail:smtproutes\t/q/a b\n"
        f"transaction 2\trolled-back\t-\tleft: /x y\n"
        f"file {ONE}\tcreate\tqmail:smtproutes\t/q/a b\n"
        f"file 2\tdelete\tpostfix:main.cf\t/etc/main.cf\nfile {ONE}\tupdate\tx\t/x"
    )

    assert found == (
        Transaction(
            name=ONE,
            status=TransactionStatus.APPLIED,
            time=datetime(2026, 11, 24, 10, 15, tzinfo=UTC),
            note="",
            files=(
                ChangedFile(kind=ChangeKind.CREATE, path="qmail:smtproutes", target="/q/a b"),
                ChangedFile(kind=ChangeKind.UPDATE, path="x", target="/x"),
            ),
        ),
        Transaction(
            name="2",
            status=TransactionStatus.ROLLED_BACK,
            time=None,
            note="left: /x y",
            files=(ChangedFile(kind=ChangeKind.DELETE, path="postfix:main.cf", target="/etc/main.cf"),),
        ),
    )
    assert read("") == ()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("transaction 1\tapplied\t-", r"a transaction: 1\tapplied\t-"),
        ("transaction 1\tapplied\t-\t\t", r"a transaction: 1\tapplied\t-\t\t"),
        ("transaction ../1\tapplied\t-\t", r"a transaction: ../1\tapplied\t-\t"),
        ("transaction \tapplied\t-\t", r"a transaction: \tapplied\t-\t"),
        ("transaction 1\tdone\t-\t", r"a transaction: 1\tdone\t-\t"),
        ("transaction 1\tapplied\tnow\t", "the time of a transaction: now"),
        ("transaction 1\tapplied\t2026-13-24T10:15:00Z\t", "the time of a transaction: 2026-13-24T10:15:00Z"),
        ("transaction 1\tapplied\t-\t\ntransaction 1\tapplied\t-\t", "one transaction too many: 1"),
        ("file 1\tcreate\tx\t/x", r"a file of no transaction: 1\tcreate\tx\t/x"),
        ("transaction 1\tapplied\t-\t\nfile 1\tmove\tx\t/x", r"a file of a transaction: 1\tmove\tx\t/x"),
        ("transaction 1\tapplied\t-\t\nfile 1\tcreate\tx\tx", r"a file of a transaction: 1\tcreate\tx\tx"),
        ("transaction 1\tapplied\t-\t\nfile 1\tcreate\t\t/x", r"a file of a transaction: 1\tcreate\t\t/x"),
        ("transaction 1\tapplied\t-\t\nfile 1\tcreate\tx", r"a file of a transaction: 1\tcreate\tx"),
        ("odd \x1b", r"an unexpected line: odd \x1b"),
    ],
)
def test_what_cannot_be_used(lines: str, message: str) -> None:
    """Nothing is guessed, and what is quoted is safe to print."""
    with pytest.raises(HostError) as caught:
        read(lines)

    assert caught.value.message == BROKEN + message
    assert caught.value.hint == "nothing was changed: run the command again"


def test_what_is_no_utf_8() -> None:
    """Is refused with its bytes."""
    with pytest.raises(HostError, match=r"it is no UTF-8: transaction 1 \\xff$"):
        read_transactions([b"transaction 1 \xff"])


def test_a_list_has_an_end() -> None:
    """A thousand and one are refused; ten thousand files of one are read in no time."""
    lines = [b"transaction %d\tapplied\t-\t" % number for number in range(1001)]

    assert len(read_transactions(lines[:1000])) == 1000
    with pytest.raises(HostError, match="one transaction too many: 1000"):
        read_transactions(lines)
    files = [b"file 0\tcreate\tx:%d\t/x" % number for number in range(10_000)]
    assert len(read_transactions([lines[0], *files])[0].files) == 10_000


@given(st.text(st.sampled_from("transcifle \t\n-Z0:/applied\x1b\u202e"), max_size=80))
def test_any_list(text: str) -> None:
    """Is read or refused in words that are safe to print."""
    try:
        read(text)
        message = ""
    except HostError as error:
        message = error.message
    assert message.isprintable()


def test_names() -> None:
    """ASCII letters, digits and `-`, of some length."""
    assert is_name(ONE)
    assert not any(map(is_name, ["", "a b", "a\n", "é", "a" * 65, "."]))


def test_the_newest_live_one_is_undone() -> None:
    """What was undone, restored or cut short is passed over; the last is told."""
    cut = transaction("4", TransactionStatus.UNFINISHED)
    waiting = transaction("2", TransactionStatus.UNCONFIRMED)
    kept = [transaction("1"), waiting, transaction("3", TransactionStatus.ROLLED_BACK), cut]

    assert way_back(kept, None) == WayBack(undo=(waiting,), unfinished=(cut,))
    assert way_back(kept[2:3], None) == WayBack(undo=(), unfinished=())
    assert way_back([], None) == WayBack(undo=(), unfinished=())


def test_everything_newer_than_a_name_is_undone() -> None:
    """The newest first; nothing when it is the newest itself."""
    kept = [transaction("1"), transaction("2"), transaction("3", TransactionStatus.RESTORED), transaction("4")]

    assert way_back(kept, "1").undo == (kept[3], kept[1])
    assert way_back(kept, "4").undo == ()


def test_a_name_that_leads_nowhere() -> None:
    """Because the host does not keep it, or it is not live any more."""
    kept = [transaction("1"), transaction("2", TransactionStatus.ROLLED_BACK)]

    with pytest.raises(HostError, match="this host keeps no transaction 0") as caught:
        way_back(kept, "0")
    assert "a host keeps its newest 10 that were applied" in str(caught.value.hint)
    with pytest.raises(HostError, match="transaction 2 is rolled-back: there is nothing to put the host back to"):
        way_back(kept, "2")
