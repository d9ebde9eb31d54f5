"""The report of a script that changes things on a host: its lines, and what its last one means (docs/wire.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from relayconf.errors import ConnectionLost, DeployError, RollbackFailed
from relayconf.text import printable

_END = re.compile(rb"(?:\A|\n)end ([0-9]{1,3})\n\Z")
_SHOWN = 4000  # characters of one line that are quoted


class End(IntEnum):
    """The script's exit status, which is the number in its last line too."""

    DONE = 0
    REFUSED = 10
    STALE = 11
    RESTORED = 12
    ROLLBACK_FAILED = 13


def _named(rest: str) -> str:
    return rest.replace(" ", ": ", 1)


_RECOVERED: Mapping[str, str] = {
    "finished": "had been cut short, was finished",
    "restored": "had been cut short, was rolled back",
    "rolled-back": "had been cut short while it was rolled back, is rolled back now",
    "unchanged": "had been cut short, had changed nothing",
    "overdue": "nobody had confirmed in time, was rolled back",
    "rebooted": "nobody had confirmed before the host was booted anew, was rolled back",
}


def _recovered(rest: str) -> str:
    transaction, _, how = rest.partition(" ")
    return f"transaction {transaction}, which {_RECOVERED.get(how, f'had been cut short, {how}')}"


def _left(rest: str) -> str:
    transaction, _, paths = rest.partition(" ")
    return f"changed by somebody since transaction {transaction}, so left as it is: {paths}"


_WORDS: Mapping[str, Callable[[str], str]] = {"recovered": _recovered, "left": _left, "warning": str}
"""What a human should know of a run that went well, and how it is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The lines before the last one as pairs, what kind and the rest, safe to print; and the last one's status."""

    lines: tuple[tuple[str, str], ...]
    status: int

    def all(self, kind: str) -> tuple[str, ...]:
        """The rests of all lines of one kind."""
        return tuple(rest for name, rest in self.lines if name == kind)

    def list_of(self, kind: str) -> str:
        """All lines of one kind as one phrase."""
        return "; ".join(_named(rest) for rest in self.all(kind))

    def words(self, *kinds: str) -> tuple[str, ...]:
        """What the lines of these kinds (`recovered`, `left`, `warning`) tell a human, in their order."""
        return tuple(_WORDS[kind](rest) for kind, rest in self.lines if kind in kinds)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything that a human should know of a run that went well."""
        return self.words(*_WORDS)

    @property
    def done_before(self) -> tuple[str, ...]:
        """What had been done before a step failed, so that the host is not simply as it was."""
        rolled_back = (f"transaction {name} was rolled back" for name in self.all("rolled-back"))
        return (*self.words("recovered", "left"), *rolled_back)

    def failure(self, action: str) -> str:
        """The first step that failed, and why; *action* is what failed when the host names none."""
        return _named(next(iter(self.all("failed")), f"{action} the host gave no reason"))


def split_end(stdout: bytes) -> tuple[tuple[bytes, ...], int] | None:
    """The lines before the last one, and its status; None for a report without end."""
    end = _END.search(stdout)
    return None if end is None else (tuple(stdout[: end.start()].split(b"\n")), int(end.group(1)))


def read_report(stdout: bytes) -> Report:
    """The report on a script's standard output. Raises ConnectionLost when it broke off: its end is unknown."""
    ended = split_end(stdout)
    if ended is None:
        raise ConnectionLost(
            "the host's report broke off; what it did is unknown here",
            hint="run the command again: the host's journal knows what was done",
        )
    lines, status = ended
    pairs = (printable(line)[:_SHOWN].partition(" ") for line in lines)
    return Report(lines=tuple((kind, rest) for kind, _, rest in pairs), status=status)


def failure_of(report: Report, *, action: str, folder: str) -> DeployError | ConnectionLost:
    """The error that a *report* of something that was not done means; *action* names what was asked for.

    *folder* is where the host keeps what it could not put back. A status without a meaning leaves the outcome unknown.
    """
    failure, before = report.failure(action), "; ".join(report.done_before)
    so_far = f"before that, {before}" if before else "the host is as it was before"
    match report.status:
        case End.REFUSED | End.RESTORED:
            return DeployError(f"{failure}; {so_far}", partly=bool(before))
        case End.ROLLBACK_FAILED:
            return RollbackFailed(
                f"{failure}; not put back: {report.list_of('rollback-failed')}{f'; {so_far}' if before else ''}",
                hint=f"the next apply tries again; the old files are on the host in {folder}/saved, "
                "named in the manifest",
            )
        case _:
            return ConnectionLost(f"the host's report ends with the status {report.status}, which means nothing here")
