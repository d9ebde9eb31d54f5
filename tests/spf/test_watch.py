"""Others' records, from one run to the next."""

from __future__ import annotations

import pytest

from relayconf.spf.lookup import Outcome
from relayconf.spf.watch import Moved, Snapshot, cost, moves, named, snapshot
from tests.support.spf_zone import Zone

ZONE = Zone(
    names={
        "a.example": {
            "TXT": ["v=spf1 mx include:isp.example include:%{i}.example include:a.example redirect=R.example."]
        },
        "isp.example": {"TXT": ["v=spf1 ip4:192.0.2.64/26 a:mail.isp.example include:r.example -all", "x=y"]},
        "mail.isp.example": {"A": ["192.0.2.9", "10.0.0.1"], "AAAA": ["2001:db8::1"]},
        "r.example": {"TXT": ["v=spf1 ip4:192.0.2.0/27 -all"]},
        "silent.example": Outcome.TIMEOUT,
        "half.example": {"TXT": ["v=spf1 include:silent.example -all"]},
        "none.example": {},
    }
)
BEFORE = Snapshot(networks=("192.0.2.0/24", "198.51.100.0/24"), terms=1, records=("v=spf1 -all",))


def test_a_snapshot() -> None:
    """Every network below an include, in order, and what it costs whom includes it."""
    networks = ("10.0.0.1/32", "192.0.2.0/27", "192.0.2.9/32", "192.0.2.64/26", "2001:db8::1/128")

    assert snapshot("isp.example", ZONE) == Snapshot(
        networks=networks, terms=3, records=("v=spf1 ip4:192.0.2.64/26 a:mail.isp.example include:r.example -all",)
    )
    assert snapshot("none.example", ZONE) == Snapshot(networks=(), terms=1, records=())


@pytest.mark.parametrize("name", ["silent.example", "half.example"])
def test_what_is_not_answered_for_is_not_known(name: str) -> None:
    """However deep below it stands: nothing is said to have gone then."""
    assert snapshot(name, ZONE) is None


def test_the_names_to_watch() -> None:
    """Of the live record and of what is sent; not those that depend on the message, nor the record itself."""
    needs = ["include:isp.example", "ip4:192.0.2.1", "include:new.example"]

    assert named("a.example", needs, ZONE) == ("isp.example", "r.example", "new.example")
    assert named("none.example", [], ZONE) == ()
    assert named("silent.example", needs, ZONE) is None


def test_the_cost_of_a_record() -> None:
    """With those of its includes; nothing where there is none."""
    assert cost("isp.example", ZONE) == 2
    assert cost("none.example", ZONE) == 0


def test_what_moved() -> None:
    """Only what was seen before can have; networks that came and went."""
    after = Snapshot(networks=("192.0.2.0/24", "203.0.113.0/24"), terms=1, records=("v=spf1 -all",))
    found = moves({"a": BEFORE, "b": BEFORE, "gone": BEFORE}, {"a": BEFORE, "b": after, "new": after})

    assert found == (Moved(name="b", before=BEFORE, after=after),)
    assert (found[0].added, found[0].removed) == (("203.0.113.0/24",), ("198.51.100.0/24",))


@pytest.mark.parametrize(("records", "is_broken"), [((), True), (("v=spf1",), False), (("v=spf1", "v=spf1 a"), True)])
def test_what_breaks_others(records: tuple[str, ...], is_broken: bool) -> None:  # noqa: FBT001  parametrised
    """No record, and more than one."""
    after = Snapshot(networks=(), terms=1, records=records)

    assert Moved(name="a", before=BEFORE, after=after).is_broken is is_broken
