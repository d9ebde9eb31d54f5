"""What the contents of qmail's control files mean: for the plan's route table, and whether a difference matters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from relayconf.mta.base import EVERYTHING_ELSE
from relayconf.mta.qmail.control import entries, first_line, fold, pairs
from relayconf.mta.qmail.flavours import CLASSIC, NOTHING_AROUND, Hop
from relayconf.mta.qmail.locality import Controls, domain_channel, read_controls, virtual_key
from relayconf.mta.qmail.paths import HELOHOST, LOCALS, ME, RCPTHOSTS, VIRTUALDOMAINS
from relayconf.mta.qmail.smtproutes import PATH, parse
from relayconf.mta.qmail.words import key_words, unless_torn, value_words

LOCAL = "local"

_NAMES, _LINES = frozenset({LOCALS, RCPTHOSTS}), frozenset({ME, HELOHOST})

# A relay and a port, and nothing that another flavour could read as something else.
_PLAIN = re.compile(rb"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9.]+\](:[0-9]+)?")


def controls_of(contents: Mapping[str, bytes | None]) -> Controls:
    """The files that decide local or remote, parsed; a path that is not in *contents* counts as absent."""
    return read_controls(me=contents.get(ME), locals_=contents.get(LOCALS), virtualdomains=contents.get(VIRTUALDOMAINS))


def is_local(controls: Controls, key: bytes) -> bool:
    """Whether mail for *key*, a domain or all names under a `.suffix`, is delivered on the host itself."""
    if key.startswith(b"."):
        return virtual_key(controls, key) is not None
    return domain_channel(controls, key) != "remote"


def routes(contents: Mapping[str, bytes | None]) -> Mapping[str, str]:
    """Key to next hop, in words, from the files' *contents*; there is always a row for everything else.

    Keys that are local here have no row: their lines route nothing, and to take one out changes nothing.
    """
    table, controls = parse(contents.get(PATH)), controls_of(contents)
    words = {value: value_words(value) for value in {b"", *table.values()}}
    rest = words[table.get(b"", b"")] if virtual_key(controls, b"") is None else LOCAL
    live = {key: words[value] for key, value in table.items() if key and not is_local(controls, key)}
    return {EVERYTHING_ELSE: rest} | {key_words(key): unless_torn(key, nexthop) for key, nexthop in live.items()}


def _read(value: bytes) -> Hop:
    return CLASSIC.read(value, NOTHING_AROUND)


def _same_value(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    return bool(_PLAIN.fullmatch(one) and _PLAIN.fullmatch(other)) and _read(one) == _read(other)


def names_of(content: bytes) -> dict[bytes, None]:
    """The entries of `locals` or `rcpthosts`, folded, each once."""
    return dict.fromkeys(fold(entry) for entry in entries(content))


def same_meaning(path: str, actual: bytes, desired: bytes) -> bool:
    """Whether the two contents of one file are alike to qmail.

    For smtproutes: the same keys with the same relays, in any order, with or without comments, `relay:25` for `relay`
    and brackets around addresses. A value with anything behind relay and port is only like itself. For lists of names:
    the same names.
    """
    if path in _NAMES:
        return names_of(actual).keys() == names_of(desired).keys()
    if path == VIRTUALDOMAINS:
        return pairs(actual) == pairs(desired)
    if path in _LINES:
        return first_line(actual) == first_line(desired)
    if path != PATH:
        return actual == desired
    one, other = parse(actual), parse(desired)
    return one.keys() == other.keys() and all(_same_value(value, other[key]) for key, value in one.items())
