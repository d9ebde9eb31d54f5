"""The one place that writes to the terminal: data to stdout, talk to stderr."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TextIO


@dataclass(slots=True, kw_only=True)
class Console:
    """Where a command's words go. Text given to it is already safe to print."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    _progress: bool = False

    @property
    def is_interactive(self) -> bool:
        """Whether a human can be asked: both the question and the answer have a terminal."""
        return self.stdin.isatty() and self.stderr.isatty()

    def data(self, text: str) -> None:
        """What the command was asked for."""
        self._end_progress()
        self.stdout.write(text if text.endswith("\n") else f"{text}\n")
        self.stdout.flush()

    def talk(self, text: str) -> None:
        """Anything else a human should read."""
        self._end_progress()
        self.stderr.write(f"{text}\n")
        self.stderr.flush()

    def progress(self, line: str, *, done: int, total: int) -> None:
        """One step of many: a line that is written over on a terminal, a line of its own elsewhere."""
        if self.stderr.isatty():
            self.stderr.write(f"\r\x1b[K{done}/{total} {line}"[:120])
            self.stderr.flush()
            self._progress = True
        else:
            self.talk(line)

    def ask(self, question: str) -> str:
        """The answer to *question*, without its line end; empty at the end of input."""
        self._end_progress()
        self.stderr.write(question)
        self.stderr.flush()
        return self.stdin.readline().strip()

    def _end_progress(self) -> None:
        if self._progress:
            self.stderr.write("\r\x1b[K")
            self._progress = False


def standard() -> Console:
    """The console of this process."""
    return Console(stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr)
