from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf.text import printable


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain text, ümläut, 日本語、ideographic\u3000space", "plain text, ümläut, 日本語、ideographic\u3000space"),
        ("two\nlines\r\n\ttab", r"two\nlines\r\n\ttab"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\x7f\x80\x9b2J", r"\x7f\x80\x9b2J"),
        ("user\u202egpj.exe", r"user\u202egpj.exe"),
        ("a\u2066b\u2069c\u200bd\u2028e", r"a\u2066b\u2069c\u200bd\u2028e"),
        ("\U000e0041", r"\U000e0041"),
        (b"caf\xc3\xa9 \xff\xfe", r"café \xff\xfe"),
        ("\udcff", r"\xff"),
        ("\ud800", r"\ud800"),
        (r"back\slash", r"back\slash"),
        ("", ""),
    ],
)
def test_what_is_shown(hostile: str | bytes, shown: str) -> None:
    """Letters and spaces stay, everything that could act on a terminal or hide is spelled out."""
    assert printable(hostile) == shown


@settings(database=None)
@given(st.one_of(st.text(), st.binary()))
def test_nothing_acts(hostile: str | bytes) -> None:
    """Whatever comes, the result is one line of printable characters and spaces that can be encoded."""
    shown = printable(hostile)

    assert all(char.isprintable() or char.isspace() for char in shown)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
