"""The scripts that run on the hosts, put together from parts: the core, one MTA's fragment, and what is to be done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_HERE = Path(__file__).parent

CORE = _HERE / "core.sh"
OBSERVE = (_HERE / "observe.sh",)
SOURCES = _HERE / "sources.sh"
DEPLOY = (_HERE / "transaction.sh", _HERE / "deploy.sh")
UNDO = (_HERE / "transaction.sh", _HERE / "undo.sh")
DOCTOR = (_HERE / "doctor.sh",)
GUARD = _HERE / "guard.sh"
HELPER = _HERE / "helper.sh"
"""What a task adds to the MTA's fragment; the last part has its `main`."""


# A function at the left margin, on one line or up to the brace that closes it there.
_FUNCTION = re.compile(r"^([a-z_]+)\(\) \{(?:.*\}|\n(?:.*\n)*?\})\n", re.MULTILINE)
_WORD = re.compile(r"[a-z_]+")


def _pieces(part: Path | str) -> Iterator[tuple[str, str]]:
    """The functions of *part* with their names, and what stands between them without a name."""
    text = part.read_text("utf-8") if isinstance(part, Path) else part
    end = 0
    for function in _FUNCTION.finditer(text):
        yield "", text[end : function.start()]
        yield function[1], function[0]
        end = function.end()
    yield "", text[end:]


def _lines(text: str) -> list[str]:
    stripped = (line.strip("\t ") for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _needed(pieces: list[tuple[str, list[str]]]) -> set[str]:
    """The names of all functions that `main` comes to by any way; every word that is a name counts as a call."""
    calls: dict[str, set[str]] = {}
    for name, lines in pieces:
        calls.setdefault(name, set()).update(_WORD.findall("\n".join(lines)))
    needed, found = {"main", ""}, ["main", ""]
    while found:
        new = (calls.get(found.pop(), set()) & calls.keys()) - needed
        needed |= new
        found += new
    return needed


def assemble(*parts: Path | str) -> str:
    """One script of *parts*, paths or texts, after `CORE`; the last one defines `main`, which gets the arguments.

    The script is one function called on its last line, so that half of it does nothing. Every byte of it costs the host
    two system calls (see `relayconf.remote.framing`): comments, indentation, empty lines and functions that are not
    called are left out, and so a part may hold neither here-documents nor quoted text in which they matter. Where the
    last part is a file, its name is the script's task, which a host with a helper is told instead of the script.
    """
    pieces = [(name, _lines(text)) for part in (CORE, *parts) for name, text in _pieces(part)]
    needed = _needed(pieces)
    body = [line for name, lines in pieces if name in needed for line in lines]
    task = [f"task={parts[-1].stem}"] if isinstance(parts[-1], Path) else []
    return "\n".join(["relayconf() {", *task, *body, 'main "$@"', "}", 'relayconf "$@"', ""])
