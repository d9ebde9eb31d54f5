"""An inventory file and everything that it includes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from relayconf.errors import Problem, UsageError
from relayconf.inventory.compose import NoDocument
from relayconf.inventory.document import Document, Place, parse
from relayconf.inventory.language import Root
from relayconf.inventory.validate import validate


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file that was read: the document, what it says, and the names that it gives things, also the broken ones."""

    document: Document
    root: Root
    names: dict[str, tuple[str, ...]]


@dataclass(slots=True, kw_only=True)
class Reading:
    """Files in the order they are met, and the problems of what is no inventory at all.

    Not `complete` when a file is missing: names may then be defined there. `open` are files whose includes are read.
    """

    files: list[File] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True
    seen: set[Path] = field(default_factory=set)
    open: list[Path] = field(default_factory=list)


def reason(error: OSError) -> str:
    """Why a file cannot be read, in the system's words without the path."""
    return (error.strerror or "unknown").lower()


def read_beside(place: Place, name: str) -> tuple[Path, bytes] | None:
    """The file *name*, relative to the file that names it at *place*; None after a complaint."""
    path = place.document.path.parent / name
    try:
        if path.exists() and not path.is_file():
            place.complain("unreadable", file=str(path), reason="not a regular file")
            return None
        return path, path.read_bytes()
    except OSError as error:
        place.complain("unreadable", file=str(path), reason=reason(error))
    return None


def _names(document: Document) -> dict[str, tuple[str, ...]]:
    sections = ((section, document.data.get(section)) for section in ("relays", "hosts", "groups"))
    return {section: tuple(entries) if isinstance(entries, dict) else () for section, entries in sections}


def _read(reading: Reading, path: Path, content: bytes) -> None:
    try:
        document = parse(str(path), path, content)
    except NoDocument as refusal:
        reading.problems.append(refusal.problem)
        reading.complete = False
        return
    names = _names(document)
    root = validate(document)
    reading.files.append(File(document=document, root=root, names=names))
    reading.open.append(path.resolve())
    for number, name in enumerate(root.include):
        _include(reading, Place(document=document, location=("include", number)), name)
    reading.open.pop()


def _include(reading: Reading, place: Place, name: str) -> None:
    if (found := read_beside(place, name)) is None:
        reading.complete = False
        return
    path, content = found
    if path.resolve() in reading.open:
        place.complain("include_cycle", file=str(path))
    elif path.resolve() not in reading.seen:
        reading.seen.add(path.resolve())
        _read(reading, path, content)


def read_all(path: Path) -> Reading:
    """The file at *path* and then what it includes, depth first. A file that is included twice counts once.

    Raises UsageError when *path* itself cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}", hint="name the inventory with `-i FILE`") from error
    reading = Reading(seen={path.resolve()})
    _read(reading, path, content)
    return reading
