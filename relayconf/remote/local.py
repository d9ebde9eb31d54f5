"""The session of an admin who works on the mail server itself: the same scripts, run by the local shell."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

from relayconf.errors import ConnectError, ConnectionLost, TcpRefused
from relayconf.remote.base import Completed
from relayconf.remote.framing import ASK_JOURNAL, conclude, frame


def _stop(process: subprocess.Popen[bytes], grace: float) -> None:
    for kind in (signal.SIGTERM, signal.SIGKILL):
        # A script that sudo started belongs to root: then only its closed pipes tell it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, kind)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=grace)
            break
    for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
        with suppress(OSError):
            pipe.close()
    process.poll()


def _refusal(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return os.strerror(error.errno or errno.EIO).lower()


class LocalSession:
    """Scripts run by *shell* on this machine. Satisfies `Session`."""

    def __init__(self, become: Literal["sudo"] | None = None, shell: str = "sh", *, grace: float = 5.0) -> None:
        """*grace* is how long a script that ran into its time-out may clean up after SIGTERM, in seconds."""
        self._become = become
        self._shell = shell
        self._grace = grace

    def run(self, script: str, args: Sequence[str] = (), stdin: bytes = b"", *, timeout: float = 120.0) -> Completed:
        """Run *script* as `Session.run` says. It gets a session of its own, so that ^C here does not cut it short."""
        command, header = frame(script, args, become=self._become, shell=self._shell)
        try:
            process = subprocess.Popen(
                [*self._shell.split(), "-c", command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise ConnectError(f"cannot run `{self._shell}`: {_refusal(error)}") from error
        try:
            stdout, stderr = process.communicate(header + stdin, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            _stop(process, self._grace)
            raise ConnectionLost(
                f"the script did not end within {timeout:g} s; what it did is unknown here", hint=ASK_JOURNAL
            ) from error
        status = process.returncode
        return conclude(
            become=self._become,
            exit_status=status if status >= 0 else None,
            stdout=stdout,
            stderr=stderr,
            lost="the script was killed",
        )

    def open_tcp(self, host: str, port: int, *, timeout: float = 10.0) -> socket.socket:
        """A TCP connection from this machine. Raises TcpRefused."""
        try:
            connection = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise TcpRefused(f"no connection to {host} port {port}: {_refusal(error)}") from error
        connection.settimeout(None)
        return connection

    def close(self) -> None:
        """Nothing to end: each script was its own process."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
