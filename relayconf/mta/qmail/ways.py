"""Where mail goes by qmail's control files, in values that the limits compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from relayconf.facts import Facts
from relayconf.model import TlsLevel
from relayconf.mta.base import EVERYTHING_ELSE, Way
from relayconf.mta.qmail.control import entries, fold
from relayconf.mta.qmail.detection import detect
from relayconf.mta.qmail.encryption import Encryption, encrypted, read_encryption
from relayconf.mta.qmail.flavours import NOTHING_AROUND
from relayconf.mta.qmail.locality import virtual_key
from relayconf.mta.qmail.paths import RCPTHOSTS, name_of
from relayconf.mta.qmail.reading import controls_of, is_local
from relayconf.mta.qmail.route import through
from relayconf.mta.qmail.smtproutes import PATH, lookup, parse
from relayconf.mta.qmail.words import key_words, route_words, unless_torn, value_words

_LOCAL, _DIRECT, _UNKNOWN = Way(kind="local"), Way(kind="direct"), Way(kind="unknown")


def _guessed(value: bytes) -> Way:
    words = value_words(value)
    # What stands behind the relay may be credentials of a flavour that knows TLS.
    plain = words.partition(" ")[0]
    return Way(kind="relay", nexthop=plain, tls=TlsLevel.NONE if plain == words else None)


def _way(value: bytes, encryption: Encryption | None) -> Way:
    if not value:
        return _DIRECT
    if encryption is None:
        return _guessed(value)
    route, tls = encrypted(encryption, through(encryption.flavour.read(value, NOTHING_AROUND)))
    words = route_words(route)
    # A relay's name with more in it is torn, and what becomes of its mail is no way that can be compared.
    return Way(kind="relay", nexthop=words.partition(" ")[0], tls=tls if " " not in words else None)


def _encryption(facts: Facts, contents: Mapping[str, bytes | None]) -> Encryption | None:
    """The TLS of the flavour that the host shows; None when it shows none."""
    flavour = detect(facts.values).flavour
    if flavour is None:
        return None
    return read_encryption(flavour, {name_of(path): content for path, content in contents.items()})


def ways(facts: Facts, contents: Mapping[str, bytes | None]) -> Mapping[str, Way]:
    """Key to way, from the files' *contents*: routes, domains delivered here, and those that rcpthosts receives for."""
    table, controls = parse(contents.get(PATH)), controls_of(contents)
    encryption = _encryption(facts, contents)
    by_value = {value: _way(value, encryption) for value in {b"", *table.values()}}
    rest = by_value[table.get(b"", b"")] if virtual_key(controls, b"") is None else _LOCAL
    found = {EVERYTHING_ELSE: rest}
    for key, value in table.items():
        if key and not is_local(controls, key):
            words = key_words(key)
            found[words] = _UNKNOWN if unless_torn(key, words) != words else by_value[value]
    received = (fold(entry) for entry in entries(contents.get(RCPTHOSTS) or b""))
    ours = dict.fromkeys(key for key in (*controls.locals, *controls.virtualdomains, *received) if key)
    for key in ours:
        if b"@" in key:
            continue
        way = _LOCAL if is_local(controls, key) else by_value[lookup(table, key) or b""]
        found[key_words(key)] = replace(way, is_ours=True)
    return found
