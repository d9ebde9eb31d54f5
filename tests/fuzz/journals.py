"""Damaged words of a host's journal: its history, through to what is printed, and reports of the ways back."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Final

from relayconf import journal
from relayconf.facts import Facts
from relayconf.journal import Undone
from relayconf.mtas import ABOUT, MTAS
from relayconf.output import journal as text
from relayconf.output import journal_json as json
from relayconf.result import FleetResult, HostResult, Status
from relayconf.standing import standing
from relayconf.transactions import way_back
from relayconf.visits import Visited
from tests.fuzz.mutation import mutate, retell
from tests.shell.answers import Answers
from tests.support.hosts import qmail_host

_HOST: Final = qmail_host(home=Path("/q"), state=Path("/s"))
_MTA: Final = MTAS[_HOST.mta]
_ONE, _TWO, _THREE = "20261124T101500Z-3fa2c1", "20261124T111500Z-9b0c1d", "20261124T121500Z-77aa01"
_HISTORY: Final = (
    f"transaction {_ONE}\tapplied\t2026-11-24T10:15:00Z\t\nfile {_ONE}\tcreate\tqmail:smtproutes\t/c/smtproutes\n"
    f"transaction {_TWO}\tunconfirmed\t2026-11-24T11:15:00Z\t240\n"
    f"file {_TWO}\tupdate\tpostfix:main.cf\t/etc/postfix/main.cf\n"
    f"file {_TWO}\tdelete\tpostfix:2/generic\t/etc/postfix/relayconf/2/generic\n"
    f"transaction {_THREE}\tunfinished\t-\tleft: /c/me\nend 0\n"
).encode()
_REPORT: Final = (
    f"recovering {_THREE}\nrecovered {_THREE} restored\nleft {_THREE} qmail:me\nrolled-back {_TWO}\n"
    f"left {_TWO} qmail:smtproutes qmail:me\nrolled-back {_ONE}\nconfirmed {_TWO}\nwarning w\nfailed swap mv: no\n"
    f"rollback-failed qmail:me disk full\nend "
).encode()
_FACTS: Final = {
    "state.unconfirmed": f"{_TWO} 240",
    "state.busy": _THREE,
    "state.reason": "its mode is 755",
    "qmail.home": "/q",
    "qmail.send": "running",
}


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """Damaged anywhere, anywhere but in its last line, or only in some of its words."""
    words = sorted(set(re.findall(rb"[^\s]+", data)))
    how = chance.random()
    if how < 0.2:
        return mutate(data, chance, words)
    lines = data.splitlines(keepends=True)
    if how < 0.7:
        return retell(b"".join(lines[:-1]), chance, words) + lines[-1]
    return mutate(b"".join(lines[:-1]), chance, words) + lines[-1]


def _printable(*shown: str) -> None:
    for part in shown:
        assert part.replace("\n", "").isprintable(), part


def _fleet() -> FleetResult:
    return FleetResult(results=(HostResult(host=_HOST.name, status=Status.UNCHANGED),))


def _told(chance: random.Random) -> str:
    """A history, and how the host stands with it, printed in all ways."""
    found = journal.history(Answers(_damaged(_HISTORY, chance)), _HOST, _MTA)
    listed = Visited(fleet=_fleet(), values={_HOST.name: found})
    values = {
        name: mutate(value.encode(), chance, [_ONE.encode()]).decode("utf-8", "surrogateescape")
        if chance.random() < 0.1
        else value
        for name, value in _FACTS.items()
    }
    facts = Facts(values=values, files={}, unfinished=None)
    now = Visited(fleet=_fleet(), values={_HOST.name: standing(facts, found, ABOUT[_HOST.mta](facts))})
    back = Visited(fleet=_fleet(), values={_HOST.name: way_back(found, chance.choice([None, None, _ONE, _THREE]))})
    _printable(text.history(listed), text.status(now), text.ways_back(back))
    _printable(json.history(listed), json.status(now), json.ways_back(back))
    return "told"


def _done(chance: random.Random) -> str:
    """The report of a way back, printed in all ways."""
    kept = b"".join(line for line in _REPORT.splitlines(keepends=True)[:-1] if chance.random() < 0.6)
    report = Answers(_damaged(kept + b"end %d\n" % chance.choice([0, 0, 0, 10, 12, 13]), chance))
    match chance.randrange(3):
        case 0:
            done = journal.recover(report, _HOST, _MTA)
        case 1:
            done = journal.rollback(report, _HOST, _MTA, expect=_TWO, to=_ONE)
        case _:
            done = journal.confirm(report, _HOST, _MTA, expect=_TWO)
    visited: Visited[Undone] = Visited(fleet=_fleet(), values={_HOST.name: done})
    _printable(text.undone(visited, title="T", verb="v", nothing="n"), json.undone(visited, kind="k"))
    return "done"


def run(chance: random.Random) -> str:
    """One case. The end in a word. Raises what a user would see raised."""
    return _told(chance) if chance.random() < 0.5 else _done(chance)
