"""Contents for human eyes: no secret, no control character, the same lines."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf.masking import Masker
from relayconf.plankey import keyed_digest

KEY = bytes(range(32))
MASKER = Masker(KEY)

ONE, TWO = (keyed_digest(KEY, "secret", secret)[:4] for secret in (b"s3cret", b"other"))


def _spans(content: bytes, *secrets: bytes) -> list[tuple[int, int]]:
    return sorted((content.index(secret), content.index(secret) + len(secret)) for secret in secrets)


def test_a_secret_is_shown_as_digits() -> None:
    """A secret becomes its first four keyed hex digits; all else stays."""
    content = b"[relay]:465 ab4t:s3cret # note\n"
    assert MASKER.mask(content, _spans(content, b"s3cret")) == f"[relay]:465 ab4t:‹secret {ONE}› # note\n"


def test_equal_secrets_have_equal_digits() -> None:
    """The digits depend on the secret and the key, not on the place, the file or the run."""
    content = b"a s3cret b s3cret c other"
    spans = [(2, 8), (11, 17), (20, 25)]
    expected = f"a ‹secret {ONE}› b ‹secret {ONE}› c ‹secret {TWO}›"
    assert MASKER.mask(content, spans) == expected
    assert Masker(KEY).mask(content, spans) == expected
    assert Masker(KEY[::-1]).mask(content, spans) != expected


def test_secrets_that_touch_stay_two() -> None:
    """A secret right behind another is one of its own."""
    assert MASKER.mask(b"s3cretother", [(0, 6), (6, 11)]) == f"‹secret {ONE}›‹secret {TWO}›"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"\x1b[31mred\x07", r"\x1b[31mred\x07"),
        (b"\xc2\x9b2J", r"\x9b2J"),
        ("\u202egnp.exe\u2066\u200f".encode(), r"\u202egnp.exe\u2066\u200f"),
        ("line\u2028separator".encode(), r"line\u2028separator"),
        (b"\xff\xc3(\xed\xa0\x80", r"\xff\xc3(\xed\xa0\x80"),
        (b"crlf\r\nlf\n", "crlf\\r\nlf\n"),
        (b"\ttab \x00\n", "\ttab \\x00\n"),
        ("日本 é \\".encode(), "日本 é \\"),
    ],
    ids=["escape", "C1", "bidi", "separator", "no UTF-8", "CR", "NUL", "letters"],
)
def test_nothing_acts_on_a_terminal(content: bytes, shown: str) -> None:
    """Control characters, direction controls and bytes that are no UTF-8 are escaped; line ends and tabs stay."""
    assert MASKER.mask(content, []) == shown


def test_a_control_character_in_a_secret() -> None:
    """What is in a secret is not shown, escaped or not."""
    digits = keyed_digest(KEY, "secret", b"\x1bpass\xff")[:4]
    assert MASKER.mask(b"\x1bpass\xff\x1b", [(0, 6)]) == f"‹secret {digits}›\\x1b"


def test_a_forged_mark() -> None:
    """Text of the file that looks like a masked secret is escaped."""
    assert MASKER.mask("a ‹secret 3fa2› ‹b›".encode(), []) == r"a \u2039secret 3fa2› ‹b›"


def test_a_secret_over_line_ends() -> None:
    """A secret on several lines is named on each of them that has any of it, and the lines stay."""
    content = b"user:one\n\n two\nnext\n"
    digits = keyed_digest(KEY, "secret", b"one\n\n two")[:4]
    assert MASKER.mask(content, [(5, 14)]) == f"user:‹secret {digits}›\n\n‹secret {digits}›\nnext\n"


def test_a_part_of_a_content() -> None:
    """A part that begins or ends inside a secret still shows the whole secret's digits."""
    content = b"user:one\n two\nnext\n"
    masked = MASKER.content(content, [(5, 13)])
    digits = keyed_digest(KEY, "secret", b"one\n two")[:4]
    assert masked.text(0, 9) == f"user:‹secret {digits}›\n"
    assert masked.text(9, 14) == f"‹secret {digits}›\n"
    assert masked.text(14, 19) == "next\n"
    assert masked.text(0, 5) == "user:"
    assert masked.text(7, 7) == ""


def test_spans_that_say_nothing() -> None:
    """Empty spans, and those outside the content, are no secrets."""
    assert MASKER.mask(b"abc", [(1, 1), (2, 1), (3, 9), (-4, 0), (7, 8)]) == "abc"


def test_spans_out_of_order() -> None:
    """Spans that overlap are one secret, in whatever order they come; nothing of either is shown."""
    whole = keyed_digest(KEY, "secret", b"bcdef")[:4]
    assert MASKER.mask(b"abcdefg", [(3, 6), (1, 5), (2, 3)]) == f"a‹secret {whole}›g"
    assert MASKER.mask(b"abcdefg", [(1, 6), (2, 3)]) == f"a‹secret {whole}›g"


def test_spans_that_reach_too_far() -> None:
    """A span is clipped to the content."""
    assert MASKER.mask(b"s3cret", [(-2, 99)]) == f"‹secret {ONE}›"


def test_the_key_and_the_content_stay_inside() -> None:
    """A masker or a content in a traceback or a log tells nothing."""
    assert repr(MASKER) == "Masker()"
    assert repr(MASKER.content(b"s3cret", [(0, 6)])) == "MaskedContent(_spans=((0, 6),))"


pieces = st.lists(
    st.tuples(st.booleans(), st.one_of(st.binary(max_size=8), st.text(max_size=6).map(str.encode), st.just(b"a\nb"))),
    max_size=12,
)


def _built(parts: list[tuple[bool, bytes]]) -> tuple[bytes, list[tuple[int, int]]]:
    content = b""
    spans: list[tuple[int, int]] = []
    for is_secret, piece in parts:
        if is_secret:
            spans.append((len(content), len(content) + len(piece)))
        content += piece
    return content, spans


@settings(deadline=None, derandomize=True, max_examples=150)
@given(pieces)
def test_any_content_is_safe(parts: list[tuple[bool, bytes]]) -> None:
    """Of any bytes, only printable characters, spaces, tabs and the content's own line ends are shown."""
    content, spans = _built(parts)
    shown = MASKER.mask(content, spans)
    assert all(char in "\n\t" or char.isprintable() or unicodedata.category(char) == "Zs" for char in shown)
    assert shown.count("\n") == content.count(b"\n")


@settings(deadline=None, derandomize=True, max_examples=150)
@given(pieces)
def test_lines_make_the_whole(parts: list[tuple[bool, bytes]]) -> None:
    """A content shown line by line is the content shown at once."""
    content, spans = _built(parts)
    masked = MASKER.content(content, spans)
    position, shown = 0, ""
    for line in content.split(b"\n"):
        shown += masked.text(position, position + len(line) + 1)
        position += len(line) + 1
    assert shown == MASKER.mask(content, spans)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.lists(st.tuples(st.text("XY\n", max_size=5), st.text("ab :\n", max_size=5)), max_size=8))
def test_no_secret_is_shown(parts: list[tuple[str, str]]) -> None:
    """No character of a secret is in what is shown, wherever the secrets stand."""
    content = b""
    spans: list[tuple[int, int]] = []
    for secret, text in parts:
        spans.append((len(content), len(content) + len(secret)))
        content += (secret + text).encode()
    shown = MASKER.mask(content, spans[::-1])
    assert not {"X", "Y"} & set(shown)
