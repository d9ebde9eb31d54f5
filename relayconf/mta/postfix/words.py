"""Ways of mail and lists of names in words that are safe to show."""

from __future__ import annotations

import re
from collections.abc import Iterable

from relayconf.mta.postfix.nexthop import members, read
from relayconf.mta.postfix.routing import Way

DIRECT = "direct (MX)"

MAX_NAMES = 5
"""Names listed at most in one finding; the others are counted."""

_TEXTS = {"error": "reject", "retry": "retry", "discard": "discard"}
_INLINE = re.compile(r"\b(static|inline):.*", re.DOTALL)


def way_words(way: Way) -> str:
    """`[host]:port`, or what else becomes of the mail."""
    if way.service in _TEXTS:
        return f"{_TEXTS[way.service]}: {way.nexthop}"
    return (
        way.nexthop if all(map(read, members(way.nexthop))) else f"{DIRECT} of {way.nexthop}" if way.nexthop else DIRECT
    )


def shown(value: str) -> str:
    """*value* of main.cf without a table that stands in it in full, which can hold passwords."""
    return _INLINE.sub(r"\1:…", value)


def listing(names: Iterable[str]) -> str:
    """*names* as `a, b, c and 7 more`."""
    every = tuple(names)
    more = len(every) - MAX_NAMES
    shown = ", ".join(every[:MAX_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
