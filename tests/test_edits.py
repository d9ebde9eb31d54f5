"""Edits between two lists of lines: always right, the shortest when that is cheap, never slow."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf.edits import MAX_DEPTH, MAX_SCRIPT, Edit, _Comparison, _longest_rise, edits

bounded = settings(deadline=None, derandomize=True, max_examples=200)


def _lines(text: str) -> list[bytes]:
    return [char.encode() for char in text]


def _numbers(*ranges: range) -> list[bytes]:
    return [b"%d" % number for numbers in ranges for number in numbers]


def _applied(a: Sequence[bytes], b: Sequence[bytes], changes: Sequence[Edit]) -> list[bytes]:
    """*a* after *changes*, which must be in order, do something each, and leave equal lines between them."""
    result: list[bytes] = []
    done = -1
    for edit in changes:
        assert edit.a_start > done
        assert edit.a_end > edit.a_start or edit.b_end > edit.b_start
        result += a[max(done, 0) : edit.a_start]
        assert len(result) == edit.b_start
        result += b[edit.b_start : edit.b_end]
        assert len(result) == edit.b_end
        done = edit.a_end
    return result + list(a[max(done, 0) :])


def _size(changes: Sequence[Edit]) -> int:
    return sum(edit.a_end - edit.a_start + edit.b_end - edit.b_start for edit in changes)


def _shortest(a: Sequence[bytes], b: Sequence[bytes]) -> int:
    """The size of the shortest edit script, by the textbook's table."""
    row = list(range(len(b) + 1))
    for i, line in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            diagonal, row[j] = row[j], diagonal if line == other else 1 + min(row[j], row[j - 1])
        assert row[0] == i
    return row[-1]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("", "", ()),
        ("abc", "abc", ()),
        ("", "ab", (Edit(0, 0, 0, 2),)),
        ("ab", "", (Edit(0, 2, 0, 0),)),
        ("abc", "axc", (Edit(1, 2, 1, 2),)),
        ("abcd", "abxcd", (Edit(2, 2, 2, 3),)),
        ("abcd", "ad", (Edit(1, 3, 1, 1),)),
        ("aaaa", "aa", (Edit(2, 4, 2, 2),)),
        ("abcd", "xbcy", (Edit(0, 1, 0, 1), Edit(3, 4, 3, 4))),
        ("abc", "xyz", (Edit(0, 3, 0, 3),)),
    ],
)
def test_small_files(a: str, b: str, expected: tuple[Edit, ...]) -> None:
    """What goes and what comes, where nothing else can be meant."""
    assert edits(_lines(a), _lines(b)) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("mrsx", "lmfmrsy", (Edit(0, 0, 0, 3), Edit(3, 4, 6, 7))),
        ("lmfmrsx", "mrsy", (Edit(0, 3, 0, 0), Edit(6, 7, 3, 4))),
        ("qmrsx", "lmfmrsy", (Edit(0, 1, 0, 3), Edit(4, 5, 6, 7))),
        ("bcaccb", "ccbc", (Edit(0, 3, 0, 0), Edit(6, 6, 3, 4))),
        ("mnrsx", "lmfmrsy", (Edit(0, 0, 0, 1), Edit(1, 2, 2, 4), Edit(4, 5, 6, 7))),
    ],
)
def test_what_belongs_together_stays_together(a: str, b: str, expected: tuple[Edit, ...]) -> None:
    """Lines that come or go in two parts, of which one may as well stand next to the other, are one edit."""
    assert edits(_lines(a), _lines(b)) == expected


@bounded
@given(st.text("abc", max_size=25), st.text("abc", max_size=25))
def test_edits_are_right_and_shortest(a: str, b: str) -> None:
    """The edits make one file the other, and no script is shorter."""
    changes = edits(_lines(a), _lines(b))
    assert _applied(_lines(a), _lines(b), changes) == _lines(b)
    assert _size(changes) == _shortest(_lines(a), _lines(b))


@bounded
@given(
    st.lists(st.integers(0, 60), max_size=60),
    st.lists(st.integers(0, 60), max_size=60),
    st.integers(0, 60),
    st.integers(0, MAX_DEPTH),
)
def test_edits_are_right_within_any_bound(a: list[int], b: list[int], steps: int, depth: int) -> None:
    """When the search has to stop early, wherever that is, the edits still make one file the other."""
    old, new = [b"%d" % number for number in a], [b"%d" % number for number in b]
    comparison = _Comparison(old, new, steps=steps)
    comparison.compare(Edit(0, len(old), 0, len(new)), depth)
    assert _applied(old, new, comparison.edits) == new


def test_a_search_that_takes_too_long_is_given_up() -> None:
    """Without steps left, lines that repeat are neither searched for nor anchors."""
    a, b = _lines("pxxyyq"), _lines("ryyxxs")
    assert _size(edits(a, b)) == 8
    comparison = _Comparison(a, b, steps=0)
    comparison.compare(Edit(0, 6, 0, 6))
    assert comparison.edits == [Edit(0, 6, 0, 6)]


def test_many_changes_are_found_by_anchors() -> None:
    """Far more changes than the longest script looked for: still only the lines that changed."""
    a = _numbers(range(4000))
    b = list(a)
    for place in range(5, 4000, 10):
        b[place] = b"changed"
    b[1005:1005] = _numbers(range(5000, 5000 + MAX_SCRIPT))
    changes = edits(a, b)
    assert _applied(a, b, changes) == b
    assert _size(changes) == 2 * 400 + MAX_SCRIPT


def test_anchors_are_the_most_that_keep_their_order() -> None:
    """A block that moved goes and comes as the smaller one of the two that changed places."""
    small, large = range(MAX_SCRIPT), range(1000, 2000)
    assert edits(_numbers(small, large), _numbers(large, small)) == (
        Edit(0, MAX_SCRIPT, 0, 0),
        Edit(MAX_SCRIPT + 1000, MAX_SCRIPT + 1000, 1000, MAX_SCRIPT + 1000),
    )
    assert edits(_numbers(large, small), _numbers(small, large)) == (
        Edit(0, 0, 0, MAX_SCRIPT),
        Edit(1000, MAX_SCRIPT + 1000, MAX_SCRIPT + 1000, MAX_SCRIPT + 1000),
    )


@bounded
@given(st.permutations(range(9)))
def test_the_longest_rise(firsts: list[int]) -> None:
    """Of all parts of a sequence that rise, one of the longest is found."""
    pairs = [(first, place) for place, first in enumerate(firsts)]
    rise = _longest_rise(pairs)
    assert rise == [pair for pair in pairs if pair in rise]
    assert all(one < other for (one, _), (other, _) in pairwise(rise))
    parts = (part for size in range(len(rise) + 1, 10) for part in combinations(firsts, size))
    assert not any(list(part) == sorted(part) for part in parts)


def test_a_line_that_repeats_is_no_anchor() -> None:
    """Lines that occur twice on a side say nothing of what stands where; the stretch goes and comes as a whole."""
    a = [b"same", *_numbers(range(200)), b"same"]
    b = [*_numbers(range(300, 400)), b"same", *_numbers(range(400, 500)), b"same", b"end"]
    assert edits(a, b) == (Edit(0, len(a), 0, len(b)),)


def test_anchors_within_anchors() -> None:
    """A line that repeats in the file but not between two anchors is an anchor there, until the search is too deep."""
    a = [*_numbers(range(200)), b"same", *_numbers(range(300, 500)), b"anchor", b"same", b"x"]
    b = [*_numbers(range(1000, 1200)), b"same", *_numbers(range(1300, 1500)), b"anchor", b"y", b"same"]
    assert len(edits(a, b)) == 4
    flat = _Comparison(a, b)
    flat.compare(Edit(0, len(a), 0, len(b)), MAX_DEPTH - 1)
    assert flat.edits[0] == Edit(0, 401, 0, 401)
    flat = _Comparison(a, b)
    flat.compare(Edit(0, len(a), 0, len(b)), MAX_DEPTH)
    assert flat.edits == [Edit(0, len(a), 0, len(b))]


def _shuffled(lines: list[bytes]) -> list[bytes]:
    return random.Random(1).sample(lines, len(lines))  # noqa: S311  a shuffle that is the same each time


COUNT = 60_000
PLAIN = _numbers(range(COUNT))
HARD: dict[str, tuple[list[bytes], list[bytes]]] = {
    "shuffled": (PLAIN, _shuffled(PLAIN)),
    "reversed": (PLAIN, PLAIN[::-1]),
    "other lines": (PLAIN, [b"x" + line for line in PLAIN]),
    "equal lines": ([b"p"] + [b"x"] * COUNT + [b"q"], [b"r"] + [b"x"] * (COUNT // 2) + [b"s"]),
    "periods": ([b"p"] + [b"x", b"y"] * (COUNT // 2), [b"q"] + [b"y", b"x", b"x"] * (COUNT // 3) + [b"r"]),
    "few kinds of lines": (
        [line[-1:] for line in _shuffled(PLAIN)],
        [line[-1:] for line in _shuffled(_shuffled(PLAIN))],
    ),
    "pairs": (_shuffled(PLAIN + PLAIN), _shuffled(PLAIN[::-1] + PLAIN)),
    "swapped neighbours": (PLAIN, [PLAIN[n ^ 1] for n in range(COUNT)]),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_files_take_linear_time(name: str) -> None:
    """Files made to be hard take a second or so; the square of their length would be minutes."""
    a, b = HARD[name]
    start = time.process_time()
    changes = edits(a, b)
    spent = time.process_time() - start
    assert _applied(a, b, changes) == b
    assert spent < 8
