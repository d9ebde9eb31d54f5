"""Keys that the language has and nothing obeys yet: refused by name, so that no wish is ignored in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from relayconf.inventory.document import Document, Location, Plain
from relayconf.inventory.problems import is_name


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """One key without effect: all of it, or all values but those in `allowed`.

    `stands_for` is a key that need not be there when this one is.
    """

    where: Literal["relay", "layer"]
    key: str
    allowed: tuple[str, ...] = ()
    stands_for: str | None = None


NOT_YET = (
    NotYet(where="layer", key="flavour", allowed=("classic",)),
    NotYet(where="layer", key="senders"),
    NotYet(where="layer", key="settings"),
    NotYet(where="layer", key="manage"),
)


def _maps(document: Document) -> Iterator[tuple[Literal["relay", "layer"], Location, dict[str, Plain]]]:
    yield "layer", (), document.data
    for section in ("relays", "groups", "hosts"):
        entries = document.data.get(section)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict):
                yield "relay" if section == "relays" else "layer", (section, name), entry


def _refuse_value(document: Document, location: Location, value: Plain, entry: NotYet) -> None:
    if isinstance(value, str) and value not in entry.allowed and is_name(value):
        document.complain(location, "not_yet_value", value=value, allowed=", ".join(entry.allowed))


def refuse_unsupported(document: Document) -> None:
    """Complain about every key or value of `NOT_YET` in *document*, and take the keys out of its data."""
    for where, location, entries in _maps(document):
        for entry in NOT_YET:
            if entry.where != where or entry.key not in entries:
                continue
            place = (*location, entry.key)
            if entry.allowed:
                _refuse_value(document, place, entries[entry.key], entry)
                continue
            document.complain_of_key(place, "not_yet_key", name=entry.key)
            del entries[entry.key]
            if entry.stands_for:
                document.spoiled.add((*location, entry.stands_for))
