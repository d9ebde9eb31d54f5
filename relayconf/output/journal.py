"""Transactions, ways back and how hosts stand, as a human reads them. Values in, text out; nothing here prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from relayconf.journal import Pending, Undone
from relayconf.output.tables import columns
from relayconf.output.text import failures
from relayconf.result import FleetResult, Status
from relayconf.standing import Standing
from relayconf.text import printable
from relayconf.transactions import ChangedFile, Transaction, TransactionStatus, WayBack
from relayconf.visits import Visited

_HEAD = ("transaction", "time (UTC)", "status", "files")


def _time(transaction: Transaction) -> str:
    return "-" if transaction.time is None else f"{transaction.time:%Y-%m-%d %H:%M:%S}"


def _file(file: ChangedFile) -> str:
    return f"{file.kind}  {printable(file.target)}"


def _note(transaction: Transaction) -> str:
    waits = transaction.status is TransactionStatus.UNCONFIRMED and re.fullmatch("[0-9]+", transaction.note)
    return f"{transaction.note} s left to confirm it" if waits else printable(transaction.note)


def _rows(transaction: Transaction) -> list[tuple[str, ...]]:
    """The rows of one transaction in a table: its files below each other, and the note below them."""
    last = [_file(file) for file in transaction.files]
    last += [_note(transaction)] if transaction.note else []
    first = (printable(transaction.name), _time(transaction), str(transaction.status), *last[:1])
    return [first, *(("", "", "", text) for text in last[1:])]


def _table(rows: Iterable[Sequence[str]]) -> list[str]:
    return columns(list(rows), indent=2, gap=3, max_width=None)


def _sums(title: str, fleet: FleetResult) -> str:
    counts = (f"{len(fleet.with_status(status))} {status}" for status in Status if fleet.with_status(status))
    return f"{title}: {', '.join(counts)}"


def _joined(*blocks: Sequence[str]) -> str:
    """The lines of all *blocks*, without an empty one at either end."""
    return "\n".join(line for block in blocks for line in block).strip("\n")


def _history(host: str, transactions: Sequence[Transaction]) -> list[str]:
    if not transactions:
        return [f"{host}   no transactions", ""]
    rows = [_HEAD, *(row for item in reversed(transactions) for row in _rows(item))]
    return [host, *_table(rows), ""]


def history(visited: Visited[tuple[Transaction, ...]]) -> str:
    """Each host's transactions, the newest first."""
    blocks = [_history(host, transactions) for host, transactions in visited.values.items()]
    return _joined(*blocks, failures(visited.fleet))


def _cut_short(host: str, back: WayBack) -> list[str]:
    then = "then it is put right first" if back.undo else f"`relayconf recover {host}` puts it right"
    return [
        f"{host}   transaction {printable(item.name)} is at work, or was cut short: {then}" for item in back.unfinished
    ]


def _way_back(host: str, back: WayBack) -> list[str]:
    if not back.undo:
        return [*_cut_short(host, back), f"{host}   nothing to roll back", ""]
    count = len(back.undo)
    title = f"{host}   {count} transaction{'' if count == 1 else 's'} to roll back"
    return [*_cut_short(host, back), title, *_table([_HEAD, *(row for item in back.undo for row in _rows(item))]), ""]


def ways_back(visited: Visited[WayBack]) -> str:
    """What a rollback would undo on each host."""
    blocks = [_way_back(host, back) for host, back in visited.values.items()]
    return _joined(*blocks, failures(visited.fleet))


def _undone(host: str, done: Undone, verb: str, nothing: str) -> list[str]:
    lines = [f"{host}   {text}" for text in (*done.recovered, *done.left)]
    lines += [f"{host}   {verb}   {name}" for name in done.transactions]
    lines += [f"{host}   warning: {text}" for text in done.warnings]
    return lines or [f"{host}   {nothing}"]


def undone(visited: Visited[Undone], *, title: str, verb: str, nothing: str) -> str:
    """What was done to each host's transactions: *verb* says what, *nothing* what is said where that is nothing."""
    blocks = [_undone(host, done, verb, nothing) for host, done in visited.values.items()]
    return _joined(*blocks, [""], failures(visited.fleet), [_sums(title, visited.fleet)])


def _pending(host: str, waits: Pending) -> str:
    match waits.left:
        case "overdue":
            then = f"its time is over; `relayconf recover {host}` rolls it back"
        case "rebooted":
            then = f"the host was booted since; `relayconf recover {host}` rolls it back"
        case seconds:
            then = f"it goes by itself in {seconds} s; `relayconf confirm {host}` keeps it"
    return f"{waits.transaction}   {then}"


def _last(transaction: Transaction | None) -> str:
    if transaction is None:
        return "none"
    words = [printable(transaction.name), _time(transaction), str(transaction.status), _note(transaction)]
    return "   ".join(filter(None, words))


def _standing(host: str, now: Standing) -> list[str]:
    rows = [("mta", ", ".join(map(printable, now.mta))), ("last transaction", _last(now.last))]
    if now.pending is not None:
        rows.append(("unconfirmed", _pending(host, now.pending)))
    if now.busy is not None:
        rows.append(("at work", printable(now.busy)))
    if now.unfinished is not None:
        rows.append(("cut short", f"{printable(now.unfinished)}   `relayconf recover {host}` puts it right"))
    if now.unusable is not None:
        rows.append(("unusable", printable(now.unusable)))
    rows += [("drift", printable(line)) for line in now.drift]
    return [host, *_table(rows), ""]


def status(visited: Visited[Standing]) -> str:
    """How each host stands, a block each."""
    blocks = [_standing(host, now) for host, now in visited.values.items()]
    return _joined(*blocks, failures(visited.fleet))
