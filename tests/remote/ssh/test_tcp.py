from __future__ import annotations

import socket
import time

import pytest

from relayconf.remote.ssh.tcp import dial


def test_small_answers_are_not_put_off() -> None:
    """A peer that leaves Nagle's algorithm on sends two small packets one after the other without a pause."""
    quick = 0
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        dial("127.0.0.1", listener.getsockname()[1], 5) as near,
        listener.accept()[0] as far,
    ):
        for _ in range(20):
            near.sendall(b"?")
            far.recv(1)
            start = time.monotonic()
            for byte in (b"1", b"2"):
                far.send(byte)
                near.recv(1)
            quick += time.monotonic() - start < 0.03

    assert quick >= 15  # put off, each takes 40 ms; a busy machine may hold up a few


def test_dead_peer() -> None:
    """The kernel gives a connection up whose peer acknowledges nothing for a minute (tcp(7), TCP_USER_TIMEOUT)."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        dial("127.0.0.1", listener.getsockname()[1], 5) as near,
    ):
        assert near.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
        assert near.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_end_and_errors() -> None:
    """The end of the stream is an empty read, and a reset is still an OSError."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with dial("127.0.0.1", port, 5) as near:
            far, _ = listener.accept()
            far.close()

            assert near.recv(1) == b""

    with pytest.raises(ConnectionRefusedError):
        dial("127.0.0.1", port, 5)
