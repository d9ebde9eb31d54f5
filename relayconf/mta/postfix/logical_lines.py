"""Logical lines: how Postfix reads main.cf, master.cf and the sources of its lookup tables (postconf(5), postmap(1)).

A line that starts with white space continues the logical line before it, also across comments and empty lines.
White space is ASCII's: blank, tab, newline, vertical tab, form feed, carriage return.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LOGICAL = re.compile(
    rb"^(?P<first>[^\s#][^\n]*)"
    rb"(?P<more>(?:\n(?:[# \t\v\f\r][^\n]*)?(?=\n|\Z))*+)",
    re.MULTILINE,
)
_CONTINUATION = re.compile(rb"\n([ \t\v\f\r]+[^\s#][^\n]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogicalLine:
    """One logical line: its bytes without newlines, and the number of its first physical line, counted from 1."""

    number: int
    text: bytes


def logical_lines(data: bytes) -> Iterator[LogicalLine]:
    """The logical lines of a file, in order; comments, empty lines and indented text before the first one are left out.

    White space at the start of a continuation stays, as Postfix keeps it.
    """
    number, counted = 1, 0
    for match in _LOGICAL.finditer(data):
        number += data.count(b"\n", counted, match.start())
        counted = match.start()
        yield LogicalLine(number=number, text=match["first"] + b"".join(_CONTINUATION.findall(match["more"])))
