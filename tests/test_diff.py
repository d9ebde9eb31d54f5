"""Unified diffs: diff(1)'s own form, real bytes compared, secrets masked."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf.diff import NO_NEWLINE, count, unified
from relayconf.masking import Masker
from relayconf.plankey import keyed_digest

KEY = bytes(range(32))
bounded = settings(deadline=None, derandomize=True, max_examples=200)


def _diff(before: bytes | None, after: bytes | None, context: int = 3) -> list[str]:
    return list(unified(before, after, before_spans=(), after_spans=(), masker=Masker(KEY), context=context))


def _digits(secret: bytes) -> str:
    return keyed_digest(KEY, "secret", secret)[:4]


def test_one_route_changes() -> None:
    """The line that goes, the line that comes, and the lines around them."""
    before = b"kamata-net.com:192.168.0.100\n:isp.example\n"
    after = b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n"
    assert _diff(before, after) == [
        "@@ -1,2 +1,2 @@",
        " kamata-net.com:192.168.0.100",
        "-:isp.example",
        "+:mail.asahi-net.or.jp",
    ]


def test_equal_contents() -> None:
    """No difference, no hunk."""
    assert _diff(b"a\n", b"a\n") == []
    assert _diff(None, None) == []


def test_a_new_file() -> None:
    """An absent file has no line, not even a first one."""
    assert _diff(None, b"a\nb\n") == ["@@ -0,0 +1,2 @@", "+a", "+b"]
    assert _diff(None, b"a\n") == ["@@ -0,0 +1 @@", "+a"]


def test_a_file_that_goes() -> None:
    """All lines of a file that is to be absent go."""
    assert _diff(b"a\nb\n", None) == ["@@ -1,2 +0,0 @@", "-a", "-b"]


def test_an_empty_file_has_no_lines() -> None:
    """Between an absent file and an empty one there is nothing to show."""
    assert _diff(None, b"") == []
    assert _diff(b"", b"\n") == ["@@ -0,0 +1 @@", "+"]


def test_a_missing_line_end() -> None:
    """A last line without a line end says so, on each side that has it."""
    assert _diff(b"a", b"a\n") == ["@@ -1 +1 @@", "-a", NO_NEWLINE, "+a"]
    assert _diff(b"a\n", b"a") == ["@@ -1 +1 @@", "-a", "+a", NO_NEWLINE]
    assert _diff(b"a", b"b") == ["@@ -1 +1 @@", "-a", NO_NEWLINE, "+b", NO_NEWLINE]
    assert _diff(b"a\nb", b"x\nb") == ["@@ -1,2 +1,2 @@", "-a", "+x", " b", NO_NEWLINE]
    assert NO_NEWLINE == "\\ No newline at end of file"


def test_a_line_end_of_another_system() -> None:
    """Only LF ends a line; a CR is part of it, and shown."""
    assert _diff(b"a\r\nb\n", b"a\nb\n") == ["@@ -1,2 +1,2 @@", r"-a\r", "+a", " b"]


def _file(*changed: int) -> bytes:
    return b"".join(b"%d%s\n" % (number, b"!" if number in changed else b"") for number in range(1, 31))


def test_context() -> None:
    """Three lines are shown on each side of a change, fewer at the ends of the file or when asked."""
    default = unified(_file(), _file(15), before_spans=(), after_spans=(), masker=Masker(KEY))
    assert default[0] == _diff(_file(), _file(15))[0] == "@@ -12,7 +12,7 @@"
    assert _diff(_file(), _file(2))[0] == "@@ -1,5 +1,5 @@"
    assert _diff(_file(), _file(29))[0] == "@@ -26,5 +26,5 @@"
    assert _diff(_file(), _file(15), context=1) == ["@@ -14,3 +14,3 @@", " 14", "-15", "+15!", " 16"]
    assert _diff(_file(), _file(15), context=0) == ["@@ -15 +15 @@", "-15", "+15!"]


def test_no_context_at_all() -> None:
    """Without context, a side that has no line names the line before."""
    assert _diff(b"a\nb\n", b"a\nx\ny\nb\n", context=0) == ["@@ -1,0 +2,2 @@", "+x", "+y"]
    assert _diff(b"a\nx\ny\nb\n", b"a\nb\n", context=0) == ["@@ -2,2 +1,0 @@", "-x", "-y"]


def test_changes_that_share_context_are_one_hunk() -> None:
    """Six equal lines between two changes keep them in one hunk, seven part them."""
    near = _diff(_file(), _file(10, 17))
    assert [line for line in near if line.startswith("@@")] == ["@@ -7,14 +7,14 @@"]
    far = _diff(_file(), _file(10, 18))
    assert [line for line in far if line.startswith("@@")] == ["@@ -7,7 +7,7 @@", "@@ -15,7 +15,7 @@"]


def test_later_hunks_count_what_came_before() -> None:
    """Line numbers of the new file include the lines that earlier hunks added."""
    after = _file(25).replace(b"5\n", b"5\nnew\nnewer\n", 1)
    assert [line for line in _diff(_file(), after) if line.startswith("@@")] == ["@@ -3,6 +3,8 @@", "@@ -22,7 +24,7 @@"]


def test_count() -> None:
    """Lines that come and lines that go, whatever their own first character."""
    assert count(_diff(b"-a\n+b\n c\n@@\n", b"+b\n+d\n--\n")) == (2, 3)
    assert count(_diff(b"a", b"a\n")) == (1, 1)
    assert count(()) == (0, 0)


def test_a_changed_secret_shows_as_changed() -> None:
    """A new password is one line that goes and one that comes, with other digits, and is not shown."""
    before, after = b"[isp]:465 me:old\nother\n", b"[isp]:465 me:new\nother\n"
    lines = unified(before, after, before_spans=[(13, 16)], after_spans=[(13, 16)], masker=Masker(KEY))
    assert lines == (
        "@@ -1,2 +1,2 @@",
        f"-[isp]:465 me:‹secret {_digits(b'old')}›",
        f"+[isp]:465 me:‹secret {_digits(b'new')}›",
        " other",
    )


def test_a_secret_in_the_context_is_masked() -> None:
    """Secrets are masked in lines that stay, too."""
    lines = unified(b"me:pw\na\n", b"me:pw\nb\n", before_spans=[(3, 5)], after_spans=[(3, 5)], masker=Masker(KEY))
    assert lines == ("@@ -1,2 +1,2 @@", f" me:‹secret {_digits(b'pw')}›", "-a", "+b")


@pytest.mark.parametrize("end", [b"\n", b""], ids=["line end", "open end"])
@pytest.mark.parametrize(("old", "new"), [([(5, 7)], []), ([], [(7, 9)])], ids=["before", "after"])
def test_what_one_side_takes_for_a_secret(old: list[tuple[int, int]], new: list[tuple[int, int]], end: bytes) -> None:
    """A line that stays but is secret on one side only is hidden whole."""
    before, after = b"a\nme:pw" + end, b"a\nb\nme:pw" + end
    lines = unified(before, after, before_spans=old, after_spans=new, masker=Masker(KEY))
    tail = () if end else (NO_NEWLINE,)
    assert lines == ("@@ -1,2 +1,3 @@", " a", "+b", f" ‹secret {_digits(b'me:pw')}›", *tail)


def test_a_secret_over_line_ends() -> None:
    """A secret on two lines, of which only one changes, is masked on both with the whole secret's digits."""
    before, after = b"me:one\n two\n", b"me:one\n three\n"
    lines = unified(before, after, before_spans=[(3, 11)], after_spans=[(3, 13)], masker=Masker(KEY))
    assert lines == (
        "@@ -1,2 +1,2 @@",
        f" ‹secret {_digits(b'me:one')}›",
        f"-‹secret {_digits(b'one' + bytes([10]) + b' two')}›",
        f"+‹secret {_digits(b'one' + bytes([10]) + b' three')}›",
    )


def test_nothing_acts_on_a_terminal() -> None:
    """Escape sequences in either file are shown, not sent."""
    assert _diff(b"\x1b[2J\n", b"\x9b\n") == ["@@ -1 +1 @@", r"-\x1b[2J", r"+\x9b"]


_HEADER = re.compile(r"@@ -([0-9]+)(?:,([0-9]+))? \+([0-9]+)(?:,([0-9]+))? @@")


def _content(lines: Sequence[str]) -> bytes:
    """Lines of a hunk without their marks as a file's content."""
    text = "".join(f"{line[1:]}\n" if line != NO_NEWLINE else "\0" for line in lines)
    return text.replace("\n\0", "").encode()


def _patched(before: bytes, hunks: Sequence[str]) -> bytes:
    """*before* with *hunks* applied as patch(1) does, every number and every line of them checked."""
    source = before.splitlines(keepends=True)
    result, done, number = b"", 0, 0
    while number < len(hunks):
        match = _HEADER.fullmatch(hunks[number])
        assert match
        a_start, a_size, b_start, b_size = (1 if group is None else int(group) for group in match.groups())
        end = next((n for n in range(number + 1, len(hunks)) if hunks[n].startswith("@@")), len(hunks))
        body = hunks[number + 1 : end]
        old = _content([line for n, line in enumerate(body) if _belongs(body, n, "-")])
        new = _content([line for n, line in enumerate(body) if _belongs(body, n, "+")])
        start = a_start - 1 if a_size else a_start
        result += b"".join(source[done:start])
        assert len(result.splitlines()) == (b_start - 1 if b_size else b_start)
        assert b"".join(source[start : start + a_size]) == old
        assert len(new.splitlines()) == b_size
        result, done, number = result + new, start + a_size, end
    return result + b"".join(source[done:])


def _belongs(body: Sequence[str], number: int, mark: str) -> bool:
    """Whether a line of a hunk is part of the side that *mark* stands for; the remark goes with the line above."""
    line = body[number - 1] if body[number] == NO_NEWLINE else body[number]
    return line[0] in {" ", mark}


texts = st.lists(st.text("ab+- ", max_size=2), max_size=30).map(lambda lines: "\n".join(lines).encode())


@bounded
@given(texts, texts, st.integers(0, 4))
def test_a_diff_can_be_applied(before: bytes, after: bytes, context: int) -> None:
    """Applied to the old content, the hunks give the new one, with or without line ends at the end."""
    hunks = _diff(before, after, context)
    assert _patched(before, hunks) == after
    assert (hunks == []) is (before == after)


@bounded
@given(texts, texts)
def test_count_is_what_the_lines_say(before: bytes, after: bytes) -> None:
    """What comes less what goes is the difference of the numbers of lines."""
    added, removed = count(_diff(before, after))
    assert added - removed == len(after.splitlines()) - len(before.splitlines())


@bounded
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "\n"]), st.text("XY\n", max_size=3)), max_size=14))
def test_no_secret_is_in_a_diff(parts: list[tuple[str, str]]) -> None:
    """Whatever changes, no character of a secret is shown."""
    contents = []
    for side in (parts, parts[::-1], parts[1:]):
        content = b""
        spans: list[tuple[int, int]] = []
        for text, secret in side:
            content += text.encode()
            spans.append((len(content), len(content) + len(secret)))
            content += secret.encode()
        contents.append((content, spans))
    (before, before_spans), *others = contents
    for after, after_spans in others:
        lines = unified(before, after, before_spans=before_spans, after_spans=after_spans, masker=Masker(KEY))
        assert not {"X", "Y"} & set("".join(lines))
