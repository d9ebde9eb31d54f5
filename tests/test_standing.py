"""How one host stands, from its facts and its journal."""

from __future__ import annotations

from relayconf.facts import Facts
from relayconf.journal import Pending
from relayconf.standing import Standing, standing
from relayconf.transactions import Transaction, TransactionStatus

OLD, NEW = (Transaction(name=name, status=TransactionStatus.APPLIED, time=None, note="") for name in ("1", "2"))


def test_a_quiet_host() -> None:
    """Nothing waits there."""
    facts = Facts(values={"state.directory": "ready"}, files={})

    assert standing(facts, (OLD, NEW), ("qmail",)) == Standing(
        mta=("qmail",), last=NEW, pending=None, busy=None, unfinished=None, unusable=None
    )
    assert standing(facts, (), ("qmail",)).last is None


def test_everything_at_once() -> None:
    """Each fact in its place."""
    values = {"state.unconfirmed": "2 240", "state.busy": "3", "state.reason": "open"}
    now = standing(Facts(values=values, files={}, unfinished="4"), (NEW,), (), ("x differs",))

    assert now == Standing(
        mta=(),
        last=NEW,
        pending=Pending(transaction="2", left=240),
        busy="3",
        unfinished="4",
        unusable="open",
        drift=("x differs",),
    )
