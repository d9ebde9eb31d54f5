"""Postfix's log and queue."""

from __future__ import annotations

import json

import pytest

from relayconf.bounces.postfix import log_line, queue_line

LINE = (
    "Nov 24 02:56:56 mail postfix/smtp[1]: 4XyQ: to=<bo@corp.example>, relay=smtp.isp.example[192.0.2.9]:587, delay=1, "
    "delays=0/0/1/0, dsn=4.7.8, status=deferred (SASL authentication failed (again))"
)


def test_a_line() -> None:
    """Who reports, whose mail, which server, which code; the text may have brackets of its own."""
    item = log_line(LINE)

    assert item is not None
    assert (item.reporter, item.domain, item.host, item.port) == ("mail", "corp.example", "smtp.isp.example", 587)
    assert (item.enhanced, item.final, item.text) == ("4.7.8", False, "SASL authentication failed (again)")


def test_a_bare_line() -> None:
    """Without a prefix, a relay, or anything else."""
    item = log_line("A1: x, relay=none, status=bounced (no")

    assert item is not None
    assert (item.reporter, item.domain, item.host, item.port, item.enhanced, item.final) == (
        *(None, None, None, None, None),
        True,
    )


def test_other_lines_say_nothing() -> None:
    """Deliveries among them."""
    assert log_line(LINE.replace("deferred", "sent")) is None
    assert log_line("") is None


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[" * 200_000,
        "[]",
        "{}",
        '{"queue_id": "A1"}',
        '{"queue_id": "A1", "recipients": [1, {}, {"delay_reason": 1}, {"delay_reason": ""}]}',
        '{"recipients": [{"delay_reason": "no"}]}',
    ],
)
def test_odd_queues(line: str) -> None:
    """Not JSON, not this JSON, nobody waits."""
    assert list(queue_line(line)) == []


def test_a_queue() -> None:
    """Each recipient with a reason; who knows whose."""
    line = json.dumps(
        {"queue_id": "A1", "recipients": [{"address": "bo@x.example", "delay_reason": "a"}, {"delay_reason": "b"}]}
    )

    assert [(item.domain, item.text, item.final) for item in queue_line(line)] == [
        ("x.example", "a", False),
        (None, "b", False),
    ]
