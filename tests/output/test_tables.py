"""Columns that line up in a terminal, and names of hosts in few characters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf.output.tables import columns, display_width, host_names

bounded = settings(deadline=None, derandomize=True, max_examples=200)


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("mail", 4), ("東京", 4), ("ﾒｰﾙ", 3), ("ＡＢ", 4), ("e\u0301", 1), ("a\u200bb", 2), ("…‹›", 3)],
    ids=["empty", "ASCII", "wide", "half-width", "full-width", "combining", "zero-width", "ambiguous"],
)
def test_display_width(text: str, width: int) -> None:
    """Wide characters take two cells, combining and invisible ones none."""
    assert display_width(text) == width


def test_columns_line_up() -> None:
    """Every column is as wide as its widest cell, and no line ends in spaces."""
    rows = [("host", "before", "after"), ("mail2", "direct", "isp"), ("m", "", "[relay]:465"), ("mail10", "x", "")]
    assert columns(rows, max_width=None) == [
        "  host    before  after",
        "  mail2   direct  isp",
        "  m               [relay]:465",
        "  mail10  x",
    ]


def test_indent_and_gap() -> None:
    """The spaces before the first column and between two are the caller's."""
    assert columns([("a", "b"), ("cc", "d")], indent=0, gap=3, max_width=None) == ["a    b", "cc   d"]


def test_wide_characters_line_up() -> None:
    """A column is measured in cells, not in characters."""
    assert columns([("東京", "x"), ("abcde", "y"), ("e\u0301", "z")], max_width=None) == [
        "  東京   x",
        "  abcde  y",
        "  e\u0301      z",
    ]


def test_rows_of_other_lengths() -> None:
    """A row may have fewer cells than others, and there may be no row at all."""
    assert columns([("a",), ("bb", "c"), ()], indent=0, max_width=None) == ["a", "bb  c", ""]
    assert columns([], max_width=None) == []
    assert columns([()], max_width=10) == [""]


def test_the_last_column_is_wrapped() -> None:
    """A line that would be too wide goes on below its last column."""
    rows = [("code", "a text that is too long for one line"), ("x", "short")]
    assert columns(rows, max_width=30) == [
        "  code  a text that is too",
        "        long for one line",
        "  x     short",
    ]
    assert columns([("spaces  stay  where  it  fits",)], indent=0, max_width=29) == ["spaces  stay  where  it  fits"]
    assert columns(rows, max_width=44) == ["  code  a text that is too long for one line", "  x     short"]


def test_words_are_never_cut() -> None:
    """A word that is too wide sticks out, and the last column keeps 20 cells to be readable in."""
    rows = [("a-very-long-first-column", "one two three four five include:spf-01.asahi-net.or.jp")]
    assert columns(rows, indent=0, max_width=30) == [
        "a-very-long-first-column  one two three four",
        "                          five",
        "                          include:spf-01.asahi-net.or.jp",
    ]


def test_wrapping_counts_cells() -> None:
    """Where a wide text is broken depends on its cells."""
    assert columns([("東京東京東京 大阪大阪",)], indent=0, max_width=20) == ["東京東京東京", "大阪大阪"]
    assert columns([("東京東京東京 大阪大阪",)], indent=0, max_width=21) == ["東京東京東京 大阪大阪"]


def _names(first: int, last: int, digits: int) -> list[str]:
    return [f"node{number:0{digits}}" for number in range(first, last + 1)]


@pytest.mark.parametrize(
    ("names", "width", "expected"),
    [
        ([], 0, ""),
        (["mail2", "mail3"], 11, "mail2 mail3"),
        (["mail2", "mail3"], 10, "mail[2-3]"),
        (["m2", "m3"], 0, "m2 m3"),
        (["mx2", "mx3"], 0, "mx2 mx3"),
        (["mail2", "mail3", "mail4"], 10, "mail[2-4]"),
        (_names(1, 300, 3), 60, "node[001-300]"),
        (_names(8, 12, 1), 10, "node[8-12]"),
        (_names(98, 102, 3), 10, "node[098-102]"),
        (_names(98, 102, 1), 10, "node[98-102]"),
        ([*_names(8, 9, 2), *_names(10, 11, 3)], 10, "node[08-09] node[010-011]"),
        (["n1", "n3", "n2"], 0, "n1 n3 n2"),
        (["n3", "n2", "n1"], 0, "n3 n2 n1"),
        (["a1", "b2", "a3"], 0, "a1 b2 a3"),
        ([*_names(1, 3, 1), "edge", *_names(4, 6, 1)], 20, "node[1-3] edge node[4-6]"),
        (["mx1.dc1.example", "mx2.dc1.example", "mx1.dc2.example"], 0, "mx[1-2].dc1.example mx1.dc2.example"),
        (["mx1.dc1.example", "mx1.dc2.example", "mx1.dc3.example"], 0, "mx1.dc[1-3].example"),
        (["store", "edge"], 0, "store edge"),
        (["n1", "n1", "n1"], 0, "n1 n1 n1"),
        (["n9", "n10", "n11"], 0, "n[9-11]"),
        (["n09", "n010"], 0, "n09 n010"),
        (["host999999998", "host999999999", "host1000000000"], 0, "host[999999998-999999999] host1000000000"),
        (_names(1, 10_001, 1), 60, "node[1-10000] node10001"),
    ],
)
def test_host_names(names: list[str], width: int, expected: str) -> None:
    """Names that fit stay as they are; else those that count up are a range, where that is exact and shorter."""
    assert host_names(names, width) == expected


def _expanded(text: str) -> list[str]:
    """The names that a compressed list stands for, by the inventory's rule."""
    names: list[str] = []
    for part in text.split():
        match = re.fullmatch(r"(.*)\[([0-9]+)-([0-9]+)\](.*)", part)
        if not match:
            names.append(part)
            continue
        before, first, last, after = match.groups()
        width = len(first) if first.startswith("0") else 0
        names += [f"{before}{number:0{width}}{after}" for number in range(int(first), int(last) + 1)]
    return names


@bounded
@given(st.lists(st.from_regex("[ab]?(0|00)?[0-9]{1,2}(x[0-9])?", fullmatch=True), max_size=12), st.booleans())
def test_no_name_is_lost(names: list[str], in_order: bool) -> None:  # noqa: FBT001  hypothesis gives arguments
    """Written out again, the line has exactly the names, in their order."""
    names = sorted(names) if in_order else names
    assert _expanded(host_names(names, 0)) == names
    assert len(host_names(names, 0)) <= len(" ".join(names))


@bounded
@given(st.lists(st.lists(st.text("a 東", max_size=12), min_size=2, max_size=3), max_size=5), st.integers(10, 60))
def test_no_word_is_lost(rows: list[list[str]], width: int) -> None:
    """All words of all cells are in the lines, and in their order, however narrow."""
    words = [word for row in rows for cell in row for word in cell.split()]
    assert [word for line in columns(rows, max_width=width) for word in line.split()] == words
