"""The session of an admin who works on the mail server itself: the same scripts, run by the local shell."""

from __future__ import annotations

import errno
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

from relayconf.connection import Become
from relayconf.errors import ConnectError, TcpReason, TcpRefused
from relayconf.remote.base import LIMIT, Completed
from relayconf.remote.framing import Output, conclude, frame, outcome_unknown

_CHUNK = 64 * 1024  # what a pipe holds


def _sender(pipe: IO[bytes], data: bytes) -> Callable[[], bool]:
    left = memoryview(data)
    os.set_blocking(pipe.fileno(), False)

    def send() -> bool:
        nonlocal left
        try:
            left = left[os.write(pipe.fileno(), left[:_CHUNK]) :]
        except BrokenPipeError:  # a refusal (sudo's, say): what it printed and its status decide, not this
            return False
        return bool(left)

    return send


def _receiver(pipe: IO[bytes], take: Callable[[bytes], object]) -> Callable[[], bool]:
    def receive() -> bool:
        data = os.read(pipe.fileno(), _CHUNK)
        take(data)
        return bool(data)

    return receive


def _steps(
    process: subprocess.Popen[bytes], data: bytes, output: Output | None
) -> Iterator[tuple[IO[bytes], int, Callable[[], bool]]]:
    into_stdout, into_stderr = (output.into_stdout, output.into_stderr) if output else (len, len)
    if process.stdin and not process.stdin.closed:
        yield process.stdin, selectors.EVENT_WRITE, _sender(process.stdin, data)
    if process.stdout and not process.stdout.closed:
        yield process.stdout, selectors.EVENT_READ, _receiver(process.stdout, into_stdout)
    if process.stderr and not process.stderr.closed:
        yield process.stderr, selectors.EVENT_READ, _receiver(process.stderr, into_stderr)


def _exchange(process: subprocess.Popen[bytes], data: bytes, output: Output | None, timeout: float) -> bool:
    # Whether the process and its outputs ended before the time was over or *output* full. Without one they are dropped.
    end = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        steps = {}
        for pipe, event, step in _steps(process, data, output):
            steps[selector.register(pipe, event).fd] = pipe, step
        while steps:
            for key, _ in selector.select(max(0.0, end - time.monotonic())):
                pipe, step = steps[key.fd]
                if not step():
                    selector.unregister(pipe)
                    pipe.close()
                    del steps[key.fd]
            if time.monotonic() >= end or (output and output.is_full):
                return False
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, end - time.monotonic()))
    return process.returncode is not None


def _stop(process: subprocess.Popen[bytes], grace: float) -> None:
    for kind in (signal.SIGTERM, signal.SIGKILL):
        # A script that sudo started belongs to root: then only its closed pipes tell it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, kind)
        if _exchange(process, b"", None, grace):
            break
    for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
        pipe.close()
    process.poll()


_NO_ROUTE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def _reason(error: OSError) -> TcpReason:
    # EAI_AGAIN says that nobody could be asked, not that there is no such name.
    if isinstance(error, socket.gaierror):
        return "no name" if error.errno == socket.EAI_NONAME else "unknown"
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "no route" if error.errno in _NO_ROUTE else "unknown"


def _refusal(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return os.strerror(error.errno or errno.EIO).lower()


class LocalSession:
    """Scripts run by *shell* on this machine. Satisfies `Session`."""

    def __init__(self, become: Become | None = None, shell: str = "sh", *, grace: float = 5.0) -> None:
        """*grace* is how long a script that is cut off may clean up after SIGTERM, in seconds."""
        self._become = become
        self._shell = shell
        self._grace = grace

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
        output = Output(limit)
        if not _exchange(process, header + stdin, output, timeout):
            _stop(process, self._grace)
            if output.is_full:
                raise output.error(unknown_hint)
            raise outcome_unknown(f"the script did not end within {timeout:g} s", unknown_hint)
        status = process.returncode
        return conclude(
            become=self._become,
            exit_status=status if status >= 0 else None,
            stdout=bytes(output.stdout),
            stderr=bytes(output.stderr),
            lost="the script was killed",
            unknown_hint=unknown_hint,
        )

    def open_tcp(self, host: str, port: int, *, timeout: float = 10.0) -> socket.socket:
        """A TCP connection from this machine. Raises TcpRefused."""
        try:
            connection = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise TcpRefused(
                f"no connection to {host} port {port}: {_refusal(error)}", reason=_reason(error)
            ) from error
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
