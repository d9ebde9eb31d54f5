"""A host's own router asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import ObserveError, UsageError
from relayconf.model import MtaName
from relayconf.mta import postfix, qmail
from relayconf.oracle import MOST, Answer, ask
from tests.shell.answers import Answers
from tests.shell.sandbox import Sandbox
from tests.support.hosts import qmail_host

HOST = replace(qmail_host(), mta=MtaName.POSTFIX)
_ABSENT = "".join(f"absent {file.path} /x\n" for file in postfix.watched(HOST))
PAIR = ("<>", "b@world.test")


def _answers(*facts: str) -> Answers:
    return Answers(("".join(f"fact {fact}\n" for fact in facts) + _ABSENT + "end 0\n").encode())


@pytest.mark.parametrize(
    ("value", "transport", "nexthop", "kind", "is_certain"),
    [
        ("4096 smtp [isp.test]:587", "smtp", "[isp.test]:587", "default", True),
        ("256 local mail1.lab.test", "local", "mail1.lab.test", "local", True),
        ("2048 relay [x]:25", "relay", "[x]:25", "relay", True),
        ("512 error User unknown", "error", "User unknown", "virtual alias", True),
        ("4100 CHANNEL NOT UPDATED NEXTHOP NOT UPDATED", "error", "bad address", "error", True),
        ("8 retry ", "retry", "", "unknown", False),
    ],
)
def test_answers(value: str, transport: str, nexthop: str, kind: str, is_certain: bool) -> None:  # noqa: FBT001  a row
    """Class and flags come as one number."""
    answers = _answers(f"route.1 disk {value}")
    (found,) = ask(answers, HOST, postfix, [PAIR])
    assert found == Answer(
        sender="<>",
        recipient=PAIR[1],
        transport=transport,
        nexthop=nexthop,
        kind=kind,
        is_live=False,
        is_certain=is_certain,
    )
    assert b"\nask  b@world.test\n" in answers.requests[0]


def test_no_answer() -> None:
    """Of one or of all; numbers keep them apart."""
    answers = _answers("route.2 live 4096 smtp x.test")
    first, second = ask(answers, HOST, postfix, [PAIR, ("a@b.test", "c@x.test")])
    assert first is None
    assert second is not None
    assert (second.nexthop, second.is_live) == ("x.test", True)


def test_what_cannot_be_asked() -> None:
    """Blanks part the words of the request."""
    for pair in (("a b@x", "c@d"), ("", '"c d"@e'), ("a\x1b@x", "c@d")):
        with pytest.raises(UsageError, match="a router cannot be asked about"):
            ask(Answers(), HOST, postfix, [pair])
    with pytest.raises(UsageError, match="201 questions are too many for one look"):
        ask(Answers(), HOST, postfix, [PAIR] * (MOST + 1))


def test_an_answer_that_is_none() -> None:
    """The host is not believed what it cannot have found."""
    with pytest.raises(ObserveError, match="the host's answer cannot be used: the route smtp x"):
        ask(_answers("route.1 smtp x"), HOST, postfix, [PAIR])


def test_qmail_has_none(tmp_path: Path) -> None:
    """It is asked and does not answer."""
    host = Sandbox(root=tmp_path).build()
    found = ask(host.session, qmail_host(home=host.home, state=tmp_path / "state"), qmail, [PAIR])
    assert found == (None,)
