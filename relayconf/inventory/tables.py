"""One layer's tables, such as `domains` with its flat files or `senders`, and how those of several become one."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar, cast

from relayconf.errors import Problem
from relayconf.inventory import flatfile
from relayconf.inventory.document import Place
from relayconf.inventory.flatfile import FlatFile
from relayconf.inventory.include import read_beside
from relayconf.inventory.problems import Fault, problem
from relayconf.model import Origin, SenderRoute, Target

_COPIED_AT_MOST = 1_000
Word = TypeVar("Word")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """One entry of `domains_from`: a flat file and what its domains are."""

    file: FlatFile
    target: Target
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table(Generic[Value]):
    """A table as one layer gives it. None deletes an inherited key; `clears` deletes all of them."""

    entries: Mapping[str, Value | None]
    places: Mapping[str, Place]
    flats: tuple[Flat, ...] = ()
    clears: bool = False

    @property
    def deletes(self) -> bool:
        """Whether a key of it is null; flat files have none."""
        return any(self.entries[key] is None for key in self.places)


EMPTY: Table[Target] = Table(entries={}, places={})
NO_WORDS: Table[str] = Table(entries={}, places={})
NO_SENDERS: Table[SenderRoute] = Table(entries={}, places={})


@dataclass(slots=True, kw_only=True)
class FlatFiles:
    """The flat files of an inventory, each read once, and their problems."""

    files: dict[Path, FlatFile | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self, name: str, place: Place) -> FlatFile | None:
        """The file *name*, beside the one that names it; None when it is broken, which has been said."""
        if (found := read_beside(place, name)) is None:
            return None
        path, content = found
        if path not in self.files:
            result = flatfile.read(str(path), content)
            self.files[path] = result if isinstance(result, FlatFile) else None
            self.problems.extend(() if isinstance(result, FlatFile) else result)
        return self.files[path]


def table(
    words: Mapping[str, Word | None] | None,
    place: Place,
    key: Callable[[str], str],
    value: Callable[[Word, Place], Value | None],
) -> Table[Value]:
    """The table at *place*: its keys made canonical, its values looked up; complains about both."""
    entries: dict[str, Value | None] = {}
    places: dict[str, Place] = {}
    for written, word in (words or {}).items():
        where = place.child(written)
        try:
            name = key(written)
        except Fault as fault:
            where.complain_of_key(fault.code, **fault.params)
            continue
        if name in entries:
            where.complain_of_key("ambiguous_key", name=name, line=str(places[name].origin(key=True).line))
            continue
        places[name] = where
        entries[name] = None if word is None else value(word, where)
    return Table(entries=entries, places=places, clears=words is None)


def _first(yaml: Table[Target], flats: Sequence[Flat], domain: str) -> str:
    if domain in yaml.places:
        return str(yaml.places[domain].origin(key=True))
    flat = next(flat for flat in flats if domain in flat.file.domains)
    return f"{flat.file.file}:{flat.file.line(domain)}"


def with_flats(yaml: Table[Target], flats: Sequence[Flat], problems: list[Problem]) -> Table[Target]:
    """The table with the domains of its flat files; a domain that is there twice goes into *problems*."""
    if not flats:
        return yaml
    entries = dict(yaml.entries)
    for number, flat in enumerate(flats):
        twice = [domain for domain in flat.file.domains if domain in entries] if entries else []
        found: list[Problem] = []
        for domain in twice[: flatfile.MAX_PROBLEMS]:
            origin = Origin(file=flat.file.file, line=flat.file.line(domain), column=1)
            params = {"name": domain, "first": _first(yaml, flats[:number], domain)}
            found.append(problem(origin, "", "flat_and_yaml", params))
        problems.extend(flatfile.limited(found, len(twice)))
        entries.update(dict.fromkeys(flat.file.domains, flat.target))
    return Table(entries=entries, places=yaml.places, flats=tuple(flats), clears=yaml.clears)


def united(first: Table[Value], second: Table[Value]) -> Table[Value]:
    """The tables of two files at the same level, without flat files; complains about keys that both have."""
    for key in first.places.keys() & second.places.keys():
        second.places[key].complain_of_key("defined_twice", first=str(first.places[key].origin(key=True)))
    return Table(
        entries={**first.entries, **second.entries},
        places={**first.places, **second.places},
        clears=first.clears or second.clears,
    )


def merged(tables: Sequence[Table[Value]]) -> Mapping[str, Value]:
    """What *tables*, weakest first, come to. Large tables are laid over one another, not copied."""
    start = max((number for number, table in enumerate(tables) if table.clears), default=0)
    layers = [table for table in tables[start:] if table.entries]
    if not any(table.deletes for table in layers):
        maps = [cast("MutableMapping[str, Value]", table.entries) for table in layers]
        if len(maps) == 1:
            return maps[0]
        if sum(map(len, maps)) > _COPIED_AT_MOST:
            return ChainMap(*reversed(maps))
    result: dict[str, Value | None] = {}
    for table in layers:
        result.update(table.entries)
    return {key: value for key, value in result.items() if value is not None}
