"""Plans in zones that nobody thought of: who passed passes, outsiders stay where they are, and both evaluators agree.

EXAMPLES=2000 in the environment tries more of them.
"""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf.spf.evaluator import Verdict, check
from relayconf.spf.lookup import Outcome, published
from relayconf.spf.networks import extent, is_within
from relayconf.spf.planner import Need, plan
from relayconf.spf.record import parse
from tests.support.spf_zone import Records, Zone, second_opinion

DOMAIN = "n0.example"
_NAMES = st.sampled_from([f"n{n}.example" for n in range(6)])
_FOUR = st.integers(0, 63).map(lambda last: f"192.0.2.{last}")
_SIX = st.integers(0, 15).map(lambda last: f"2001:db8::{last:x}")
_QUALIFIERS = st.sampled_from(["", "", "", "+", "-", "~", "?"])
_NETWORKS = st.one_of(
    st.builds("ip4:{}/{}".format, _FOUR, st.integers(24, 32)),
    st.builds("ip6:{}/{}".format, _SIX, st.integers(112, 128)),
    st.builds("ip4:{}".format, _FOUR),
)
_LOOKING_UP = st.one_of(
    st.sampled_from(["a", "mx", "a/28", "mx/30"]),
    st.builds("a:{}".format, _NAMES),
    st.builds("a:{}/{}".format, _NAMES, st.integers(26, 32)),
    st.builds("mx:{}".format, _NAMES),
    st.builds("include:{}".format, _NAMES),
    st.builds("exists:{}".format, _NAMES),
)
_ENDS: st.SearchStrategy[list[str]] = st.one_of(
    st.just([]), st.sampled_from([["-all"], ["~all"], ["?all"]]), _NAMES.map(lambda n: [f"redirect={n}"])
)
_TERMS = st.lists(st.builds("{}{}".format, _QUALIFIERS, st.one_of(_NETWORKS, _LOOKING_UP)), max_size=5)
_RECORDS = st.builds(lambda terms, end: " ".join(["v=spf1", *terms, *end]), _TERMS, _ENDS)
_ENTRIES: st.SearchStrategy[Records | Outcome] = st.one_of(
    st.fixed_dictionaries(
        {
            "TXT": st.one_of(_RECORDS.map(lambda text: [text, "x=y"]), st.just(["no SPF"])),
            "A": st.lists(_FOUR, max_size=3, unique=True),
            "AAAA": st.lists(_SIX, max_size=1),
            "MX": st.lists(_NAMES, max_size=4, unique=True),
        }
    ),
    st.just(Outcome.SERVFAIL),
)
_ZONES = st.dictionaries(_NAMES, _ENTRIES, max_size=6)
_NEEDS = st.lists(
    st.one_of(_NETWORKS, st.builds("a:{}".format, _NAMES), st.builds("include:{}".format, _NAMES)),
    unique=True,
    min_size=1,
    max_size=3,
)
_PEOPLE = (
    *(f"192.0.2.{last}" for last in (*range(0, 64, 3), 64, 127, 128, 255)),
    *(f"2001:db8::{last:x}" for last in (0, 1, 7, 15, 16)),
    *("192.0.1.255", "192.0.3.0", "203.0.113.77", "2001:db8:1::1"),
)


@settings(max_examples=int(os.environ.get("EXAMPLES", "50")), deadline=None)
@given(live=_RECORDS, names=_ZONES, needs=_NEEDS)
def test_any_zone(live: str, names: dict[str, Records | Outcome], needs: list[str]) -> None:
    """The plan is right for addresses that the planner did not try, or there is none, and the findings say why."""
    own = names.get(DOMAIN, {})
    apex = {**({} if isinstance(own, Outcome) else own), "TXT": [live, "x=y"]}
    zone = Zone(names={**names, DOMAIN: apex})
    found = plan(DOMAIN, [Need(term=term, why="test") for term in needs], zone)
    if found.record is None:
        assert found.is_refused
        return
    after = published(zone, DOMAIN, found.record)
    other = Zone(names={**zone.names, DOMAIN: {**apex, "TXT": [found.record, "x=y"]}})
    wanted = extent(zone, parse("v=spf1 " + " ".join(needs)), DOMAIN).networks

    assert not found.added or found.terms <= 10
    assert {one.after for one in found.sending} <= {Verdict.PASS}
    for person in dict.fromkeys((*_PEOPLE, *(one.address for one in found.sending))):
        before, now = check(zone, person, DOMAIN), check(after, person, DOMAIN)
        if before.verdict is Verdict.PASS or not is_within(person, wanted):
            assert now.verdict is before.verdict, (person, found)
        assert now.terms <= max(10, before.terms), (person, found)
        # pyspf counts a missing name each time it is asked for, and refuses a self-include before it is reached.
        assert second_opinion(other, person, DOMAIN) in {now.verdict, Verdict.PERMERROR}, (person, found)
