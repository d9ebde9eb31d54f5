"""control/smtproutes as a table. Source: constmap.c and qmail-remote.c, alike in every flavour.

What a *value* means differs between flavours: `relayconf.mta.qmail.flavours`.
"""

from __future__ import annotations

from collections.abc import Mapping

from relayconf.mta.qmail.control import entries, fold, pairs, suffixes

PATH = "qmail:smtproutes"


def parse(content: bytes | None) -> Mapping[bytes, bytes]:
    """Key (A-Z folded to lower case) to value, as stored. None, an absent file, has no routes."""
    return {} if content is None else pairs(content)


def lookup_key(table: Mapping[bytes, bytes], host: bytes) -> bytes | None:
    """The key that decides for *host*: its own, else its longest `.suffix`, else the default's. None: no route.

    The first hit ends the search, also when its value is empty.
    """
    key = fold(host)
    if key in table:
        return key
    return next((suffix for suffix in suffixes(key) if suffix in table), None)


def lookup(table: Mapping[bytes, bytes], host: bytes) -> bytes | None:
    """The value for mail to *host*. None: no route."""
    key = lookup_key(table, host)
    return None if key is None else table[key]


def stored_behind(content: bytes, key: bytes) -> bytes | None:
    """What qmail-remote's memory holds behind the line of *key* that counts: the next entry. None: nothing known."""
    lines = entries(content)
    places = [
        number for number, line in enumerate(lines) if line.startswith(b":", len(key)) and fold(line[: len(key)]) == key
    ]
    return lines[places[-1] + 1] if places and places[-1] + 1 < len(lines) else None
