"""How qmail reads control files: what counts as a line, a key, a suffix."""

from __future__ import annotations

import pytest

from relayconf.mta.qmail.control import entries, first_line, fold, pairs, suffixes


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\nb", [b"a", b"b"]),
        (b"a \t \nb\t\n", [b"a", b"b"]),
        (b" a\n", [b" a"]),
        (b"a\r\n", [b"a\r"]),
        (b"a\x0c\n\xc2\xa0\n", [b"a\x0c", b"\xc2\xa0"]),
        (b"\n \t\n\n", []),
        (b"#a\n #b\nc#d\n", [b" #b", b"c#d"]),
        (b"\0a\nb\n", [b"b"]),
        (b"a\0b\n", [b"a", b"b"]),
        (b"a \0b \n", [b"a ", b"b"]),
        (b"a\0#b\0\0c\n", [b"a", b"#b", b"c"]),
    ],
)
def test_entries(content: bytes, expected: list[bytes]) -> None:
    """Lines end at LF; blanks and tabs go at the end alone; comments begin in column one; NUL separates."""
    assert entries(content) == expected


def test_pairs() -> None:
    """Without a colon an entry does not count; the last of one key wins; only A-Z is folded, and only in keys."""
    content = b"none\nA.B:One\n:rest\na.b:Two:3\n\xc3\x84:x\n"

    assert pairs(content) == {b"a.b": b"Two:3", b"": b"rest", b"\xc3\x84": b"x"}


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", b""), (b"a.b \nc\n", b"a.b"), (b"#a\n", b"#a"), (b"\na\n", b"")]
)
def test_first_line(content: bytes, expected: bytes) -> None:
    """One-line files know no comments, and an empty first line is an empty value."""
    assert first_line(content) == expected


def test_fold() -> None:
    """A-Z alone: other bytes are no letters to qmail."""
    assert fold(b"A-Z\xc4\xd6") == b"a-z\xc4\xd6"


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (b"a.b.c", [b"a.b.c", b".b.c", b".c", b""]),
        (b".b.c", [b".b.c", b".c", b""]),
        (b"a.", [b"a.", b".", b""]),
        (b"a..b", [b"a..b", b"..b", b".b", b""]),
        (b"a", [b"a", b""]),
        (b"", [b""]),
    ],
)
def test_suffixes(domain: bytes, expected: list[bytes]) -> None:
    """The whole, then from each dot on, then nothing."""
    assert list(suffixes(domain)) == expected
