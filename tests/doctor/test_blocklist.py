"""What a list of addresses says, and when it says nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from relayconf.doctor.blocklist import listing, question_of, questions
from relayconf.doctor.values import Code, Level
from relayconf.spf.lookup import Answer, Outcome

ZONE = "zen.spamhaus.org"
OURS = "203.0.113.7"
NONE = Answer(outcome=Outcome.NXDOMAIN)


def found(*values: str) -> Answer:
    """An answer with these addresses."""
    return Answer(outcome=Outcome.FOUND, values=values)


GOOD = {question_of("127.0.0.2", ZONE): found("127.0.0.2", "127.0.0.4"), question_of("127.0.0.1", ZONE): NONE}


def judged(answer: Answer, *, direct: bool = True) -> tuple[Code, Level, Sequence[str]]:
    """What this answer about our address means, from a list whose test entries are right."""
    symptom = listing(OURS, ZONE, GOOD | {question_of(OURS, ZONE): answer}, direct=direct)
    assert symptom.about == OURS
    return symptom.code, symptom.level, symptom.evidence


def test_questions() -> None:
    """IPv4 by bytes, IPv6 by 32 nibbles; the list's own test entries first."""
    assert [name for name, _ in questions([OURS, "2001:db8::ff"], ZONE)] == [
        "2.0.0.127.zen.spamhaus.org",
        "1.0.0.127.zen.spamhaus.org",
        "7.113.0.203.zen.spamhaus.org",
        "f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.spamhaus.org",
    ]


def test_listings() -> None:
    """Only 127.0.0.0/24; PBL alone is a policy, with anything else it is abuse."""
    assert judged(NONE) == (Code.DNSBL_CLEAN, Level.OK, ())
    assert judged(Answer(outcome=Outcome.NODATA))[0] is Code.DNSBL_CLEAN
    assert judged(found("127.0.0.10")) == (
        Code.DNSBL_POLICY,
        Level.ERROR,
        ("127.0.0.10: PBL, by its owner",),
    )
    assert judged(found("127.0.0.11"), direct=False)[:2] == (Code.DNSBL_POLICY, Level.INFO)
    assert judged(found("127.0.0.4", "127.0.0.11")) == (
        Code.DNSBL_LISTED,
        Level.ERROR,
        ("127.0.0.4: XBL", "127.0.0.11: PBL, by Spamhaus"),
    )
    assert judged(found("127.0.0.77"), direct=False) == (Code.DNSBL_LISTED, Level.WARNING, ("127.0.0.77: listed",))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(outcome=Outcome.SERVFAIL),
        Answer(outcome=Outcome.TIMEOUT),
        found("127.255.255.252"),
        found("127.255.255.254"),
        found("127.255.255.255"),
        found("127.255.255.250"),
        found("127.0.0.10", "127.255.255.254"),
        found("127.0.1.255"),
        found("198.51.100.80"),
    ],
)
def test_errors_are_no_listings(answer: Answer) -> None:
    """Whether they come for our address or for the test entries."""
    assert judged(answer)[:2] == (Code.DNSBL_UNKNOWN, Level.UNKNOWN)
    for address in ("127.0.0.2", "127.0.0.1"):
        answers = GOOD | {question_of(OURS, ZONE): found("127.0.0.10"), question_of(address, ZONE): answer}
        assert listing(OURS, ZONE, answers, direct=True).code is Code.DNSBL_UNKNOWN


def test_lists_that_cannot_be_believed() -> None:
    """One that knows nothing, and one that has the whole world; the reason says which."""
    ours = {question_of(OURS, ZONE): found("127.0.0.10")}
    empty = GOOD | ours | {question_of("127.0.0.2", ZONE): NONE}
    world = GOOD | ours | {question_of("127.0.0.1", ZONE): found("127.0.0.2")}

    assert "does not have its own test entry 127.0.0.2" in listing(OURS, ZONE, empty, direct=True).text
    assert "it has even 127.0.0.1" in listing(OURS, ZONE, world, direct=True).text


def test_reasons() -> None:
    """A resolver that the list does not like is told from one that does not answer."""
    refused = listing(OURS, ZONE, GOOD | {question_of(OURS, ZONE): found("127.255.255.254")}, direct=True)
    silent = listing(OURS, ZONE, GOOD | {question_of(OURS, ZONE): Answer(outcome=Outcome.TIMEOUT)}, direct=True)

    assert "127.255.255.254: it does not answer this resolver" in refused.text
    assert silent.text.endswith("its answer through the host's resolver is: no answer in time")
