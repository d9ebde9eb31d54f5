"""Which lines of a file have to go and which have to come, to make it another file.

Three ways of comparing, tried in this order on every stretch that differs: the shortest edit script (E. Myers, "An
O(ND) Difference Algorithm and Its Variations", 1986) while it is short; lines that are unique on both sides as anchors
(B. Cohen's patience diff); everything goes and everything comes. All are bounded, so that no pair of files takes much
more than linear time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MAX_SCRIPT = 256
"""Lines in the longest edit script that is looked for in one stretch; the cost is its square."""

STEPS = 1_000_000
"""Steps of the search for short scripts in one comparison, less than a second; then anchors have to do."""

LINES_PER_STEP = 16
"""Lines that compare equal in the time of one step."""

MAX_DEPTH = 6
"""How often the stretches between anchors are searched for anchors of their own."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines `a_start` to `a_end` of the old file give way to lines `b_start` to `b_end` of the new one.

    Lines count from 0, the ends are not part of it, and one of the two sides may be empty.
    """

    a_start: int
    a_end: int
    b_start: int
    b_end: int


def _gallop(limit: int, is_equal: Callable[[int, int], bool]) -> int:
    """How far, up to *limit*, all is equal. *is_equal* compares `n` lines after the first `done`, fast for many."""
    done, stride = 0, 1
    while done < limit:
        stride = min(stride, limit - done)
        if is_equal(done, stride):
            done, stride = done + stride, stride * 2
        elif stride == 1:
            break
        else:
            stride = max(stride // 4, 1)
    return done


def _unique(lines: Sequence[bytes], start: int) -> dict[bytes, int]:
    """The lines that occur once, in their order, and where; the first of *lines* is number *start*."""
    places = dict(zip(lines, range(start, start + len(lines)), strict=True))
    if len(places) < len(lines):
        for line, count in Counter(lines).items():
            if count > 1:
                del places[line]
    return places


def _longest_rise(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of *pairs*, rising in the second number, that rises in the first one too (patience sorting)."""
    firsts = [first for first, _ in pairs]
    if firsts == sorted(firsts):
        return pairs
    piles: list[int] = []
    tops: list[int] = []
    below: list[int] = []
    for number, first in enumerate(firsts):
        pile = bisect_left(piles, first)
        below.append(tops[pile - 1] if pile else -1)
        piles[pile : pile + 1] = [first]
        tops[pile : pile + 1] = [number]
    rise = []
    number = tops[-1]
    while number >= 0:
        rise.append(pairs[number])
        number = below[number]
    return rise[::-1]


@dataclass(slots=True)
class _Comparison:
    """Two files' lines, and the edits found so far, in order."""

    a: Sequence[bytes]
    b: Sequence[bytes]
    steps: int = STEPS
    edits: list[Edit] = field(default_factory=list)

    def _add(self, edit: Edit) -> None:
        last = self.edits[-1] if self.edits else None
        if last and last.a_end == edit.a_start:
            self.edits[-1] = Edit(last.a_start, edit.a_end, last.b_start, edit.b_end)
        else:
            self.edits.append(edit)

    def _head(self, i: int, i_end: int, j: int, j_end: int) -> int:
        """How many lines are equal from *i* and *j* on."""
        a, b = self.a, self.b
        limit = min(i_end - i, j_end - j)
        return _gallop(limit, lambda done, n: a[i + done : i + done + n] == b[j + done : j + done + n])

    def _tail(self, i: int, i_end: int, j: int, j_end: int) -> int:
        """How many lines are equal back from *i_end* and *j_end*."""
        a, b = self.a, self.b
        limit = min(i_end - i, j_end - j)
        return _gallop(limit, lambda done, n: a[i_end - done - n : i_end - done] == b[j_end - done - n : j_end - done])

    def _reach(self, gap: Edit) -> tuple[list[list[int]], int] | None:
        """How far edit scripts of 0, 1, 2… lines come, up to the first that makes the whole *gap* equal.

        Row d has, for each number of deletions among d edits, the lines of the old side that are done with. The second
        value is that number for the script found. None when none is short enough, or the search took too long.
        """
        a, b, i, j = self.a, self.b, gap.a_start, gap.b_start
        n, m = gap.a_end - i, gap.b_end - j
        steps_left = self.steps // 2
        rows = [[0]]
        for d in range(1, min(n + m, MAX_SCRIPT) + 1):
            row: list[int] = []
            equal = 0
            for deletions, (inserted, deleted) in enumerate(zip([*rows[-1], -1], [-2, *rows[-1]], strict=True)):
                x = max(inserted, deleted + 1)
                y = x - 2 * deletions + d
                if x < n and y < m and a[i + x] == b[j + y]:
                    run = self._head(i + x, gap.a_end, j + y, gap.b_end)
                    x, y, equal = x + run, y + run, equal + run
                row.append(x)
                if x >= n and y >= m:
                    return [*rows, row], deletions
            rows.append(row)
            cost = d + 1 + equal // LINES_PER_STEP
            self.steps, steps_left = self.steps - cost, steps_left - cost
            if steps_left < 0:
                return None
        return None

    def _script(self, gap: Edit) -> list[Edit] | None:
        """The shortest edits that make *gap* equal, one line each, in order; None when they are not found."""
        if (reached := self._reach(gap)) is None:
            return None
        rows, deletions = reached
        script: list[Edit] = []
        for d in range(len(rows) - 1, 0, -1):
            inserted = rows[d - 1][deletions] if deletions < d else -1
            deleted = rows[d - 1][deletions - 1] if deletions else -2
            x = gap.a_start + max(inserted, deleted)
            if inserted > deleted:
                y = gap.b_start + inserted - 2 * deletions + d - 1
                script.append(Edit(x, x, y, y + 1))
            else:
                deletions -= 1
                y = gap.b_start + deleted - 2 * deletions + d - 1
                script.append(Edit(x, x + 1, y, y))
        return script[::-1]

    def _anchors(self, gap: Edit) -> list[tuple[int, int]]:
        """Where lines stand that are unique on both sides of *gap*, as many as keep their order."""
        in_a = _unique(self.a[gap.a_start : gap.a_end], gap.a_start)
        in_b = _unique(self.b[gap.b_start : gap.b_end], gap.b_start)
        pairs = [(i, j) for line, j in in_b.items() if (i := in_a.get(line)) is not None]
        return _longest_rise(pairs)

    def _between(self, gap: Edit, anchors: list[tuple[int, int]], depth: int) -> None:
        """Compare the stretches of *gap* before, between and after *anchors*."""
        i, j, number = gap.a_start, gap.b_start, 0
        while number < len(anchors):
            x, y = anchors[number]
            self.compare(Edit(i, x, j, y), depth)
            run = self._head(x, gap.a_end, y, gap.b_end)
            i, j = x + run, y + run
            number = bisect_left(anchors, (i, j), lo=number)
        self.compare(Edit(i, gap.a_end, j, gap.b_end), depth)

    def compare(self, gap: Edit, depth: int = 0) -> None:
        """Add the edits that make the two sides of *gap* equal."""
        head = self._head(gap.a_start, gap.a_end, gap.b_start, gap.b_end)
        tail = self._tail(gap.a_start + head, gap.a_end, gap.b_start + head, gap.b_end)
        gap = Edit(gap.a_start + head, gap.a_end - tail, gap.b_start + head, gap.b_end - tail)
        n, m = gap.a_end - gap.a_start, gap.b_end - gap.b_start
        if not n or not m or n == m == 1:
            if n or m:
                self._add(gap)
            return
        script = self._script(gap)
        if script is not None:
            for edit in script:
                self._add(edit)
        elif depth < MAX_DEPTH and (anchors := self._anchors(gap)):
            self._between(gap, anchors, depth + 1)
        else:
            self._add(gap)


def _moves_up(a: Sequence[bytes], b: Sequence[bytes], edit: Edit, count: int) -> bool:
    """Whether *edit* may as well stand *count* lines further up: lines only come or only go, and repeat there."""
    if edit.a_start == edit.a_end:
        lines, start, end = b, edit.b_start, edit.b_end
    elif edit.b_start == edit.b_end:
        lines, start, end = a, edit.a_start, edit.a_end
    else:
        return False
    return lines[start - 1] == lines[end - 1] and lines[start - count : start] == lines[end - count : end]


def _joined(a: Sequence[bytes], b: Sequence[bytes], found: Sequence[Edit]) -> tuple[Edit, ...]:
    """The same as *found*, with lines that can be moved up to the edit before as part of it."""
    joined: list[Edit] = []
    for edit in found:
        whole = edit
        while joined and _moves_up(a, b, whole, equal := whole.a_start - joined[-1].a_end):
            last = joined.pop()
            whole = Edit(last.a_start, whole.a_end - equal, last.b_start, whole.b_end - equal)
        joined.append(whole)
    return tuple(joined)


def edits(a: Sequence[bytes], b: Sequence[bytes]) -> tuple[Edit, ...]:
    """What makes the lines *a* into the lines *b*: edits in order, with at least one equal line between two of them.

    The script is the shortest where that takes little time, and always a right one. About linear time.
    """
    comparison = _Comparison(a, b)
    comparison.compare(Edit(0, len(a), 0, len(b)))
    return _joined(a, b, comparison.edits)
