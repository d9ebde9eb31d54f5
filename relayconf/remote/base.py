"""The seam to a host: run a script there, or open a TCP connection from there."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

LIMIT = 256 * 1024 * 1024
"""How many bytes a script may print, unless its caller says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A script that ran to its end. Output is the host's: hostile until escaped."""

    exit_status: int
    stdout: bytes
    stderr: bytes


class Session(Protocol):
    """One connection to one host, with the privileges that the inventory asks for."""

    def run(
        self,
        script: str,
        args: Sequence[str] = (),
        stdin: bytes = b"",
        *,
        timeout: float = 120.0,
        limit: int = LIMIT,
        unknown_hint: str | None = None,
    ) -> Completed:
        """Run the POSIX shell *script* with *args* as `$1`… and *stdin* as its standard input.

        Script and *args* travel in front of *stdin* (see `relayconf.remote.framing`), never in a command line.
        *timeout* bounds the whole run, in seconds, and *limit* what it prints, in bytes over both outputs. A script
        that exceeds either is cut off, with ConnectionLost. *unknown_hint* says what follows when the outcome stays
        unknown; without it ConnectionLost says that what the host did is unknown, and to ask its journal. Raises also
        BecomeError, and ConnectError when the login shell did not start the script.
        """

    def open_tcp(self, host: str, port: int, *, timeout: float = 10.0) -> socket.socket:
        """A TCP connection made from the host's own network. Raises TcpRefused."""

    def close(self) -> None:
        """End the session. Safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
