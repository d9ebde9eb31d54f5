"""A session over one SSH connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import paramiko

from relayconf.connection import Become
from relayconf.errors import ConnectionLost
from relayconf.remote.base import LIMIT, Completed
from relayconf.remote.framing import ASK_JOURNAL, Output, conclude, frame, outcome_unknown
from relayconf.remote.ssh.translation import LibraryError, connect_error, tcp_refused

_CHUNK = 32 * 1024  # one packet: Paramiko copies the rest of what it is given with every packet
_SETTLE = 0.3  # seconds: Paramiko closes the channels of a dead line a moment before it calls the line dead


def _upload(channel: paramiko.Channel, parts: Sequence[bytes]) -> None:
    # A refusal (sudo's, say) closes the channel under the upload; what the host said and its status decide, not this.
    with suppress(*LibraryError):
        for part in parts:
            for start in range(0, len(part), _CHUNK):
                channel.sendall(part[start : start + _CHUNK])
        channel.shutdown_write()


def _download(
    read: Callable[[int], bytes], take: Callable[[bytes], bool], limit: int, give_up: Callable[[], None]
) -> None:
    with suppress(*LibraryError):
        # Paramiko lets a host ignore the window, and queues what it sends: each read must fetch all that is queued.
        while data := read(limit + 1):
            if not take(data):
                give_up()


def _copy(read: Callable[[int], bytes], write: Callable[[bytes], None], end: Callable[[], None]) -> None:
    with suppress(*LibraryError):
        while data := read(_CHUNK):
            write(data)
    with suppress(*LibraryError):
        end()


def _start(target: Callable[..., None], *args: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread


@contextmanager
def _closing(channel: paramiko.Channel) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(*LibraryError):  # on a line that is gone, closing fails as well
            channel.close()


def _bridge(channel: paramiko.Channel) -> socket.socket:
    # A real socket, since TLS and select() want one; each direction ends by itself, and both ends close the channel.
    ours, theirs = socket.socketpair()

    def pump() -> None:
        with ours, _closing(channel):
            upward = _start(_copy, ours.recv, channel.sendall, channel.shutdown_write)
            _copy(channel.recv, ours.sendall, lambda: ours.shutdown(socket.SHUT_WR))
            upward.join()

    _start(pump)
    return theirs


class SshSession:
    """Scripts run on a host through *transports*: the host's connection last, before it those of the jump hosts.

    Satisfies `Session`.
    """

    def __init__(self, transports: Sequence[paramiko.Transport], *, become: Become | None) -> None:
        self._transports = tuple(transports)
        self._become = become

    def _channel(self, command: str, timeout: float, unknown_hint: str | None) -> paramiko.Channel:
        try:
            channel = self._transports[-1].open_session(timeout=timeout)
            channel.exec_command(command)
        except paramiko.ChannelException as error:
            raise connect_error(error, "a channel for the script") from error
        except LibraryError as error:
            hint = unknown_hint or ASK_JOURNAL
            raise ConnectionLost("the line dropped before the script was sent", hint=hint) from error
        return channel

    def _gather(self, channel: paramiko.Channel, output: Output, limit: int, end: float) -> bool:
        # Whether the channel ended by then, be it that the script said too much.
        threads = (
            _start(_download, channel.recv, output.into_stdout, limit, self.close),
            _start(_download, channel.recv_stderr, output.into_stderr, limit, self.close),
        )
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        ended = channel.status_event.wait(max(0.0, end - time.monotonic()))
        return ended and not any(thread.is_alive() for thread in threads)

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
        """Run *script* as `Session.run` says. One that is cut off ends the session: its host is still at work."""
        end = time.monotonic() + timeout
        command, header = frame(script, args, become=self._become)
        channel = self._channel(command, timeout, unknown_hint)
        output = Output(limit)
        _start(_upload, channel, (header, stdin))
        with _closing(channel):
            ended = self._gather(channel, output, limit, end)
            if output.is_full:
                raise output.error(unknown_hint)
            if not ended:
                self.close()
                raise outcome_unknown(f"the script did not end within {timeout:g} s", unknown_hint)
            status = channel.recv_exit_status()
            # A status without the end of the output is no end: some of the output may be missing.
            is_whole = status >= 0 and channel.eof_received
        return conclude(
            become=self._become,
            exit_status=status if is_whole else None,
            stdout=bytes(output.stdout),
            stderr=bytes(output.stderr),
            lost="" if is_whole else self._lost(),
            unknown_hint=unknown_hint,
        )

    def _lost(self) -> str:
        self._transports[-1].join(_SETTLE)
        return "the host sent no exit status" if self._transports[-1].is_active() else "the line dropped"

    def open_tcp(self, host: str, port: int, *, timeout: float = 10.0) -> socket.socket:
        """A TCP connection from the host's network, by SSH's direct-tcpip. Raises TcpRefused."""
        try:
            channel = self._transports[-1].open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=timeout)
        except LibraryError as error:
            raise tcp_refused(error, host, port) from error
        return _bridge(channel)

    def close(self) -> None:
        """End the session and its connections to jump hosts. Safe to call twice."""
        for transport in reversed(self._transports):
            transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
