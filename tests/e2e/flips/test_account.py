from __future__ import annotations

import pytest

from tests.e2e.flips.account import LOCAL, Account, Evidence, Landing, Timeline, account
from tests.e2e.flips.load import Injected
from tests.lab import Message, Refusal

_OLD = Landing(server="a", port=587, user="ua", password="pa", tls=True)
_NEW = Landing(server="b", port=587, user="ub", password="pb", tls=True)


def _timeline() -> Timeline:
    """From 10 on the old relay, from a switch between 20 and 22 on the new one."""
    timeline = Timeline()
    timeline.switch({"out": _OLD, "local": LOCAL}, begun=9, ended=10)
    timeline.switch({"out": _NEW, "local": LOCAL}, begun=20, ended=22)
    return timeline


def _message(landing: Landing, time: float) -> Message:
    return Message(
        server=landing.server,
        port=landing.port,
        peer="",
        helo="",
        tls="TLSv1.3" if landing.tls else "",
        user=landing.user,
        password=landing.password,
        sender="",
        recipients=("r1@x.test",),
        content=b"",
        time=time,
    )


def _account(
    *messages: Message, begun: float = 15, log: str = "", waiting: str = "", is_certain: bool = True
) -> Account:
    injected = [Injected(recipients={"r1@x.test": "out"}, begun=begun, is_certain=is_certain)]
    evidence = Evidence(messages=messages, refusals=(), log=log, waiting=frozenset({waiting}))
    return account(injected, _timeline(), evidence, receiver="mx")


@pytest.mark.parametrize(
    ("landing", "begun", "arrived", "end"),
    [
        (_OLD, 15, 16, "right"),
        (_OLD, 19, 30, "right"),
        (_OLD, 21.9, 23, "right"),
        (_NEW, 15, 20.1, "right"),
        (_NEW, 30, 31, "right"),
        (_OLD, 22.1, 23, "late"),
        (_NEW, 15, 16, "late"),
        (Landing(server="a", port=587, user="ub", password="pb", tls=True), 15, 16, "wrong_user"),
        (Landing(server="a", port=587, user="ua", password="pa"), 15, 16, "wrong_user"),
        (Landing(server="mx", port=25), 15, 16, "direct"),
        (Landing(server="store", port=25), 15, 16, "elsewhere"),
    ],
)
def test_an_arrival_is_judged_by_what_was_in_force(landing: Landing, begun: float, arrived: float, end: str) -> None:
    """A relay is right from the start of the switch to it until the end of the switch away from it."""
    counted = _account(_message(landing, arrived), begun=begun)

    assert (counted.sent, getattr(counted, end)) == (1, 1), counted


@pytest.mark.parametrize(
    ("log", "waiting", "end"),
    [
        ("", "", "lost"),
        ("", "r1@x.test", "waiting"),
        ("h postfix/smtp[7]: 1A: to=<r1@x.test>, relay=b[10.0.0.1]:587, dsn=5.7.0, status=bounced (no)", "", "bounced"),
    ],
)
def test_what_did_not_arrive_is_waiting_bounced_or_lost(log: str, waiting: str, end: str) -> None:
    """The queue and the log say which."""
    counted = _account(log=log, waiting=waiting)

    assert (counted.sent, getattr(counted, end)) == (1, 1), counted


def test_a_second_arrival_is_a_duplicate() -> None:
    """The recipient still counts once."""
    counted = _account(_message(_OLD, 16), _message(_OLD, 17))

    assert (counted.sent, counted.right, counted.duplicated) == (1, 1, 1)


def test_a_message_of_unknown_fate_is_no_loss() -> None:
    """What the host may never have taken is counted only when it shows up."""
    assert _account(is_certain=False).sent == 0
    assert _account(_message(_OLD, 16), is_certain=False).right == 1


def test_local_mail_ends_in_the_log() -> None:
    """There is no server to record it, so Postfix's word counts; a deferral before is counted beside it."""
    line = "h postfix/local[7]: 1A: to=<me+1@h.test>, relay=local, delay=0.1, dsn=2.0.0, status={} (delivered)\n"
    injected = [Injected(recipients={"me+1@h.test": "local"}, begun=15, is_certain=True)]
    refusal = Refusal(server="a", port=587, peer="", user="", command="MAIL", reply="530 5.7.0 AUTH first")
    log = line.format("deferred") + line.format("sent")
    evidence = Evidence(messages=(), refusals=(refusal,), log=log, waiting=frozenset())

    counted = account(injected, _timeline(), evidence, receiver="mx")

    assert (counted.right, counted.deferred) == (1, 1)
    assert str(counted) == (
        "sent 1: right 1, late 0, wrong user 0, direct 0, elsewhere 0, bounced 0, waiting 0, lost 0; "
        "duplicated 0, deferred 1, refused 1 x 530"
    )
