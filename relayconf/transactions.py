"""The transactions that a host keeps in its journal, and how its list of them is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from relayconf.errors import HostError
from relayconf.files import ChangeKind
from relayconf.text import printable

KEPT = 10
"""How many applied transactions a host keeps; and as many others."""

AT_WORK = "at work"
"""The note of an unfinished transaction whose deploy is alive."""

LOOK_HINT = "nothing was changed: run the command again"

_MAX = 1000  # a host whose clock was wrong keeps more than ten for a while, but not this many
_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class TransactionStatus(StrEnum):
    """What became of a transaction. `unconfirmed` is live, and goes by itself unless somebody confirms it."""

    APPLIED = "applied"
    UNCONFIRMED = "unconfirmed"
    ROLLED_BACK = "rolled-back"
    RESTORED = "restored"
    ROLLBACK_FAILED = "rollback-failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One file that a transaction changed: its symbolic path, and where that was. The host's words: hostile."""

    kind: ChangeKind
    path: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One entry of a host's journal. `note` is the host's own word on it, often empty; hostile like the files."""

    name: str
    status: TransactionStatus
    time: datetime | None
    note: str
    files: tuple[ChangedFile, ...] = ()

    @property
    def is_cut_short(self) -> bool:
        """Whether nobody is at work on it any more, and it waits to be put right."""
        return self.status is TransactionStatus.UNFINISHED and self.note != AT_WORK

    @property
    def is_live(self) -> bool:
        """Whether what it wrote counts as applied, so that it can be rolled back."""
        return self.status in {TransactionStatus.APPLIED, TransactionStatus.UNCONFIRMED}


def is_name(text: str) -> bool:
    """Whether *text* can name a transaction."""
    return _NAME.fullmatch(text) is not None


def unusable(what: str, shown: str) -> HostError:
    """The error of words of a host that make no sense as *what*."""
    return HostError(f"the host's answer cannot be used: {what}: {printable(shown)[:200]}", hint=LOOK_HINT)


def _time(text: str) -> datetime | None:
    if text == "-":
        return None
    if not _TIME.fullmatch(text):
        raise unusable("the time of a transaction", text)
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise unusable("the time of a transaction", text) from error


def _transaction(rest: str) -> Transaction:
    fields = rest.split("\t")
    if len(fields) != 4 or not is_name(fields[0]) or fields[1] not in set(TransactionStatus):
        raise unusable("a transaction", rest)
    name, status, time, note = fields
    return Transaction(name=name, status=TransactionStatus(status), time=_time(time), note=note)


def _file(rest: str) -> tuple[str, ChangedFile]:
    fields = rest.split("\t")
    if len(fields) != 4 or fields[1] not in set(ChangeKind) or not fields[2] or not fields[3].startswith("/"):
        raise unusable("a file of a transaction", rest)
    name, kind, path, target = fields
    return name, ChangedFile(kind=ChangeKind(kind), path=path, target=target)


@dataclass(slots=True)
class _Journal:
    """The transactions so far, and the files of each, once each."""

    transactions: dict[str, Transaction] = field(default_factory=dict)
    files: dict[str, dict[ChangedFile, None]] = field(default_factory=dict)

    def take(self, line: str) -> None:
        kind, _, rest = line.partition(" ")
        if kind == "transaction":
            transaction = _transaction(rest)
            if transaction.name in self.transactions or len(self.transactions) == _MAX:
                raise unusable("one transaction too many", transaction.name)
            self.transactions[transaction.name] = transaction
            self.files[transaction.name] = {}
        elif kind == "file":
            name, file = _file(rest)
            if name not in self.files:
                raise unusable("a file of no transaction", rest)
            self.files[name][file] = None
        elif line:
            raise unusable("an unexpected line", line)


def read_transactions(lines: Sequence[bytes]) -> tuple[Transaction, ...]:
    """The transactions of a host's list, in its order. Raises HostError for anything that cannot be used."""
    journal = _Journal()
    for line in lines:
        try:
            journal.take(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise unusable("it is no UTF-8", printable(line)) from error
    return tuple(replace(item, files=tuple(journal.files[name])) for name, item in journal.transactions.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """What a rollback would do on one host: the transactions to undo, the newest first, and those cut short before."""

    undo: tuple[Transaction, ...]
    unfinished: tuple[Transaction, ...]


def _newer(live: Sequence[Transaction], known: Mapping[str, Transaction], to: str) -> Sequence[Transaction]:
    """Those of *live*, the newest first, that came after *to*."""
    if to not in known:
        raise HostError(
            f"this host keeps no transaction {to}",
            hint=f"a host keeps its newest {KEPT} that were applied: `relayconf history` lists them",
        )
    if not known[to].is_live:
        raise HostError(f"transaction {to} is {known[to].status}: there is nothing to put the host back to")
    return live[: live.index(known[to])]


def way_back(transactions: Sequence[Transaction], to: str | None) -> WayBack:
    """What is undone to put a host back as *to* left it, or, without it, as it was before the newest applied one.

    *transactions* are the host's, the oldest first. Raises HostError when there is no way to *to*.
    """
    live = [item for item in reversed(transactions) if item.is_live]
    undo = live[:1] if to is None else _newer(live, {item.name: item for item in transactions}, to)
    cut_short = [item for item in transactions if item.status is TransactionStatus.UNFINISHED]
    return WayBack(undo=tuple(undo), unfinished=tuple(cut_short))
