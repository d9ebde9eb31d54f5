"""qmail-send's log."""

from __future__ import annotations

from relayconf.bounces.qmail import QmailLog
from relayconf.bounces.rejection import Rejection


def _read(*lines: str) -> list[Rejection]:
    log = QmailLog()
    return [item for item in (*(log.line(line) for line in lines), log.end()) if item is not None]


def test_recipient_and_end_are_joined() -> None:
    """By the delivery's number, which is used again."""
    found = _read(
        "starting delivery 1: msg 5 to remote bo@x.example",
        "starting delivery 2: msg 5 to remote bo@y.example",
        "delivery 2: failure: no/",
        "delivery 1: deferral: not_yet/",
        "starting delivery 1: msg 6 to remote bo@z.example",
        "delivery 1: success: yes/",
        "delivery 1: failure: who?/",
    )

    assert [(item.domain, item.text, item.final) for item in found] == [
        ("y.example", "no", True),
        ("x.example", "not yet", False),
        (None, "who?", True),
    ]


def test_reports_are_lines_again() -> None:
    """Where qmail-send had made a line of several."""
    (item,) = _read(
        "delivery 1: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550-a_b/550_c/Giving_up_on_x./"
    )

    assert (item.reply, item.address) == (550, "192.0.2.1")
    assert item.text.endswith("550-a b 550 c Giving up on x.")


def test_pieces_are_joined() -> None:
    """As splogger cuts them; a piece of nothing is left out."""
    head, rest = "Nov 24 02:49:18 mail qmail: 1.5 delivery 1: failure: a", "Nov 24 02:49:18 mail qmail: 1.5+b/"

    assert [(item.text, item.reporter) for item in _read(rest, head, rest, rest)] == [("ab/b", "mail")]


def test_starts_without_end_are_forgotten() -> None:
    """Whatever a log claims, memory stays small."""
    starts = [f"starting delivery {n}: msg 5 to remote bo@x.example" for n in range(10_001)]

    assert [item.domain for item in _read(*starts, "delivery 1: failure: a", "delivery 10000: failure: a")] == [
        None,
        "x.example",
    ]
