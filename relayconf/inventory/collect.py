"""The names that the files of an inventory give to relays, groups and hosts, each once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from relayconf.inventory import language
from relayconf.inventory.document import Place
from relayconf.inventory.include import File
from relayconf.inventory.names import host_names, identifier
from relayconf.inventory.problems import Fault

_RESERVED = ("direct", "local", "mx")
Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Generic[Entry]):
    """What stands under a name, and where."""

    entry: Entry
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Relays, groups and hosts in the order of the files. None: the name is known, but what it names was refused."""

    relays: Mapping[str, Named[language.Relay] | None]
    groups: Mapping[str, Named[language.Layer] | None]
    hosts: Mapping[str, Named[language.Host] | None]


def _one_name(written: str) -> tuple[str, ...]:
    return (identifier(written),)


def _collect(
    files: Sequence[File],
    section: str,
    entries: Callable[[language.Root], Mapping[str, Entry | None]],
    spell: Callable[[str], tuple[str, ...]],
    empty: Entry | None,
) -> dict[str, Named[Entry] | None]:
    found: dict[str, Named[Entry] | None] = {}
    for file in files:
        good = entries(file.root)
        for written in file.names[section]:
            place = Place(document=file.document, location=(section, written))
            try:
                spelt = spell(written)
            except Fault as fault:
                place.complain_of_key(fault.code, **fault.params)
                continue
            entry = (good[written] or empty) if written in good else None
            named = None if entry is None else Named(entry=entry, place=place)
            for name in spelt:
                if (before := found.get(name)) is not None:
                    first = str(before.place.origin(key=True))
                    code = "host_twice" if section == "hosts" else "defined_twice"
                    place.complain_of_key(code, name=name, first=first)
                    break
                found[name] = named
    return found


def collect(files: Sequence[File]) -> Names:
    """All names of *files*; complains about names that cannot be used or are used twice."""
    relays = _collect(files, "relays", lambda root: root.relays, _one_name, None)
    groups = _collect(files, "groups", lambda root: root.groups, _one_name, language.Layer())
    hosts = _collect(files, "hosts", lambda root: root.hosts, host_names, language.Host())
    for name, relay in relays.items():
        if name in _RESERVED and relay:
            relay.place.complain_of_key("reserved_name", name=name)
    for name, group in groups.items():
        if name in hosts and group:
            group.place.complain_of_key("host_and_group", name=name)
    return Names(relays=relays, groups=groups, hosts=hosts)
