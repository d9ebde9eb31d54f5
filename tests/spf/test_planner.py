"""The plan of one record: the seed's case, the order of terms, and what must never happen."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf.spf.evaluator import Verdict, check
from relayconf.spf.lookup import Outcome, published
from relayconf.spf.networks import extent
from relayconf.spf.planner import Need, SpfPlan, plan
from relayconf.spf.record import parse
from tests.support.spf_zone import Records, Zone, second_opinion

ISP = "include:spf-01.asahi-net.or.jp"
NAMES: dict[str, Records | Outcome] = {
    "spf-01.asahi-net.or.jp": {"TXT": ["v=spf1 ip4:202.224.39.192/27 ?all"]},
    "kamata-net.com": {"MX": ["mail.kamata-net.com"]},
    "mail.kamata-net.com": {"A": ["218.45.184.224"]},
    "broken.example": {"TXT": ["not SPF"]},
    "silent.example": Outcome.TIMEOUT,
    "six.example": {"TXT": ["v=spf1 ip6:2001:db8:1::/48 ip4:192.0.2.64/26 -all"]},
    "macro.example": {"TXT": ["v=spf1 exists:%{i}.list.example -all"]},
    "wide.example": {"TXT": ["v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"]},
    **{f"m{n}.example": {"A": [f"198.51.100.{n}"]} for n in range(3)},
    "costly.example": {"MX": [f"m{n}.example" for n in range(3)]},
    **{f"i{n}.example": {"TXT": ["v=spf1 ip4:198.51.100.77 -all"]} for n in range(11)},
}


def zone_of(*texts: str) -> Zone:
    """kamata-net.com with the records *texts* and one of another kind."""
    return Zone(names={**NAMES, "kamata-net.com": {**_apex(), "TXT": [*texts, "google-site-verification=x"]}})


def _apex() -> dict[str, Sequence[str]]:
    return {"MX": ["mail.kamata-net.com"]}


def planned(*texts: str, needs: Sequence[str] = (ISP,)) -> SpfPlan:
    """The plan for kamata-net.com with *texts* live."""
    return plan("kamata-net.com", [Need(term=term, why="relay isp") for term in needs], zone_of(*texts))


def codes(found: SpfPlan) -> list[str]:
    """The codes of the findings."""
    return [finding.code for finding in found.findings]


def test_the_include_of_the_relay() -> None:
    """`-all` stays, `mx` stays first, and the relay's addresses pass that failed before."""
    found = planned("v=spf1 mx -all")

    assert found.record == "v=spf1 mx include:spf-01.asahi-net.or.jp -all"
    assert (found.live, found.added, found.ttl) == (("v=spf1 mx -all",), (ISP,), 3600)
    assert [(one.address, one.before, one.after) for one in found.sending] == [
        ("202.224.39.192", Verdict.FAIL, Verdict.PASS),
        ("202.224.39.223", Verdict.FAIL, Verdict.PASS),
    ]
    assert (found.terms, found.findings, found.is_change, found.is_refused) == (2, (), True, False)


@pytest.mark.parametrize(
    ("live", "need", "expected"),
    [
        ("v=spf1 redirect=six.example", ISP, f"v=spf1 {ISP} redirect=six.example"),
        ("v=spf1 mx exp=x.example", ISP, f"v=spf1 mx {ISP} exp=x.example"),
        ("v=spf1 mx ~all a:old.example", ISP, f"v=spf1 mx {ISP} ~all a:old.example"),
        ("v=spf1 -ip4:202.224.39.200 mx ?all", ISP, f"v=spf1 -ip4:202.224.39.200 mx {ISP} ?all"),
        ("v=spf1 -ip4:202.224.39.192/28 mx ?all", ISP, f"v=spf1 {ISP} -ip4:202.224.39.192/28 mx ?all"),
        ("v=spf1 mx:costly.example -all", "include:six.example", "v=spf1 include:six.example mx:costly.example -all"),
        ("V=SPF1 MX -ALL", "ip4:192.0.2.7", "V=SPF1 MX ip4:192.0.2.7 -ALL"),
    ],
    ids=["redirect", "exp", "after-all", "hole", "shadowed", "costly-mx", "verbatim"],
)
def test_where_a_term_stands(live: str, need: str, expected: str) -> None:
    """As late as its addresses pass there; whatever was there stays as it is."""
    assert planned(live, needs=[need]).record == expected


@pytest.mark.parametrize(
    ("live", "need"),
    [
        (f"v=spf1 mx  {ISP}  -all", ISP),
        ("v=spf1 ip4:202.224.0.0/16 -all", ISP),
        ("v=spf1 include:macro.example -all", "include:macro.example"),
        ("v=spf1 mx -all", "ip4:218.45.184.224"),
    ],
    ids=["there", "wider", "macro", "mx"],
)
def test_nothing_to_do(live: str, need: str) -> None:
    """What passes already is not named twice, and the record stays to the letter."""
    found = planned(live, needs=[need])

    assert (found.record, found.added, found.is_change) == (live, (), False)


def test_a_macro_is_put_where_it_can_be() -> None:
    """Nobody can say whom it covers, so there is nothing to try."""
    assert planned("v=spf1 mx -all", needs=["include:macro.example"]).record == ("v=spf1 mx include:macro.example -all")


def test_a_first_record() -> None:
    """It begins softly, and says what it does to everybody else."""
    found = planned()

    assert (found.record, codes(found)) == (f"v=spf1 {ISP} ~all", ["new-record"])
    assert planned(needs=[]).record is None


def test_several_records_become_one() -> None:
    """With the terms of all and the most lenient end; a redirect beside an `all` was dead."""
    found = planned("v=spf1 mx -all", "v=spf1 MX ip4:192.0.2.1 redirect=six.example exp=x.example ~all")

    assert found.record == f"v=spf1 mx ip4:192.0.2.1 exp=x.example {ISP} ~all"
    assert codes(found) == ["several-records"]
    assert found.sending[0].before is Verdict.PERMERROR


@pytest.mark.parametrize(
    ("live", "needs", "code"),
    [
        (["v=spf1 ipv4:192.0.2.1 -all"], [ISP], "malformed"),
        (["v=spf1 redirect=a.example", "v=spf1 redirect=b.example"], [ISP], "several-redirects"),
        (["v=spf1 mx -all"], ["include:nowhere"], "bad-term"),
        (["v=spf1 mx -all"], ["include:broken.example"], "broken-need"),
        (["v=spf1 mx -all"], ["include:silent.example"], "broken-need"),
        (["v=spf1 include:silent.example -all"], [ISP], "no-answer"),
        (["v=spf1 mx -all"], ["include:wide.example"], "no-place"),
        ([f"v=spf1 {' '.join(f'include:i{n}.example' for n in range(10))} -all"], [ISP], "no-place"),
    ],
)
def test_what_is_refused(live: list[str], needs: list[str], code: str) -> None:
    """There is no record then, and the first finding says why."""
    found = planned(*live, needs=needs)

    assert (found.record, found.is_refused, found.is_change) == (None, True, False)
    assert code in codes(found)


def test_a_need_that_does_not_fit_costs_what_it_says() -> None:
    """Eleven look-ups are one too many; an address costs none and fits."""
    full = f"v=spf1 {' '.join(f'include:i{n}.example' for n in range(10))} -all"

    assert "take 11 look-ups" in planned(full).findings[0].text
    assert planned(full, needs=["ip4:192.0.2.9"]).record == full.replace(" -all", " ip4:192.0.2.9 -all")


def test_a_domain_that_gives_no_answer() -> None:
    """Nothing is proposed by guess."""
    found = plan("silent.example", [Need(term=ISP, why="relay isp")], zone_of())

    assert (found.record, codes(found)) == (None, ["no-answer"])


_TERMS = st.sampled_from(
    (
        *("mx", "a", "a:m1.example", "mx:costly.example", "mx:costly.example/28", "ip4:192.0.2.64/27", "ip4:10.1.2.3"),
        *("-ip4:192.0.2.80", "?ip4:198.51.100.0/30", "ip6:2001:db8:1:2::/64", "-ip6:2001:db8:1::7", "a:none.example"),
        *(ISP, "include:six.example", "~include:six.example", "include:n0.example", "include:n1.example"),
        *("include:broken.example", "exists:none.example", "-a:m2.example/24", "include:i1.example"),
    )
)
_RECORDS = st.builds(
    lambda terms, end: " ".join(["v=spf1", *terms, *end]),
    st.lists(_TERMS, max_size=9),
    st.sampled_from(([], ["-all"], ["~all"], ["?all"], ["redirect=six.example"], ["redirect=n1.example"])),
)
_NEEDS = st.lists(
    st.sampled_from(
        (ISP, "include:six.example", "include:n0.example", "ip4:192.0.2.70", "ip6:2001:db8:1:2::7", "a:m2.example")
    ),
    unique=True,
    min_size=1,
    max_size=4,
)
_PEOPLE = (
    *("202.224.39.192", "202.224.39.200", "202.224.39.224", "192.0.2.64", "192.0.2.70", "192.0.2.80", "192.0.2.127"),
    *("192.0.2.128", "198.51.100.0", "198.51.100.1", "198.51.100.2", "198.51.100.77", "218.45.184.224", "10.1.2.3"),
    *("8.8.4.4", "2001:db8:1::7", "2001:db8:1:2::7", "2001:db8:1:ffff::1", "2001:db8:2::1", "2a00::1"),
)


@settings(max_examples=120, deadline=None)
@given(live=_RECORDS, first=_RECORDS, second=_RECORDS, needs=_NEEDS)
def test_a_plan_harms_nobody(live: str, first: str, second: str, needs: list[str]) -> None:
    """Who passed passes, who is to pass does, outsiders stay where they are, and both evaluators say so."""
    names = zone_of(live).names
    zone = Zone(names={**names, "n0.example": {"TXT": [first]}, "n1.example": {"TXT": [second]}})
    found = plan("kamata-net.com", [Need(term=term, why="test") for term in needs], zone)
    if found.record is None:
        assert found.is_refused
        return
    after = published(zone, "kamata-net.com", found.record)
    apex = {**_apex(), "TXT": [found.record]}
    other = Zone(names={**zone.names, "kamata-net.com": apex})
    wanted = extent(zone, parse("v=spf1 " + " ".join(needs)), "kamata-net.com").networks

    assert not found.added or found.terms <= 10
    assert {one.after for one in found.sending} <= {Verdict.PASS}
    kept = iter(parse(found.record).terms)
    assert all(term in kept for term in parse(live).terms)
    for person in (*_PEOPLE, *(one.address for one in found.sending)):
        before, now = (check(lookup, person, "kamata-net.com") for lookup in (zone, after))
        address = ipaddress.ip_address(person)
        if before.verdict is Verdict.PASS or not any(address in network for network in wanted):
            assert now.verdict is before.verdict, (person, found)
        assert now.terms <= max(found.terms, before.terms)
        opinion = second_opinion(other, person, "kamata-net.com")
        # pyspf counts a missing name each time it is asked for, and refuses a self-include before it is reached.
        assert opinion in {now.verdict, Verdict.PERMERROR}, (person, found)
