"""What `spf watch` saw the last time, in the user's state folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from relayconf.errors import StateError
from relayconf.spf.watch import Snapshot
from relayconf.userfiles import make_directory, state_folder, write_whole

FORMAT = 1
"""Grows when a reader of the older format would misunderstand."""

_MOST = 16 * 1024 * 1024  # bytes
_AGAIN = "move it away: the next run begins anew"


def default_path() -> Path:
    """`spf-watch.json` in the user's state folder. Raises StateError for a user without a home."""
    try:
        return state_folder() / "spf-watch.json"
    except RuntimeError as error:
        raise StateError("no home directory to keep the state in", hint="set XDG_STATE_HOME") from error


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError("no texts")
    return tuple(value)


def _snapshot(value: object) -> Snapshot:
    match value:
        case {"networks": networks, "terms": int(terms), "records": records}:
            return Snapshot(networks=_texts(networks), terms=terms, records=_texts(records))
        case _:
            raise TypeError("no snapshot")


def _decode(data: bytes) -> dict[str, Snapshot]:
    match json.loads(data):
        case {"format": 1, "kind": "spf-watch", "includes": dict(includes)}:
            return {str(name): _snapshot(value) for name, value in includes.items()}
        case _:
            raise TypeError("no state")


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(f"the state file {path} cannot be {what}: {error.strerror}") from error


def read(path: Path) -> dict[str, Snapshot] | None:
    """The snapshots by name; None when there was no run before. Raises StateError for anything else at *path*."""
    with _explained(path, "read"):
        try:
            # Non-blocking, so that a FIFO is refused and not waited for.
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(_MOST)
    try:
        return _decode(data)
    except (ValueError, TypeError, RecursionError) as error:
        raise StateError(f"the state file {path} says nothing that relayconf knows", hint=_AGAIN) from error


def write(path: Path, includes: Mapping[str, Snapshot]) -> None:
    """Put *includes* at *path*, for its owner alone: whole and on the disk, or not at all. Raises StateError."""
    value = {
        "format": FORMAT,
        "kind": "spf-watch",
        "includes": {name: asdict(snapshot) for name, snapshot in sorted(includes.items())},
    }
    with _explained(path, "written"):
        make_directory(path.parent)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            write_whole(folder, path.name, f"{json.dumps(value, indent=1)}\n".encode("ascii"))
        finally:
            os.close(folder)
