"""Bounces in words."""

from __future__ import annotations

from relayconf.bounces.notice import notice

QMAIL = "Hi. This is the qmail-send program at mail.example.org.\nSorry.\n\n"
POSTFIX = "This is the mail system at host mail.example.org.\n\n"


def test_each_recipient_is_a_paragraph() -> None:
    """Until the copy of the message, which may have paragraphs like them."""
    copy = "--- Below this line is a copy of the message.\n\n<c@z.example>:\nno\n"
    text = f"{QMAIL}<a@x.example>:\nno\n\n<b@y.example>:\nno\n\n{copy}"

    assert [item.domain for item in notice(text)] == ["x.example", "y.example"]


def test_who_reports() -> None:
    """The name in the first sentence, without its full stop."""
    assert [item.reporter for item in notice(f"{QMAIL}<a@x.example>:\nno\n")] == ["mail.example.org"]
    assert [item.reporter for item in notice(f"{POSTFIX}<a@x.example> (expanded from <b@x>): no\n")] == [
        "mail.example.org"
    ]


def test_what_was_delivered_is_no_rejection() -> None:
    """Postfix reports of probes list that too; a paragraph may also say nothing."""
    text = f"{POSTFIX}<a@x.example>: delivery via x[192.0.2.1]:25: 250 OK\n\n<b@x.example>:\n\n<c@x.example>: no\n"

    assert len(notice(text)) == 1


def test_delays_are_not_final() -> None:
    """Postfix says so in a message of its own."""
    text = f"{POSTFIX}Your message could not be delivered yet, it is delayed.\n\n<a@x.example>: no\n"

    assert [item.final for item in notice(text)] == [None]
    assert [item.final for item in notice(f"{QMAIL}<a@x.example>:\nno\n")] == [True]


def test_without_its_first_sentence_it_is_no_notice() -> None:
    """Any mail may have such paragraphs."""
    assert notice("<a@x.example>:\nno\n") == ()
