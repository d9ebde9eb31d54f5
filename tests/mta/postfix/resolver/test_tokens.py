"""Addresses as tokens."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.tokens import Token, internal, is_control, operator, quoted, scan


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("u@x.test", "atom:u operator:@ atom:x operator:. atom:test"),
        ('"a b"@x', "quoted:a b operator:@ atom:x"),
        ('"a\\"b"', 'quoted:a"b'),
        ("a\\ b", "quoted:a b"),
        ("a\\", "atom:a"),
        ("\\", "atom:"),
        ("u@[192.0.2.1]", "atom:u operator:@ literal:192.0.2.1"),
        ("[a\\]b", "literal:a]b"),
        ('"open', "quoted:open"),
        ('"a\tb"', "quoted:a b"),
        ("u(a(b)\\)c)d", "atom:u comment:(a(b)\\)c) atom:d"),
        ("(\\))x", "comment:(\\)) atom:x"),
        ("(open", "comment:(open"),
        ("(end\\", "comment:(end\\"),
        (" u \t%\r\n!", "atom:u operator:% operator:!"),
        ("a\x01b", "quoted:a\x01b"),
        ("", ""),
    ],
)
def test_scan(text: str, kinds: str) -> None:
    """As Postfix takes them apart, unfinished ones too."""
    assert " ".join(f"{token.kind}:{token.text}" for token in scan(text)) == kinds


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ('"a b"@[IPv6:::1]', "a b@[IPv6:::1]"),
        ("a b@x (c)", "a b@x (c)"),
        ("a,b", "a, b"),
        ("a<b", "a <b"),
        ("a.b", "a.b"),
        ("a, <b", "a, <b"),
    ],
)
def test_internal(text: str, inside: str) -> None:
    """Without quotes; a blank between words, after a comma, before a bracket."""
    assert internal(scan(text)) == inside


def test_glued_words() -> None:
    """No blank behind them."""
    words = [Token(kind="atom", text="a", is_glued=True), Token(kind="atom", text="b"), operator("@")]

    assert internal(words) == "ab@"


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("u@x.test", "u@x.test"),
        ("a b@x", '"a b"@x'),
        ('a"\\\rb@x', '"a\\"\\\\\\\rb"@x'),
        ("a@b@x", '"a@b"@x'),
        (".u@x", '".u"@x'),
        ("u.@x", '"u."@x'),
        ("u..v@x", '"u..v"@x'),
        ("@x", '""@x'),
        ("", '""'),
        ("user", "user"),
        ("a%b!c@x", "a%b!c@x"),
        ("é@x", "é@x"),
        ("a\x7f@x", '"a\x7f"@x'),
        ("@r.test:u@x", "@r.test:u@x"),
        ("@r.test:a b@x", '@r.test:"a b"@x'),
        ("@r.test:u", "@r.test:u"),
    ],
)
def test_quoted(address: str, written: str) -> None:
    """Only where it has to be; a source route in front stays."""
    assert quoted(address) == written


def test_quoted_local_part() -> None:
    """A local part has no domain, whatever is in it."""
    assert (quoted("a@b", is_local=True), quoted("a@b")) == ('"a@b"', "a@b")


def test_control_characters() -> None:
    """ASCII's."""
    assert [is_control(char) for char in "\x1f\x7f \x80"] == [True, True, False, False]
