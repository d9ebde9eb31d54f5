"""Unified diffs of file contents: compared byte for byte, shown masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from relayconf.edits import Edit, edits
from relayconf.masking import Masker

NO_NEWLINE = "\\ No newline at end of file"
"""What diff(1) writes below a last line that has no line end."""


class _Side:
    """One of the two contents, by lines. An absent file has none."""

    def __init__(self, content: bytes | None, spans: Sequence[tuple[int, int]], masker: Masker) -> None:
        content = content or b""
        self.lines = content.split(b"\n")
        last = self.lines.pop()
        self._is_open = bool(last)
        if last:
            # No other line holds a line end, so this one equals only a last line without one.
            self.lines.append(last + b"\n")
        self._sizes = list(accumulate(map(len, self.lines), initial=0))
        self._masked = masker.content(content, spans)
        self._masker = masker

    def shown(self, start: int, end: int) -> list[str]:
        """Lines *start* to *end*, masked; below a last one without a line end stands diff's remark."""
        if start == end:
            return []
        text = self._masked.text(self._sizes[start] + start, self._sizes[end] + end)
        lines = text.removesuffix("\n").split("\n")
        return [*lines, NO_NEWLINE] if self._is_open and end == len(self.lines) else lines

    def hidden(self, line: int) -> str:
        """A whole line as one secret."""
        content = self.lines[line].removesuffix(b"\n")
        return self._masker.mask(content, [(0, len(content))])


def _groups(changes: Iterable[Edit], context: int) -> Iterator[list[Edit]]:
    """The edits of each hunk: those whose lines of context touch or overlap."""
    group: list[Edit] = []
    for edit in changes:
        if group and edit.a_start - group[-1].a_end > 2 * context:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _range(start: int, end: int) -> str:
    """The notation of diff(1): first line from 1, then the length if it is not 1; without lines, the line before."""
    if end - start == 1:
        return f"{end}"
    return f"{start + (end > start)},{end - start}"


def _same(before: _Side, after: _Side, start: int, end: int, shift: int) -> list[str]:
    """Lines *start* to *end* of *before*, which are also in *after*, *shift* lines further down."""
    old = before.shown(start, end)
    new = after.shown(start + shift, end + shift)
    # What only one side takes for a secret is one.
    return [
        line if line == other else before.hidden(start + n)
        for n, (line, other) in enumerate(zip(old, new, strict=True))
    ]


def _hunk(before: _Side, after: _Side, group: Sequence[Edit], context: int) -> Iterator[str]:
    """One hunk, line by line, its `@@` line first."""
    first, last = group[0], group[-1]
    start, end = max(first.a_start - context, 0), min(last.a_end + context, len(before.lines))
    shifts = first.b_start - first.a_start, last.b_end - last.a_end
    yield f"@@ -{_range(start, end)} +{_range(start + shifts[0], end + shifts[1])} @@"
    done, shift = start, shifts[0]
    for edit in (*group, Edit(end, end, end, end)):
        for mark, lines in (
            (" ", _same(before, after, done, edit.a_start, shift)),
            ("-", before.shown(edit.a_start, edit.a_end)),
            ("+", after.shown(edit.b_start, edit.b_end)),
        ):
            yield from (line if line is NO_NEWLINE else mark + line for line in lines)
        done, shift = edit.a_end, edit.b_end - edit.a_end


def unified(
    before: bytes | None,
    after: bytes | None,
    *,
    before_spans: Sequence[tuple[int, int]],
    after_spans: Sequence[tuple[int, int]],
    masker: Masker,
    context: int = 3,
) -> tuple[str, ...]:
    """The hunks that make *before* into *after*, as `diff -u` writes them, line by line, without the two file names.

    None is an absent file. The spans are the secrets' (start, end) byte offsets. Lines are compared as they are, so
    that a secret that changes shows as one line that goes and one that comes, with other digits; they are shown as
    `Masker.mask` shows them. Below its `@@` line, a hunk's lines begin with ` `, `-`, `+`, or are `NO_NEWLINE`.
    """
    if before == after:
        return ()
    old, new = _Side(before, before_spans, masker), _Side(after, after_spans, masker)
    groups = _groups(edits(old.lines, new.lines), context)
    return tuple(line for group in groups for line in _hunk(old, new, group, context))


def count(hunks: Iterable[str]) -> tuple[int, int]:
    """How many lines *hunks*, as `unified` gives them, add and remove."""
    marks = [line[:1] for line in hunks]
    return marks.count("+"), marks.count("-")
