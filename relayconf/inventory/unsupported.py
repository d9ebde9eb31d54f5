"""Keys that the language has and nothing obeys yet: refused by name, so that no wish is ignored in silence."""

from __future__ import annotations

from collections.abc import Iterator

from relayconf.inventory.document import Document, Location, Plain

NOT_YET = ("senders",)
"""Keys of a layer without effect."""


def _maps(document: Document) -> Iterator[tuple[Location, dict[str, Plain]]]:
    yield (), document.data
    for section in ("groups", "hosts"):
        entries = document.data.get(section)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict):
                yield (section, name), entry


def refuse_unsupported(document: Document) -> None:
    """Complain about every key of `NOT_YET` in *document*, and take the keys out of its data."""
    for location, entries in _maps(document):
        for key in NOT_YET:
            if key in entries:
                document.complain_of_key((*location, key), "not_yet_key", name=key)
                del entries[key]
