"""SMTP replies from a socket that says anything."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from relayconf.doctor.wire import Broken, Reply, Silent, Wire


@pytest.fixture(name="pair")
def _pair() -> Iterator[tuple[Wire, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield Wire(near, seconds=0.3, most=1.0), far


def test_replies(pair: tuple[Wire, socket.socket]) -> None:
    """Of one line and of several, one behind the other; a code alone is a reply too."""
    wire, far = pair
    far.sendall(b"220 a b\r\n250-one\r\n250-two\n250 \xff\r\n221\r\n")

    assert wire.reply() == Reply(code=220, lines=("a b",))
    assert wire.reply() == Reply(code=250, lines=("one", "two", "\udcff"))
    last = wire.reply()
    assert (last.code, last.text) == (221, "221")


def test_commands(pair: tuple[Wire, socket.socket]) -> None:
    """Are lines; what was said before they could be sent is the reply."""
    wire, far = pair
    far.sendall(b"250 ok\r\n")

    assert wire.command("NOOP").text == "250 ok"
    assert far.recv(100) == b"NOOP\r\n"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 400 Bad\r\n", "what it says is no SMTP"),
        (b"x" * 5000, "a line without end"),
        (b"250-x\r\n" * 200, "a reply without end"),
        (b"", "the other side closed the connection"),
    ],
)
def test_nonsense(pair: tuple[Wire, socket.socket], said: bytes, why: str) -> None:
    """Ends the dialogue, without a word of it in the reason."""
    wire, far = pair
    far.sendall(said)
    far.shutdown(socket.SHUT_WR)

    with pytest.raises(Broken) as caught:
        wire.reply()
    assert str(caught.value) == why


def test_silence_is_bounded(pair: tuple[Wire, socket.socket]) -> None:
    """Each reply in time, and all together: whoever sends a byte now and then does not hold us up for ever."""
    wire, far = pair
    begun = time.monotonic()
    with pytest.raises(Silent):
        wire.reply()
    assert time.monotonic() - begun < 0.9

    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.1):
            far.sendall(b"250-x\r\n")

    thread = threading.Thread(target=drip)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(Silent):
        wire.reply()
    over.set()
    thread.join()
    assert time.monotonic() - begun < 1.5


def test_all_replies_together_are_bounded() -> None:
    """However quickly each comes."""
    near, far = socket.socketpair()
    with near, far:
        wire = Wire(near, seconds=5, most=0.0)
        far.sendall(b"220 x\r\n")
        with pytest.raises(Silent):
            wire.reply()


def test_a_connection_that_is_gone(pair: tuple[Wire, socket.socket]) -> None:
    """Cannot be written to, nor read from."""
    wire, far = pair
    far.close()
    with pytest.raises(Broken, match="BrokenPipeError"):
        wire.command("NOOP")


def test_a_reset() -> None:
    """Ends the dialogue too."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as near:
        far, _ = listener.accept()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        with pytest.raises(Broken, match=r"broke off \(ConnectionResetError\)"):
            Wire(near, seconds=1, most=2).reply()
