"""Answers kept, and answers as they would be."""

from __future__ import annotations

from relayconf.spf.lookup import Answer, Outcome, answered, is_spf, published, remembered, zone_of
from tests.support.spf_zone import Zone

ZONE = Zone(names={"a.example": {"TXT": ["v=spf1 -all", "google-site-verification=x"], "MX": ["mx.a.example"]}})


def test_spf_records_are_told_from_others() -> None:
    """The version is a whole word, in any case."""
    assert [is_spf(text) for text in ("v=spf1", "V=SPF1 -all", "v=spf10 -all", " v=spf1", "spf2.0/pra")] == [
        *(True, True, False, False, False)
    ]


def test_an_answer_is_asked_for_once() -> None:
    """However the name is written."""
    asked: list[str] = []

    def lookup(name: str, kind: str) -> Answer:
        asked.append(f"{name} {kind}")
        return ZONE(name, kind)

    kept = remembered(lookup)

    assert kept("A.example.", "TXT") is kept("a.example", "TXT")
    assert asked == ["a.example TXT"]


def test_the_zone_of_a_name() -> None:
    """The nearest name above it that has servers."""
    zone = Zone(names={"a.example": {"NS": ["ns.example"]}, "www.a.example": {"A": ["192.0.2.1"]}})

    for name in ("a.example", "www.a.example", "x.www.a.example"):
        found = zone_of(name, zone)
        assert found is not None
        assert (found[0], found[1].values) == ("a.example", ("ns.example",))
    assert zone_of("b.example", zone) is None


def test_an_answer_takes_the_place_of_another() -> None:
    """Of the TXT records of the one name alone."""
    answer = Answer(outcome=Outcome.NODATA, ttl=7)
    thought = answered(ZONE, "a.example", answer)

    assert thought("A.example.", "TXT") is answer
    assert thought("a.example", "MX").values == ("mx.a.example",)
    assert thought("b.a.example", "TXT") == ZONE("b.a.example", "TXT")


def test_a_record_is_published_in_thought() -> None:
    """It takes the place of the SPF record alone, also where there was no name at all."""
    thought = published(ZONE, "a.example", "v=spf1 mx ~all")

    assert thought("A.example", "TXT").values == ("google-site-verification=x", "v=spf1 mx ~all")
    assert thought("a.example", "MX").values == ("mx.a.example",)
    assert published(ZONE, "new.example", "v=spf1 ~all")("new.example", "TXT") == Answer(
        outcome=Outcome.FOUND, values=("v=spf1 ~all",)
    )
