"""What is asked of a host's journal, and how its reports are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.errors import ConnectionLost, DeployError, HostError, RelayconfError, RollbackFailed
from relayconf.facts import Facts
from relayconf.journal import MAX_REPORT, Pending, Undone, confirm, history, pending, recover, rollback
from relayconf.mta import qmail
from relayconf.remote.base import LIMIT, Completed
from relayconf.transactions import Transaction, TransactionStatus
from tests.shell.answers import Answers
from tests.support.hosts import qmail_host

HOST = qmail_host(home=Path("/q"), state=Path("/s"))
ONE, TWO = "20261124T101500Z-3fa2c1", "20261124T111500Z-3fa2c1"
HEAD = "state /s\nparameter qmail_home /q\n"


class Measured(Answers):
    """Answers of a host of which one wants to know how much it may say."""

    limit = 0

    def run(self, *args: object, limit: int = LIMIT, **others: object) -> Completed:
        """Keep the limit."""
        self.limit = limit
        return super().run(*args, limit=limit, **others)  # type: ignore[arg-type]


def undo(report: bytes, *, to: str | None = None) -> Undone:
    """A rollback of ONE on a host that reports so."""
    return rollback(Answers(report), HOST, qmail, expect=ONE, to=to)


def test_what_is_asked() -> None:
    """The action, what the caller has seen, and no more."""
    session = Measured(b"end 0\n", b"end 0\n", b"end 0\n", b"end 0\n", f"confirmed {ONE}\nend 0\n".encode())

    history(session, HOST, qmail)
    recover(session, HOST, qmail)
    rollback(session, HOST, qmail, expect=TWO)
    rollback(session, HOST, qmail, expect=TWO, to=ONE)
    confirm(session, HOST, qmail, expect=ONE)

    assert [request.decode() for request in session.requests] == [
        f"{HEAD}action history\nend\n",
        f"{HEAD}action recover\nend\n",
        f"{HEAD}action rollback\nexpect {TWO}\nend\n",
        f"{HEAD}action rollback\nto {ONE}\nexpect {TWO}\nend\n",
        f"{HEAD}action confirm\nexpect {ONE}\nend\n",
    ]
    assert session.hints == ["nothing was changed: run the command again", None, None, None, None]
    assert session.limit == MAX_REPORT


def test_history() -> None:
    """As the host lists it."""
    session = Answers(f"transaction {ONE}\tapplied\t-\t\nend 0\n".encode())

    assert history(session, HOST, qmail) == (
        Transaction(name=ONE, status=TransactionStatus.APPLIED, time=None, note=""),
    )


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (b"transaction 1\tapplied\t-\t\n", "the host's answer broke off; what it did earlier is unknown here"),
        (b"failed lock /s is \x07 open\nend 10\n", r"lock: /s is \x07 open"),
        (b"end 7\n", "history: the host gave no reason"),
        (b"odd\nend 0\n", "the host's answer cannot be used: an unexpected line: odd"),
    ],
)
def test_a_history_that_cannot_be_used(report: bytes, message: str) -> None:
    """A look that fails is no lost line: nothing can have been changed."""
    with pytest.raises(HostError) as caught:
        history(Answers(report), HOST, qmail)

    assert type(caught.value) is HostError
    assert caught.value.message == message


def test_a_rollback() -> None:
    """What had to be put right first, what was undone, what was left, and warnings."""
    report = f"recovering 1\nrecovered 1 restored\nleft 1 qmail:a\nrolled-back {TWO}\nrolled-back {ONE}\n"
    done = undo(f"{report}left {ONE} qmail:me\nwarning odd \x1b\nend 0\n".encode())

    assert done == Undone(
        transactions=(TWO, ONE),
        recovered=("transaction 1, which had been cut short, was rolled back",),
        left=(
            "changed by somebody since transaction 1, so left as it is: qmail:a",
            f"changed by somebody since transaction {ONE}, so left as it is: qmail:me",
        ),
        warnings=(r"odd \x1b",),
        changed=True,
    )


def test_a_recovery() -> None:
    """Without anything to do nothing is said."""
    done = recover(Answers(b"recovering 1\nrecovered 1 finished\nend 0\n"), HOST, qmail)

    assert done == Undone(recovered=("transaction 1, which had been cut short, was finished",), changed=True)
    for nothing in (b"end 0\n", b"recovering 1\nrecovered 1 unchanged\nend 0\n"):
        assert not recover(Answers(nothing), HOST, qmail).changed


def test_a_confirmation() -> None:
    """Is one only when it names the transaction that was meant."""
    assert confirm(Answers(f"confirmed {ONE}\nend 0\n".encode()), HOST, qmail, expect=ONE).transactions == (ONE,)
    for report in (b"end 0\n", f"confirmed {TWO}\nend 0\n".encode()):
        with pytest.raises(ConnectionLost, match=f"does not say that transaction {ONE} is confirmed"):
            confirm(Answers(report), HOST, qmail, expect=ONE)


@pytest.mark.parametrize(
    ("report", "kind", "message"),
    [
        (
            b"failed check the newest transaction is 2\nend 10\n",
            DeployError,
            "check: the newest transaction is 2; the host is as it was before",
        ),
        (
            b"rolled-back 2\nfailed swap mv: no\nend 12\n",
            DeployError,
            "swap: mv: no; before that, transaction 2 was rolled back",
        ),
        (
            b"recovering 1\nrecovered 1 finished\nfailed check odd\nend 10\n",
            DeployError,
            "check: odd; before that, transaction 1, which had been cut short, was finished",
        ),
        (
            b"rolled-back 2\nfailed swap x\nrollback-failed qmail:me full\nend 13\n",
            RollbackFailed,
            "swap: x; not put back: qmail:me: full; before that, transaction 2 was rolled back",
        ),
        (b"rolled-back 2\n", ConnectionLost, "the host's report broke off; what it did is unknown here"),
        (b"end 11\n", ConnectionLost, "the host's report ends with the status 11, which means nothing here"),
        (
            b"rolled-back ../2\nend 0\n",
            ConnectionLost,
            "the host's report cannot be used, what it did is unknown here: it names the transaction ../2",
        ),
    ],
)
def test_failures(report: bytes, kind: type[RelayconfError], message: str) -> None:
    """Each end is its own error, which says what the host was left as."""
    with pytest.raises(kind) as caught:
        undo(report)

    assert type(caught.value) is kind
    assert caught.value.message == message


def test_where_the_old_files_are() -> None:
    """In the transaction that could not be put back, which the host does not always name."""
    for report, folder in (
        (b"recovering 1\nend 13\n", "1"),
        (b"recovering 1\nrecovered 1 finished\nend 13\n", ONE),
        (b"end 13\n", ONE),
        (f"rolled-back {ONE}\nend 13\n".encode(), "TRANSACTION"),
    ):
        with pytest.raises(RollbackFailed) as caught:
            undo(report)
        assert f"/s/txn/{folder}/saved" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("fact", "found"),
    [
        (None, None),
        (f"{ONE} 240", Pending(transaction=ONE, left=240)),
        (f"{ONE} overdue", Pending(transaction=ONE, left="overdue")),
        (f"{ONE} rebooted", Pending(transaction=ONE, left="rebooted")),
    ],
)
def test_what_waits_to_be_confirmed(fact: str | None, found: Pending | None) -> None:
    """From the facts of `observe`."""
    values = {} if fact is None else {"state.unconfirmed": fact}

    assert pending(Facts(values=values, files={})) == found


@pytest.mark.parametrize("fact", ["", ONE, f"{ONE} ", f"{ONE} -1", f"{ONE} soon", f"{ONE} 1 2", "a/b 5", f"{ONE} ٣"])
def test_a_fact_that_makes_no_sense(fact: str) -> None:
    """Is refused."""
    with pytest.raises(HostError, match="the transaction that waits to be confirmed"):
        pending(Facts(values={"state.unconfirmed": fact}, files={}))


ACTIONS: tuple[Callable[[Answers], object], ...] = (
    lambda session: history(session, HOST, qmail),
    lambda session: recover(session, HOST, qmail),
    lambda session: rollback(session, HOST, qmail, expect=ONE),
    lambda session: confirm(session, HOST, qmail, expect=ONE),
)


@given(
    st.sampled_from(ACTIONS), st.binary(max_size=300), st.sampled_from([b"", *(b"\nend %d\n" % n for n in range(14))])
)
def test_any_report(action: Callable[[Answers], object], noise: bytes, end: bytes) -> None:
    """Whatever comes back is a result or one of our errors, safe to print."""
    try:
        done = action(Answers(noise + end))
    except RelayconfError as error:
        texts = [error.message]
    else:
        texts = [*done.transactions, *done.recovered, *done.left, *done.warnings] if isinstance(done, Undone) else []
    assert all(text.isprintable() for text in texts)
