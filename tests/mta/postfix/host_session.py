"""A session in a host of the lab, past ssh: the same framing, and any shell."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from relayconf.connection import Become
from relayconf.errors import ConnectionLost, TcpRefused
from relayconf.remote.base import LIMIT, Completed
from relayconf.remote.framing import conclude, frame
from tests.lab import Machine
from tests.lab.spec import HOST_ENVIRONMENT

SHIMS = "/shim"
"""Commands here are found first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSession:
    """Scripts run on *machine* by *shell*, as root, or by *user* who becomes root in the way of *become*.

    Satisfies `Session`.
    """

    machine: Machine
    shell: str = "dash"
    user: str = "root"
    become: Become | None = None

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
        """Run *script* as `Session.run` says."""
        command, header = frame(script, args, become=self.become, shell=self.shell)
        login = [] if self.user == "root" else ["runuser", f"--user={self.user}", "--"]
        done = subprocess.run(
            [*self.machine.enter, *login, *self.shell.split(), "-c", command],
            input=header + stdin,
            capture_output=True,
            check=False,
            timeout=timeout,
            env={**HOST_ENVIRONMENT, "PATH": f"{SHIMS}:{HOST_ENVIRONMENT['PATH']}"},
        )
        if len(done.stdout) + len(done.stderr) > limit:
            raise ConnectionLost("the script printed too much")
        return conclude(
            become=self.become,
            exit_status=done.returncode if done.returncode >= 0 else None,
            stdout=done.stdout,
            stderr=done.stderr,
            lost="the script was killed",
            unknown_hint=unknown_hint,
        )

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
