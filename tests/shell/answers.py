"""A host that answers what a test wants, for answers that no script of ours gives."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from relayconf.errors import TcpRefused
from relayconf.remote.base import LIMIT, Completed


class Answers:
    """A session whose every script ends with the next of *answers* on its standard output."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.hints: list[str | None] = []

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
        """The next answer, whatever *script* is."""
        assert script.endswith('relayconf "$@"\n')
        assert not args
        assert timeout > 0
        assert limit > 0
        self.hints.append(unknown_hint)
        self.requests.append(stdin)
        return Completed(exit_status=0, stdout=self.answers.pop(0), stderr=b"")

    def open_tcp(self, host: str, port: int, *, timeout: float = 10.0) -> socket.socket:
        """Nothing opens."""
        raise TcpRefused(f"{host} {port} {timeout}")

    def close(self) -> None:
        """Nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
