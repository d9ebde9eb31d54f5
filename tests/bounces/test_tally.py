"""Rejections counted."""

from __future__ import annotations

from relayconf.bounces.rejection import Told, rejection
from relayconf.bounces.tally import EXAMPLES, distinct, tallies


def test_equal_ones_are_one() -> None:
    """In the order of the first."""
    one, two = rejection("550 a"), rejection("550 b")

    assert distinct([one, two, one]) == ((one, 2), (two, 1))


def test_categories_by_frequency() -> None:
    """The unknown among them; with its domains and what is tried again."""
    told = [Told(domain="x.example"), Told(domain="y.example"), Told()]
    found = tallies(
        [
            rejection("550 Computer says no"),
            *(rejection("550 5.1.1 User unknown", item) for item in told),
            rejection("450 4.2.0 Greylisted"),
        ]
    )

    assert [(code, tally.count, tally.final, tally.retried) for code, tally in found] == [
        ("recipient-unknown", 3, 3, 0),
        ("greylisted", 1, 0, 1),
        (None, 1, 1, 0),
    ]
    assert found[0][1].domains == {"x.example": 1, "y.example": 1}


def test_memory_is_bounded() -> None:
    """A million domains, a thousand wordings."""
    ((_, tally),) = tallies(rejection(f"5{n % 60:02} 5.1.{n} User unknown", Told(domain=f"{n}.x")) for n in range(2000))

    assert (tally.count, len(tally.domains), len(tally.examples)) == (2000, 1000, EXAMPLES)
    tally.add(rejection("550 User unknown", Told(domain="1.x")))
    assert tally.domains["1.x"] == 2
