"""One host's change carried to its end: deployed, looked for when the line dropped, confirmed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from relayconf import journal
from relayconf.deploy import PLAIN, Terms, deploy
from relayconf.errors import ConnectionLost, DeployError, HostError, RollbackFailed, SessionError
from relayconf.files import Change
from relayconf.model import Host
from relayconf.mta.base import Mta
from relayconf.remote.base import Session
from relayconf.transactions import Transaction, TransactionStatus

Connect: TypeAlias = Callable[[Host], Session]

RECONNECT = 70
"""Seconds for which a host whose line dropped is looked after: more than it waits for the rest of a payload."""

_FIRST_LOOK, _GROWTH = 2, 3

_FINISHED_ALONE = "the line dropped while the host was at work; it finished alone"


def looks(seconds: int) -> tuple[int, ...]:
    """The pauses, each longer than the last, before the looks at a host that is looked after for so many *seconds*."""
    pauses, pause = [], _FIRST_LOOK
    while seconds > 0:
        pauses.append(min(pause, seconds))
        seconds -= pauses[-1]
        pause *= _GROWTH
    return tuple(pauses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A change that is live: its transaction, what the MTA showed of it, and what a human should know."""

    transaction: str
    verified: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """How changes get to one host: *session* is open already, *connect* opens another when that one is lost.

    For *reconnect* seconds it is looked what became of a transaction after that.
    """

    host: Host
    mta: Mta
    session: Session
    connect: Connect
    reconnect: int = RECONNECT

    def apply(self, changes: Sequence[Change], transaction: str, terms: Terms = PLAIN) -> Applied:
        """Deploy *changes* as *transaction*, and find out what became of it when the line drops meanwhile.

        Where the *terms* have the host roll back by itself, it is confirmed as soon as the deploy was verified. Raises
        what `deploy` raises; ConnectionLost when the end stays unknown.
        """
        try:
            done = deploy(self.session, self.host, self.mta, changes, transaction, terms=terms)
        except ConnectionLost as lost:
            return self._picked_up(transaction, lost)
        warnings = done.warnings
        if terms.confirm is not None:
            try:
                journal.confirm(self.session, self.host, self.mta, expect=transaction)
            except ConnectionLost as lost:
                warnings += self._picked_up(transaction, lost).warnings
        return Applied(transaction=transaction, verified=done.verified, warnings=warnings)

    def _picked_up(self, transaction: str, lost: ConnectionLost) -> Applied:
        """What became of *transaction* after the line was *lost*."""
        found, was_seen = self._find(transaction)
        if found is None and was_seen:
            raise DeployError(f"{lost.message}; the host had not begun, nothing was changed") from lost
        match found.status if found is not None else None:
            case TransactionStatus.APPLIED:
                return Applied(transaction=transaction, verified="unknown", warnings=(_FINISHED_ALONE,))
            case TransactionStatus.RESTORED | TransactionStatus.ROLLED_BACK:
                raise DeployError(f"{lost.message}; the host has put itself back as it was before") from lost
            case _:
                raise lost

    def _find(self, transaction: str) -> tuple[Transaction | None, bool]:
        """The end of *transaction* in the host's journal, if it comes to one, and whether the last look succeeded."""
        found, was_seen = None, False
        for pause in looks(self.reconnect):
            time.sleep(pause)
            try:
                with self.connect(self.host) as session:
                    found, was_seen = self._end_of(transaction, session), True
            except RollbackFailed:
                raise
            except (HostError, SessionError):
                was_seen = False
            if found is not None and found.status is not TransactionStatus.UNFINISHED:
                break
        return found, was_seen

    def _end_of(self, transaction: str, session: Session) -> Transaction | None:
        """*transaction* as the journal has it, after what it waits for was done: to be put right, or confirmed."""
        found = self._look(transaction, session)
        if found is None:
            return None
        if found.is_cut_short:
            journal.recover(session, self.host, self.mta)
        elif found.status is TransactionStatus.UNCONFIRMED:
            journal.confirm(session, self.host, self.mta, expect=transaction)
        else:
            return found
        return self._look(transaction, session)

    def _look(self, transaction: str, session: Session) -> Transaction | None:
        known = {item.name: item for item in journal.history(session, self.host, self.mta)}
        return known.get(transaction)
