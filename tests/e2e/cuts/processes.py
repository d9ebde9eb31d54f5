"""Who is at work on a host of the lab, seen from outside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from tests.e2e.cuts.tree import Disk
from tests.lab import Machine

_STATE = "/var/lib/relayconf"
_POLL = 0.05
_QUIET = 1.0


@dataclass(frozen=True, slots=True)
class Process:
    """One process, with the numbers of the host's own table."""

    pid: int
    session: int


def _processes(host: Machine) -> Iterator[Process]:
    # the host's own /proc: a tenth of this machine's
    for folder in Disk(host=host).path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            if fields[0] not in "ZX":
                yield Process(int(folder.name), int(fields[3]))


@dataclass(frozen=True, slots=True)
class Watch:
    """What runs on *host* beside what ran there when the watch began."""

    host: Machine
    known: frozenset[int]

    @classmethod
    def of(cls, host: Machine) -> Watch:
        """A watch that begins now. The host is at rest."""
        return cls(host, frozenset(process.session for process in _processes(host)))

    def strangers(self) -> list[Process]:
        """Processes of sessions that are new. Postfix's daemons are all in master's."""
        return [process for process in _processes(self.host) if process.session not in self.known]

    def rest(self, limit: float = 90.0) -> bool:
        """Wait until nothing that a connection brought is left. False when it is after *limit* seconds."""
        deadline = time.monotonic() + limit
        while self.strangers():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        return True

    def rest_of_owners(self, limit: float = 90.0) -> bool:
        """Wait until no transaction is at work or waits for its payload, whoever else waits on a silent line."""
        state = Disk(host=self.host).path(_STATE)
        deadline = time.monotonic() + limit
        quiet = time.monotonic()
        while time.monotonic() - quiet < _QUIET:
            if (state / "lock").is_symlink() or ((state / "incoming").is_dir() and any((state / "incoming").iterdir())):
                quiet = time.monotonic()
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        return True

    def sweep(self) -> None:
        """Kill what is left of connections that nobody will hear of again."""
        if strangers := self.strangers():
            self.host.run(["kill", "-9", *(str(process.pid) for process in strangers)], check=False)
            self.rest(10)
