"""What one host's journal says, and the ways back: history, recover, roll back, confirm (docs/wire.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from relayconf.errors import ConnectionLost, HostError
from relayconf.facts import Facts
from relayconf.model import Host
from relayconf.mta.base import Mta
from relayconf.observe import request_text
from relayconf.remote.base import Session
from relayconf.report import End, Report, failure_of, read_report, split_end
from relayconf.shell import UNDO, assemble
from relayconf.transactions import LOOK_HINT, Transaction, is_name, read_transactions, unusable

MAX_REPORT = 1 << 20
"""Bytes that a host may send here, over both outputs."""

_TIMEOUT = 900.0  # seconds for what changes a host; it then goes on alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What a host did to its transactions.

    `transactions` are those rolled back, or confirmed, in the order in which that happened. `recovered` tells of what
    had been cut short and was put right before, `left` of files that somebody changed meanwhile and that stay so, and
    `warnings` of what else a human should know: sentences, safe to print. *changed*: the host is another than before,
    or may be.
    """

    transactions: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A transaction that goes by itself unless it is confirmed.

    `left` is in seconds; `overdue` when that time is over and it is still there, `rebooted` when the host was, so that
    nobody there counts any more. Either is rolled back by `recover`.
    """

    transaction: str
    left: int | Literal["overdue", "rebooted"]


def _names(report: Report, kind: str) -> tuple[str, ...]:
    names = report.all(kind)
    for name in names:
        if not is_name(name):
            raise ConnectionLost(
                f"the host's report cannot be used, what it did is unknown here: it names the transaction {name[:200]}",
                hint="ask it: `relayconf history`",
            )
    return names


def _undone(report: Report, kind: str) -> Undone:
    transactions = _names(report, kind)
    put_right = [rest for rest in report.all("recovered") if not rest.endswith(" unchanged")]
    return Undone(
        transactions=transactions,
        recovered=report.words("recovered"),
        left=report.words("left"),
        warnings=report.words("warning"),
        changed=bool(transactions or put_right),
    )


def _stuck(report: Report, expect: str | None) -> str:
    """The transaction that could not be put back; a word in its place when the report does not tell."""
    ended = {rest.partition(" ")[0] for rest in report.all("recovered")}
    begun = [name for name in report.all("recovering") if name not in ended]
    first = [] if expect is None or report.all("rolled-back") else [expect]
    return [*begun, *first, "TRANSACTION"][0]


def _request(host: Host, mta: Mta, action: str, *, to: str | None = None, expect: str | None = None) -> bytes:
    lines = [f"action {action}"]
    lines += [] if to is None else [f"to {to}"]
    lines += [] if expect is None else [f"expect {expect}"]
    return request_text(host, mta, lines)


def _act(
    session: Session, host: Host, mta: Mta, action: str, *, to: str | None = None, expect: str | None = None
) -> Report:
    script, request = assemble(mta.SHELL, *UNDO), _request(host, mta, action, to=to, expect=expect)
    report = read_report(session.run(script, stdin=request, timeout=_TIMEOUT, limit=MAX_REPORT).stdout)
    if report.status != End.DONE:
        folder = f"{host.state_directory}/txn/{_stuck(report, expect)}"
        raise failure_of(report, action=action, folder=folder)
    return report


def history(session: Session, host: Host, mta: Mta) -> tuple[Transaction, ...]:
    """The transactions that *host* keeps, the oldest first. Nothing is changed.

    Raises HostError for an answer that cannot be used or says why there is none, and what the session raises.
    """
    script, request = assemble(mta.SHELL, *UNDO), _request(host, mta, "history")
    done = session.run(script, stdin=request, limit=MAX_REPORT, unknown_hint=LOOK_HINT)
    ended = split_end(done.stdout)
    if ended is None:
        raise HostError("the host's answer broke off; what it did earlier is unknown here", hint=LOOK_HINT)
    lines, status = ended
    if status != End.DONE:
        raise HostError(read_report(done.stdout).failure("history"))
    return read_transactions(lines)


def recover(session: Session, host: Host, mta: Mta) -> Undone:
    """Finish, or roll back, what was cut short on *host*; without such a thing nothing is done.

    Raises DeployError (nothing was touched), RollbackFailed (the host is in between), HostError for parameters that
    cannot be sent, and what the session raises; after ConnectionLost the host goes on alone.
    """
    return _undone(_act(session, host, mta, "recover"), "rolled-back")


def rollback(session: Session, host: Host, mta: Mta, *, expect: str, to: str | None = None) -> Undone:
    """Undo the newest applied transaction of *host*, or every one that is newer than *to*, the newest first.

    *expect* is the newest applied one as the caller saw it; when it is another by now, nothing is touched. What was cut
    short is put right before. Raises what `recover` raises.
    """
    return _undone(_act(session, host, mta, "rollback", to=to, expect=expect), "rolled-back")


def confirm(session: Session, host: Host, mta: Mta, *, expect: str) -> Undone:
    """Keep the transaction *expect* of *host*, which would go by itself otherwise. Raises what `recover` raises."""
    done = _undone(_act(session, host, mta, "confirm", expect=expect), "confirmed")
    if done.transactions != (expect,):
        raise ConnectionLost(
            f"the host does not say that transaction {expect} is confirmed, so that is unknown here",
            hint="ask it: `relayconf status`",
        )
    return done


def pending(facts: Facts) -> Pending | None:
    """The transaction of *facts* that waits to be confirmed. Raises HostError when that fact cannot be used."""
    fact = facts.values.get("state.unconfirmed")
    if fact is None:
        return None
    name, _, left = fact.partition(" ")
    if not is_name(name):
        raise unusable("the transaction that waits to be confirmed", fact)
    if left in {"overdue", "rebooted"}:
        return Pending(transaction=name, left="overdue" if left == "overdue" else "rebooted")
    if not re.fullmatch(r"[0-9]{1,9}", left):
        raise unusable("the transaction that waits to be confirmed", fact)
    return Pending(transaction=name, left=int(left))
