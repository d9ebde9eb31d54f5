"""The address that mail leaves from, and its names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from relayconf.doctor.address import egress, forward_questions, helo, is_generic, reverse, reverse_question
from relayconf.doctor.attempts import Attempt, State
from relayconf.doctor.names import Question
from relayconf.doctor.values import Code, Level
from relayconf.spf.lookup import Answer, Outcome

OURS = "203.0.113.7"
NONE = Answer(outcome=Outcome.NXDOMAIN)
LOST = Answer(outcome=Outcome.TIMEOUT)


def sees(*addresses: str) -> list[Attempt]:
    """Servers that see these addresses."""
    return [
        Attempt(host=f"mx{number}", port=25, state=State.OPEN, hello=(f"250 hi [{address}]",))
        for number, address in enumerate(addresses)
    ]


def test_egress() -> None:
    """What servers see, then what the inventory says, then the host's own public address; else unknown."""
    addresses, symptom = egress(sees(OURS, OURS), [], ["192.168.1.2"], proxied=False)
    assert (addresses, symptom.code, symptom.evidence) == (
        (OURS,),
        Code.EGRESS_ADDRESS,
        ("mx0 sees 203.0.113.7",) * 1 + ("mx1 sees 203.0.113.7",),
    )
    assert egress(sees(OURS), [OURS], [], proxied=False)[0] == (OURS,)
    assert (
        egress([], [OURS], ["8.8.8.8"], proxied=False)[1].text == "mail leaves from 203.0.113.7, as the inventory says"
    )
    assert egress([], [], ["192.168.1.2", "8.8.8.8", "x"], proxied=False)[0] == ("8.8.8.8",)
    assert egress([], [], ["192.168.1.2"], proxied=False)[1].code is Code.EGRESS_UNKNOWN


def test_a_proxy_sees_for_itself() -> None:
    """What it tells is not believed."""
    assert egress(sees(OURS), [], [], proxied=True)[1].code is Code.EGRESS_UNKNOWN


def test_another_address_than_the_inventory_s() -> None:
    """Is a warning; both are looked at."""
    addresses, symptom = egress(sees(OURS), ["203.0.113.8"], [], proxied=False)

    assert addresses == (OURS, "203.0.113.8")
    assert (symptom.code, symptom.level) == (Code.EGRESS_DIFFERS, Level.WARNING)


def ptr(answers: Mapping[Question, Answer], *names: str, direct: bool = True) -> tuple[Code, Level]:
    """What names that lead to these answers come to."""
    found = Answer(outcome=Outcome.FOUND, values=names)
    symptom = reverse(OURS, {reverse_question(OURS): found, **answers}, direct=direct)
    return symptom.code, symptom.level


def leads(name: str, *addresses: str, six: Answer = NONE) -> Mapping[Question, Answer]:
    """A name with these addresses."""
    four = Answer(outcome=Outcome.FOUND, values=addresses) if addresses else NONE
    return dict(zip(forward_questions(name), (four, six), strict=True))


def test_names_of_addresses() -> None:
    """Confirmed, generic, not confirmed; unknown where the resolver failed on the way."""
    assert ptr(leads("mx.a.test", OURS), "mx.a.test") == (Code.PTR_CONFIRMED, Level.OK)
    assert ptr(leads("mx.a.test", "203.0.113.8"), "mx.a.test") == (Code.PTR_UNCONFIRMED, Level.WARNING)
    assert ptr(leads("mx.a.test"), "mx.a.test", direct=False) == (Code.PTR_UNCONFIRMED, Level.INFO)
    assert ptr(leads("mx.a.test", six=LOST), "mx.a.test") == (Code.PTR_UNKNOWN, Level.UNKNOWN)
    assert ptr({}, "mx.a.test") == (Code.PTR_UNKNOWN, Level.UNKNOWN)
    generic = "p203-0-113-7.flets.isp.test"
    assert ptr(leads(generic, OURS), generic) == (Code.PTR_GENERIC, Level.WARNING)
    assert ptr({**leads(generic, OURS), **leads("mx.a.test", OURS)}, generic, "mx.a.test")[0] is Code.PTR_CONFIRMED


def test_addresses_without_a_name() -> None:
    """Missing is known only when the resolver said so."""
    question = reverse_question(OURS)

    assert question == ("7.113.0.203.in-addr.arpa", "PTR")
    assert reverse(OURS, {question: NONE}, direct=True).level is Level.WARNING
    assert reverse(OURS, {question: NONE}, direct=False).code is Code.PTR_MISSING
    assert reverse(OURS, {question: LOST}, direct=True).level is Level.UNKNOWN
    assert reverse_question("2001:db8::1")[0].endswith(".8.b.d.0.1.0.0.2.ip6.arpa")


@pytest.mark.parametrize(
    ("name", "generic"),
    [
        ("203-0-113-7.isp.test", True),
        ("host7.113.0.203.isp.test", True),
        ("dyn-77.isp.test", True),
        ("pppoe12.isp.test", True),
        ("softbank.pool.test", True),
        ("mx7.a.test", False),
        ("dynamics.a.test", False),
        ("mail.residence.test", False),
    ],
)
def test_names_of_lines(name: str, *, generic: bool) -> None:
    """With the address in them, or a word for lines as a part of its own."""
    assert is_generic(name, OURS) is generic


def test_ipv6_names() -> None:
    """Are judged by their words alone; the address may be written in any way."""
    address = "2001:db8::7"
    answers = {reverse_question(address): Answer(outcome=Outcome.FOUND, values=("mx.a.test",))}
    answers |= leads("mx.a.test", "x", six=Answer(outcome=Outcome.FOUND, values=("2001:DB8:0::7",)))

    assert reverse(address, answers, direct=True).code is Code.PTR_CONFIRMED


def hello(name: str, addresses: Sequence[str], answers: Mapping[Question, Answer]) -> tuple[Code, Level]:
    """What this name in HELO comes to."""
    symptom = helo(name, addresses, answers, direct=True)
    return symptom.code, symptom.level


def test_helo() -> None:
    """Leads to the address, does not, or nobody knows."""
    assert hello("mx.a.test", [OURS], leads("mx.a.test", OURS)) == (Code.HELO_MATCHES, Level.OK)
    assert hello("mx.a.test", [OURS], leads("mx.a.test")) == (Code.HELO_DIFFERS, Level.WARNING)
    assert helo("mx.a.test", [OURS], leads("mx.a.test"), direct=False).level is Level.INFO
    assert hello("mx.a.test", [OURS], leads("mx.a.test", six=LOST)) == (Code.HELO_UNKNOWN, Level.UNKNOWN)
    assert hello("mx.a.test", [], leads("mx.a.test", OURS)) == (Code.HELO_UNKNOWN, Level.UNKNOWN)
    assert hello("", [OURS], {}) == (Code.HELO_UNKNOWN, Level.UNKNOWN)
