"""One rejection taken apart."""

from __future__ import annotations

import pytest

from relayconf.bounces.rejection import MOST_TEXT, Told, domain_of, masked, rejection
from relayconf.rejections import Speaker


def test_postfix_names_who_said_it() -> None:
    """Host, address and port, and both codes."""
    item = rejection("host mx.corp.example[2001:db8::1]:2525 said: 550 5.7.1 Relaying denied (in reply to RCPT TO)")

    assert (item.host, item.address, item.port) == ("mx.corp.example", "2001:db8::1", 2525)
    assert (item.reply, item.enhanced, item.final, item.speaker) == (550, "5.7.1", True, Speaker.RELAY)


def test_qmail_names_an_address() -> None:
    """Nothing else is known to it."""
    item = rejection(
        "Connected to 192.0.2.77 but my name was rejected.\nRemote host said: 501 5.0.0 Bad", Told(final=True)
    )

    assert (item.host, item.address, item.reply, item.speaker) == (None, "192.0.2.77", 501, Speaker.RECEIVER)


def test_our_own_words() -> None:
    """No reply of anybody: our own MTA, and whom it called."""
    item = rejection("connect to mx.corp.example[192.0.2.77]:25: Connection timed out")

    assert (item.speaker, item.host, item.port, item.reply, item.final) == (
        Speaker.OWN,
        "mx.corp.example",
        25,
        None,
        None,
    )


def test_unknown_words_without_a_reply_are_our_own() -> None:
    """Nobody else is seen to have spoken."""
    assert rejection("mystery").speaker is Speaker.OWN


def test_submission_is_a_relay() -> None:
    """Nobody receives mail for others at 587."""
    item = rejection("550 5.7.1 Mail from IP 192.0.2.1 was rejected due to listing in Spamhaus PBL", Told(port=587))

    assert item.speaker is Speaker.RELAY


def test_ports_are_no_replies() -> None:
    """587 and 465 are no codes of SMTP; an address has none either."""
    assert rejection("connect to x[192.0.2.1] 587 failed").reply is None
    assert rejection("see [450 x").reply is None


def test_what_is_told_fills_in() -> None:
    """The text itself wins."""
    told = Told(host="told.example", port=25, enhanced="5.0.0", remote=True)

    assert rejection("no", told).enhanced == "5.0.0"
    assert rejection("no", told).final is True
    assert rejection("550 5.7.1 no", told).enhanced == "5.7.1"
    assert rejection("host said.example[192.0.2.1] said: 550 no", told).host == "said.example"


def test_text_is_bounded() -> None:
    """What is behind is not read."""
    assert len(rejection("a" * 10_000).text) == MOST_TEXT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<bo@corp.example>: no", "<…@corp.example>: no"),
        ('<"bo bo"@corp.example>: no', "<…@corp.example>: no"),
        ("bo.b+x=y@a, eva@b", "…@a, …@b"),
        ("https://x.example/?who=bo%40corp.example", "https:…@corp.example"),
        ("****@icloud.com", "…@icloud.com"),
        (" @ b", " @ b"),
        ('"@b', "…@b"),
        ('x"@b', "…@b"),
        ("ünal@b", "…@b"),
        ("x" * 400 + "@b", "…@b"),
    ],
)
def test_local_parts_are_masked(text: str, expected: str) -> None:
    """Whoever they are."""
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("bo@Corp.Example.", "corp.example"),
        ("<bo@corp.example>", "corp.example"),
        ('"a@b"@corp.example', "corp.example"),
        ("bo@bücher.example", "xn--bcher-kva.example"),
        ("bo@" + "ü" * 80, "ü" * 80),
        ("bo", None),
        ("bo@", None),
        ("bo@[192.0.2.1]", None),
        ("", None),
    ],
)
def test_domains(address: str, domain: str | None) -> None:
    """As the inventory writes them."""
    assert domain_of(address) == domain
