"""control/smtproutes as a table. Source: constmap.c and qmail-remote.c, alike in every flavour.

What a *value* means differs between flavours: `relayconf.mta.qmail.classic`.
"""

from __future__ import annotations

from collections.abc import Mapping

from relayconf.mta.qmail.control import pairs, suffixes

PATH = "qmail:smtproutes"


def parse(content: bytes | None) -> Mapping[bytes, bytes]:
    """Key (A-Z folded to lower case) to value, as stored. None, an absent file, has no routes."""
    return {} if content is None else pairs(content)


def lookup(table: Mapping[bytes, bytes], host: bytes) -> bytes | None:
    """The value for mail to *host*: its own, else that of its longest `.suffix`, else the default's. None: no route.

    The first hit ends the search, also when its value is empty.
    """
    key = host.lower()
    if key in table:
        return table[key]
    return next((table[suffix] for suffix in suffixes(key) if suffix in table), None)
