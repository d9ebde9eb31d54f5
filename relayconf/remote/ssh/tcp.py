"""TCP connections that suit SSH's small packets."""

from __future__ import annotations

import socket
from contextlib import suppress

_DEAD_AFTER = 60_000  # milliseconds without an acknowledgement until the kernel gives a connection up


class _PromptSocket(socket.socket):
    """Acknowledges what it reads at once.

    sshd sends two small packets after the log-in and leaves Nagle's algorithm on: it holds the second back until the
    first is acknowledged, which Linux would put off by 40 ms (tcp(7), TCP_QUICKACK, which lasts until the next send).
    """

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data = super().recv(bufsize, flags)
        with suppress(AttributeError, OSError):  # another system than Linux; a connection just closed
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return data


def dial(host: str, port: int, timeout: float) -> socket.socket:
    """A connection to *host*, tried on each of its addresses for *timeout* seconds. Raises OSError."""
    plain = socket.create_connection((host, port), timeout)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(AttributeError):  # another system than Linux: keepalive alone has to do
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_AFTER)
    return _PromptSocket(fileno=plain.detach())
