"""The one place that writes to the terminal: data to stdout, talk to stderr."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TextIO

from relayconf.errors import RelayconfError


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

    @property
    def shows_data(self) -> bool:
        """Whether a human sees what goes to stdout."""
        return self.stdout.isatty()

    def data(self, text: str) -> None:
        """What the command was asked for. Raises BrokenPipeError, and RelayconfError when it cannot be written."""
        self._end_progress()
        try:
            self.stdout.write(text if text.endswith("\n") else f"{text}\n")
            self.stdout.flush()
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is closed"
            raise RelayconfError(f"cannot write the output: {reason}") from error

    def talk(self, text: str) -> None:
        """Anything else a human should read."""
        self._end_progress()
        self._tell(f"{text}\n")

    def progress(self, line: str, *, done: int, total: int) -> None:
        """One step of many: a line that is written over on a terminal, a line of its own elsewhere."""
        if self.stderr.isatty():
            self._tell(f"\r\x1b[K{done}/{total} {line}"[:120])
            self._progress = True
        else:
            self.talk(line)

    def ask(self, question: str) -> str:
        """The answer to *question*, without its line end; empty at the end of input."""
        self._end_progress()
        self._tell(question)
        return self.stdin.readline().strip()

    def _end_progress(self) -> None:
        if self._progress:
            self._tell("\r\x1b[K")
            self._progress = False

    def _tell(self, text: str) -> None:
        # Nobody can be told that nobody can be told; and no host may be left half done because a reader of logs went.
        with suppress(OSError, ValueError):
            self.stderr.write(text)
            self.stderr.flush()


def _open(stream: TextIO | None, mode: Literal["r", "w"]) -> TextIO:
    """*stream*, or nothing to read from or write to where the process was started without one."""
    if stream is None:
        return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123  open as long as the process is
    if isinstance(stream, io.TextIOWrapper):
        if mode == "r":
            # Addresses are bytes, and a carriage return is one of them.
            stream.reconfigure(errors="surrogateescape", newline="\n")
        else:
            # A terminal that has no `…` must not turn a plan into a crash.
            stream.reconfigure(errors="backslashreplace")
    return stream


def standard() -> Console:
    """The console of this process."""
    return Console(stdin=_open(sys.stdin, "r"), stdout=_open(sys.stdout, "w"), stderr=_open(sys.stderr, "w"))
