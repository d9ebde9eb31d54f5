"""A qmail control directory on this machine, read for the commands that ask no host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from relayconf.errors import RelayconfError, UsageError
from relayconf.mta.qmail.detection import Detection, detect, look_at
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS, Flavour, flavour_named

NAMES = (
    "me",
    "locals",
    "virtualdomains",
    "percenthack",
    "envnoathost",
    "rcpthosts",
    "smtproutes",
    "authsenders",
    "qmtproutes",
    "tlsdestinations",
)
FOLDERS = ("tlshosts", "notlshosts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlDirectory:
    """The files by name, as far as they are there, and the flavour that reads them; `why` says how that is known."""

    files: Mapping[str, bytes | None]
    flavour: Flavour
    why: str


def _content(path: Path) -> bytes | None:
    """What qmail would read. A dangling link is an absent file to it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        hint = "what qmail cannot read itself leaves mail in the queue"
        raise RelayconfError(f"cannot read {path}: {error.strerror}", hint=hint) from error


def _folders(directory: Path) -> Iterator[str]:
    """Names of files in the folders; only that they are there matters."""
    for folder in FOLDERS:
        if (directory / folder).is_dir():
            yield from (f"{folder}/{path.name}" for path in sorted((directory / folder).iterdir()))


def _flavour(word: str) -> Flavour:
    found = flavour_named(word)
    if found is None:
        raise UsageError(f"no flavour of qmail is named `{word}`", hint=f"there are {', '.join(FLAVOURS)}")
    return found


def _detected(directory: Path) -> Detection:
    """By the program beside the directory, where it is a mail server's own."""
    try:
        program = (directory.resolve().parent / "bin" / "qmail-remote").read_bytes()
    except OSError:
        program = None
    return detect(look_at(program))


def read_control(directory: Path, flavour: str | None) -> ControlDirectory:
    """The control directory *directory*, read as *flavour*, else as the program beside it, else as classic qmail.

    Raises UsageError for a directory or a flavour that there is not, RelayconfError for a file that cannot be read.
    """
    if not directory.is_dir():
        raise UsageError(f"the control directory is not there: {directory}")
    files: dict[str, bytes | None] = {name: _content(directory / name) for name in NAMES}
    files |= dict.fromkeys(_folders(directory), b"")
    if flavour is not None:
        return ControlDirectory(files=files, flavour=_flavour(flavour), why="named")
    found = _detected(directory)
    if found.flavour is None:
        return ControlDirectory(files=files, flavour=CLASSIC, why=f"taken for granted: {found.evidence}")
    return ControlDirectory(files=files, flavour=found.flavour, why=found.evidence)
