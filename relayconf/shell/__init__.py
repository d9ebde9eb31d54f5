"""The scripts that run on the hosts, put together from parts: the core, one MTA's fragment, and what is to be done."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent

CORE = _HERE / "core.sh"
OBSERVE = _HERE / "observe.sh"
DEPLOY = _HERE / "deploy.sh"


def _lines(part: Path | str) -> list[str]:
    text = part.read_text("utf-8") if isinstance(part, Path) else part
    stripped = (line.strip("\t ") for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def assemble(*parts: Path | str) -> str:
    """One script of *parts*, paths or texts, after `CORE`; the last one defines `main`, which gets the arguments.

    The script is one function called on its last line, so that half of it does nothing. Every byte of it costs the host
    two system calls (see `relayconf.remote.framing`): comments, indentation and empty lines are left out, and so a part
    may hold neither here-documents nor quoted text in which they matter.
    """
    body = [line for part in (CORE, *parts) for line in _lines(part)]
    return "\n".join(["relayconf() {", *body, 'main "$@"', "}", 'relayconf "$@"', ""])
