"""`python -m tools.providers`: what it makes of the answers; asking is for machines with a network."""

from __future__ import annotations

from typing import Literal

import pytest

from relayconf.providers import every
from tools.providers import Answer, Ask, differences, records, report

ASAHI, OCN = every()["asahi-net"], every()["ocn"]
RECORD = "v=spf1 ip4:192.0.2.0/24 ?all"


def _answers(addresses: Answer = ("192.0.2.1",), texts: Answer = ("other", RECORD)) -> Ask:
    def ask(kind: Literal["address", "TXT"], name: str) -> Answer:
        assert "<" not in name
        return addresses if kind == "address" else texts

    return ask


def test_nothing_differs() -> None:
    """Hosts resolve, and the name to include holds one SPF record."""
    assert list(differences(ASAHI, _answers())) == []
    assert report([ASAHI], _answers()) == (0, ["4 of 4 questions answered"])


def test_hosts_that_are_gone() -> None:
    """Each is named."""
    assert list(differences(ASAHI, _answers(addresses=()))) == [
        "asahi-net: mail.asahi-net.or.jp has no address",
        "asahi-net: mailssl.asahi-net.or.jp has no address",
        "asahi-net: mails.asahi-net.or.jp has no address",
    ]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ((), ["asahi-net: spf-01.asahi-net.or.jp holds no SPF records"]),
        (("v=spf10 -all",), ["asahi-net: spf-01.asahi-net.or.jp holds no SPF records"]),
        ((RECORD, "v=spf1"), ["asahi-net: spf-01.asahi-net.or.jp holds 2 SPF records"]),
        (("v=spf1",), []),
        (None, []),
    ],
)
def test_the_name_to_include(texts: Answer, told: list[str]) -> None:
    """No record and two are permanent errors of SPF; nothing follows from a question that was not answered."""
    assert list(differences(ASAHI, _answers(texts=texts))) == told


def test_what_is_not_known_may_be_found() -> None:
    """The provider's own record is a lead, and is shown so that no terminal obeys it."""
    told = list(differences(OCN, _answers(texts=("v=spf1 include:a.example\x1b",))))

    assert told == ["ocn: ocn.ne.jp may tell what to include: 'v=spf1 include:a.example\\x1b'"]
    assert list(differences(OCN, _answers(texts=None))) == []


def test_without_a_network() -> None:
    """Nothing differs, and nothing was learnt."""
    assert report([ASAHI, OCN], _answers(None, None)) == (2, ["0 of 6 questions answered"])
    assert report([ASAHI], _answers(()))[0] == 1


DIG = """\
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: {}, id: 1
;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1

;; ANSWER SECTION:
{}
"""


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        (
            DIG.format("NOERROR", 'a.example.\t60\tIN\tTXT\t"v=spf1 " "-all"\na.example. 60 IN TXT "x\\"y"'),
            ["v=spf1 -all", 'x\\"y'],
        ),
        (DIG.format("NOERROR", "a.example. 60 IN CNAME b.example."), []),
        (DIG.format("NXDOMAIN", ""), []),
        (DIG.format("SERVFAIL", ""), None),
        (DIG.format("REFUSED", ""), None),
        (";; communications error to 127.0.0.1#53: timed out\n", None),
        ("", None),
    ],
)
def test_records(output: str, answer: list[str] | None) -> None:
    """Strings of one record are joined without a blank; only an answer that came is one."""
    assert records(output) == (None if answer is None else tuple(answer))
