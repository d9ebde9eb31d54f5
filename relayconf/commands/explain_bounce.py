"""`relayconf explain-bounce FILE`: who refused the mail, why, and what to do. No host is contacted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from relayconf.bounces.cure import explained
from relayconf.bounces.reader import MOST_BYTES, lines, read, read_log
from relayconf.bounces.tally import distinct, tallies
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.inventory import load
from relayconf.model import Inventory
from relayconf.output import bounces as output
from relayconf.output import bounces_json

STDIN = Path("-")
_DEFAULT = Path("inventory.yaml")


@contextmanager
def _opened(console: Console, file: Path) -> Iterator[BinaryIO]:
    """The bytes of *file*. Raises UsageError where it cannot be read, then or later."""
    try:
        if file == STDIN:
            yield console.stdin.buffer
        else:
            with file.open("rb") as stream:
                yield stream
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _inventory(path: Path | None) -> Inventory | None:
    """The inventory at *path*, else that of the current folder, else none."""
    if path is not None:
        return load(path)
    return load(_DEFAULT) if _DEFAULT.exists() else None


def _explain_log(
    console: Console, file: Path, inventory: Inventory | None, *, provider: str | None, as_json: bool
) -> ExitCode:
    with _opened(console, file) as stream:
        found = tallies(read_log(lines(stream)))
    rows = tuple(
        output.Row(
            code=code,
            tally=tally,
            examples=tuple(explained(item, tally.count, inventory, provider=provider) for item in tally.examples),
        )
        for code, tally in found
    )
    console.data(bounces_json.log(rows) if as_json else output.log(rows))
    return ExitCode.OK if any(row.code for row in rows) else ExitCode.ERROR


def explain_bounce(
    console: Console,
    file: Path,
    *,
    log: bool = False,
    inventory: Path | None = None,
    provider: str | None = None,
    as_json: bool = False,
) -> ExitCode:
    """Explain *file*, or with *log* count what is in it; an error where nothing of it is understood.

    With an inventory, the change that cures it; *provider* names the preset of a relay that is to be added for that.
    """
    known = _inventory(inventory)
    if log:
        return _explain_log(console, file, known, provider=provider, as_json=as_json)
    with _opened(console, file) as stream:
        data = stream.read(MOST_BYTES)
    items = tuple(explained(item, count, known, provider=provider) for item, count in distinct(read(data)))
    console.data(bounces_json.bounce(items) if as_json else output.bounce(items))
    return ExitCode.OK if any(item.rejection.category for item in items) else ExitCode.ERROR
