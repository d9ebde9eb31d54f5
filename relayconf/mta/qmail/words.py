"""Keys and values of control files in words that are safe to show: no credential, whatever the flavour, is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from relayconf.mta.base import EVERYTHING_ELSE
from relayconf.mta.qmail.flavours import CLASSIC, NOTHING_AROUND, Flavour
from relayconf.mta.qmail.route import QmailRoute

DIRECT = "direct (MX)"

MAX_NAMES = 5
"""Names listed at most in one finding; the others are counted."""

# Every flavour separates credentials from the relay by one of these; neither is part of any domain or relay.
_SEPARATOR = re.compile(rb"[| \t]")


def _visible(text: bytes) -> tuple[str, bool]:
    """The part of *text* in front of anything that could be a credential, and whether there was more."""
    separator = _SEPARATOR.search(text)
    shown = text[: separator.start()] if separator else text
    return shown.decode("utf-8", "backslashreplace"), separator is not None


def key_words(key: bytes) -> str:
    """A key of smtproutes: the domain, `.domain`, or the words for everything else."""
    shown, more = _visible(key)
    return f"{shown}…" if more else shown or EVERYTHING_ELSE


def unless_torn(key: bytes, words: str) -> str:
    """*words* for the value behind *key*, unless the colon between them may be one inside a password."""
    return "hidden text" if _SEPARATOR.search(key) else words


def value_words(value: bytes, flavour: Flavour = CLASSIC) -> str:
    """A value of smtproutes: `relay:port`, with a remark when there is text that is not shown."""
    shown, more = _visible(value)
    if not shown and not more:
        return DIRECT
    if b";" in shown.encode() and flavour.port_mark != ";":
        # Another flavour's port, or a mistake; either way it is said as it stands.
        return f"{shown} and hidden text" if more else shown
    relay = flavour.read(shown.encode(), NOTHING_AROUND)
    words = f"{relay.host.decode()}:{relay.port}"
    return f"{words} and hidden text" if more else words


def shown_host(host: bytes) -> str:
    """A host that qmail-remote would look up, without what may be a password in it."""
    shown, more = _visible(host)
    return f"{shown} and hidden text" if more else shown


def route_words(route: QmailRoute) -> str:
    """A next hop."""
    if route.via != "relay":
        return DIRECT
    shown, more = _visible(route.host)
    return f"{shown}:{route.port} and hidden text" if more else f"{shown}:{route.port}"


def listing(names: Iterable[str]) -> str:
    """*names* as `a, b, c and 7 more`."""
    every = tuple(names)
    more = len(every) - MAX_NAMES
    shown = ", ".join(every[:MAX_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
