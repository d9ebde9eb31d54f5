"""How one host stands: its MTA, its last transaction, and what waits there for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayconf.facts import Facts
from relayconf.journal import Pending, pending
from relayconf.transactions import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What `relayconf status` tells of one host; all texts hold the host's words and are hostile.

    `mta` are a few phrases on the MTA. `last` is the newest transaction, `pending` the one that waits to be confirmed,
    `busy` one that is at work, `unfinished` one that was cut short. `unusable` says why the state directory is.
    `drift` are lines on what is not as the inventory wants it.
    """

    mta: tuple[str, ...]
    last: Transaction | None
    pending: Pending | None
    busy: str | None
    unfinished: str | None
    unusable: str | None
    drift: tuple[str, ...] = ()


def standing(
    facts: Facts, transactions: Sequence[Transaction], about: Sequence[str], drift: Sequence[str] = ()
) -> Standing:
    """How a host stands that has these *facts* and *transactions*, the oldest first.

    *about* is what its MTA says of itself. Raises HostError for facts that cannot be used.
    """
    return Standing(
        mta=tuple(about),
        last=transactions[-1] if transactions else None,
        pending=pending(facts),
        busy=facts.values.get("state.busy"),
        unfinished=facts.unfinished,
        unusable=facts.values.get("state.reason"),
        drift=tuple(drift),
    )
