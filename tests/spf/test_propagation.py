"""How far a record has come."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.inventory import load
from relayconf.model import Inventory
from relayconf.spf.lookup import Answer, Outcome
from relayconf.spf.propagation import Asked, State, propagation
from tests.support.spf_zone import Zone

OLD, NEW = "v=spf1 -all", "v=spf1 ip4:192.0.2.1 -all"
OWN = "v=spf1 ip4:192.0.2.0/28 ~all"
LOOKUP = Zone(names={"a.example": {"TXT": [OLD]}})
SILENT = Answer(outcome=Outcome.TIMEOUT)


@pytest.fixture(name="wish")
def _wish(tmp_path: Path) -> Inventory:
    path = tmp_path / "inventory.yaml"
    path.write_text("version: 1\nhosts: {e: {address: 192.0.2.1, mta: postfix, relay: direct}}\n", encoding="utf-8")
    return load(path)


def has(*texts: str, ttl: int = 60, is_resolver: bool = False) -> Asked:
    """A server with these TXT records."""
    outcome = Outcome.FOUND if texts else Outcome.NODATA
    return Asked(server="x", answer=Answer(outcome=outcome, values=texts, ttl=ttl), is_resolver=is_resolver)


@pytest.mark.parametrize(
    ("asked", "wanted", "states"),
    [
        ([has(OLD), has(NEW, "x=y")], (NEW,), [State.OLD, State.PLANNED]),
        ([has(OLD), has(OWN)], (OWN,), [State.OLD, State.PLANNED]),
        ([has(OLD), has(OLD)], (NEW,), [State.OLD, State.OLD]),
        ([has(), has(OLD)], ("v=spf1 ip4:192.0.2.1 ~all",), [State.OLD, State.OLD]),
        ([has(NEW, OLD), has(NEW)], (NEW,), [State.OLD, State.PLANNED]),
        ([Asked(server="x", answer=SILENT), has(NEW)], (NEW,), [State.UNKNOWN, State.PLANNED]),
        ([has(NEW), has(OWN, is_resolver=True)], (NEW,), [State.PLANNED, State.OLD]),
        ([has(OWN, is_resolver=True), has(NEW)], (NEW,), [State.OLD, State.PLANNED]),
        ([Asked(server="x", answer=SILENT)], (NEW,), [State.UNKNOWN]),
    ],
    ids=["half-way", "own-words", "not-yet", "none", "two-records", "silent", "resolver", "resolver-first", "nobody"],
)
def test_states(wish: Inventory, asked: list[Asked], wanted: tuple[str, ...], states: list[State]) -> None:
    """A record of a server with authority that needs no change is the planned one, in whatever words."""
    found = propagation(wish, "a.example", asked, LOOKUP)

    assert (found.wanted, [found.state(one) for one in asked]) == (wanted, states)


def test_how_long_to_wait(wish: Inventory) -> None:
    """The longest that anybody who was asked remembers another record, or that there is none."""
    asked = [has(NEW, ttl=900), has(OLD, ttl=120, is_resolver=True), has(ttl=240, is_resolver=True)]

    assert propagation(wish, "a.example", asked, LOOKUP).wait == 240
    assert propagation(wish, "a.example", asked[:1], LOOKUP).wait == 0


def test_nobody_with_authority(wish: Inventory) -> None:
    """Is an error; what resolvers say is shown all the same."""
    found = propagation(wish, "a.example", [has(NEW, is_resolver=True)], LOOKUP)

    assert [finding.code for finding in found.plan.findings] == ["no-server"]
    assert (found.plan.is_refused, found.wanted) == (True, (NEW,))


def test_a_record_that_is_to_be_put_right(wish: Inventory) -> None:
    """Is nobody's planned one."""
    found = propagation(wish, "a.example", [has("v=spf1 nonsense")], LOOKUP)

    assert (found.wanted, found.plan.is_refused, found.state(found.asked[0])) == ((), True, State.OLD)
