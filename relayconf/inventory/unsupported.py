"""Keys that the language has and nothing obeys yet: refused by name, so that no wish is ignored in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relayconf.inventory.document import Document, Location, Plain
from relayconf.inventory.problems import is_name


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """One key of a layer without effect: all of it, or all values but those in `allowed`."""

    key: str
    allowed: tuple[str, ...] = ()


NOT_YET = (
    NotYet(key="flavour", allowed=("classic",)),
    NotYet(key="senders"),
    NotYet(key="settings"),
    NotYet(key="manage"),
)


def _maps(document: Document) -> Iterator[tuple[Location, dict[str, Plain]]]:
    yield (), document.data
    for section in ("groups", "hosts"):
        entries = document.data.get(section)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict):
                yield (section, name), entry


def _refuse_value(document: Document, location: Location, value: Plain, entry: NotYet) -> None:
    if isinstance(value, str) and value not in entry.allowed and is_name(value):
        document.complain(location, "not_yet_value", value=value, allowed=", ".join(entry.allowed))


def refuse_unsupported(document: Document) -> None:
    """Complain about every key or value of `NOT_YET` in *document*, and take the keys out of its data."""
    for location, entries in _maps(document):
        for entry in NOT_YET:
            if entry.key not in entries:
                continue
            place = (*location, entry.key)
            if entry.allowed:
                _refuse_value(document, place, entries[entry.key], entry)
                continue
            document.complain_of_key(place, "not_yet_key", name=entry.key)
            del entries[entry.key]
