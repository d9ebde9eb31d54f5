"""Columns and lists of host names. Texts are already safe to print and of one line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_MIN_ROOM = 20
"""The last column is never wrapped narrower than this; it sticks out instead."""

_RANGE_DIGITS, _RANGE_HOSTS = 9, 10_000
"""The largest range of hosts that the inventory's language and the command line know."""


def _char_width(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def display_width(text: str) -> int:
    """How many terminal cells *text* takes: wide and full-width characters two (UAX #11), combining ones none."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _pad(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _wrap(text: str, room: int) -> list[str]:
    """*text* broken at spaces so that each line fits into *room* cells, unless a word alone does not."""
    if display_width(text) <= room:
        return [text]
    lines: list[str] = []
    for word in text.split():
        if lines and display_width(lines[-1]) + 1 + display_width(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def columns(rows: Sequence[Sequence[str]], *, indent: int = 2, gap: int = 2, max_width: int | None) -> list[str]:
    """*rows* as lines, each column as wide as its widest cell, without spaces at the ends of lines.

    Nothing is cut off: a line that would be wider than *max_width* cells has its last column wrapped below itself, at
    spaces. Rows may have fewer cells than others.
    """
    count = max(map(len, rows), default=0)
    widths = [max(display_width(row[n]) for row in rows if n < len(row)) for n in range(count)]
    start = indent + sum(width + gap for width in widths[:-1])
    lines: list[str] = []
    for row in rows:
        cells = [*row, *[""] * (count - len(row))]
        head = " " * indent + "".join(
            _pad(cell, width + gap) for cell, width in zip(cells[:-1], widths[:-1], strict=True)
        )
        tail = "".join(cells[-1:])
        wrapped = [tail] if max_width is None else _wrap(tail, max(max_width - start, _MIN_ROOM))
        lines += [f"{head if n == 0 else ' ' * start}{part}".rstrip() for n, part in enumerate(wrapped)]
    return lines


def _series(names: Sequence[str], start: int, number: re.Match[str]) -> tuple[str, int]:
    """The names from *start* on in which *number* of the first one counts up by one, as a range, and how many."""
    before, after = number.string[: number.start()], number.string[number.end() :]
    first = last = number[0]
    count = 1
    while start + count < len(names) and count < _RANGE_HOSTS:
        # Padded like the first one, as the inventory's ranges are.
        digits = f"{int(first) + count:0{len(first)}}"
        if len(digits) > _RANGE_DIGITS or names[start + count] != f"{before}{digits}{after}":
            break
        last, count = digits, count + 1
    return f"{before}[{first}-{last}]{after}", count


def host_names(names: Sequence[str], width: int) -> str:
    """*names* on one line: side by side where that fits into *width* cells, else with ranges as `node[001-300]`.

    A range stands for exactly the names that the inventory and the command line understand by it, in their order, and
    only where it is shorter. No name is left out, so the line may be wider than *width* all the same.
    """
    plain = " ".join(names)
    if display_width(plain) <= width:
        return plain
    parts: list[str] = []
    start = 0
    while start < len(names):
        found = [_series(names, start, number) for number in re.finditer(f"[0-9]{{1,{_RANGE_DIGITS}}}", names[start])]
        text, count = max(found, key=lambda series: series[1], default=(names[start], 1))
        if len(text) >= len(" ".join(names[start : start + count])):
            text, count = names[start], 1
        parts.append(text)
        start += count
    return " ".join(parts)
