"""The value of a parameter such as transport_maps: a list of tables, ours in front of the admin's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from relayconf.mta.postfix.names import MAP_PARAMETERS

_SEPARATORS = " \t\r\n,"
# Every way in which main.cf names a table of a generation.
_OURS = re.compile(r"\$[({]?relayconf_|/relayconf/[0-9]+/")

MAP_NAMES = frozenset(MAP_PARAMETERS.values())
"""The parameters of Postfix that are such lists."""


def split(value: str) -> tuple[str, ...]:
    """The tables of a list: parts between blanks and commas that are not inside braces (postconf(5), mystrtokq(3))."""
    return tuple(_parts(value))


def _parts(value: str) -> Iterator[str]:
    part, depth = "", 0
    for char in value:
        if not depth and char in _SEPARATORS:
            if part:
                yield part
            part = ""
            continue
        depth += {"{": 1, "}": -1}.get(char, 0)
        depth = max(depth, 0)
        part += char
    if part:
        yield part


def is_ours(table: str) -> bool:
    """Whether a table of a list is one of a generation."""
    return _OURS.search(table) is not None


def foreign(value: str) -> tuple[str, ...]:
    """The tables of a list that are the admin's, in their order."""
    return tuple(part for part in split(value) if not is_ours(part))


def composed(ours: str, value: str) -> str:
    """*ours* in front of the admin's tables in *value*."""
    return ", ".join((ours, *foreign(value)))
