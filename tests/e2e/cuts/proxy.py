"""A TCP proxy in front of an SSH server, which counts what the client sends, and stops after so many bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations
from typing import Literal, Self, TypeAlias

from tests.lab import Lab
from tests.lab.spec import HUB_ADDRESS

Stop: TypeAlias = Literal["never", "close", "silence"]
"""What comes after the last byte: both ends are closed; or nothing any more, in neither direction, and no FIN."""

_CHUNK = 4096


class Proxy:
    """Listens at the hub on *port* for one connection, and passes it on to *address*, port 22.

    `sent` counts the bytes from the client that were passed on. After *limit* of them it does as *stop* says, and `cut`
    is set. A silent proxy holds both connections until it is left. With *again* it takes every later connection, too,
    and lets these be.
    """

    def __init__(
        self, lab: Lab, address: str, port: int, *, stop: Stop = "never", limit: int = 0, again: bool = False
    ) -> None:
        self.sent = 0
        self.cut = threading.Event()
        self._stop, self._limit, self._address = stop, limit, address
        self._again = again
        self._ends: list[socket.socket] = []
        self._lab = lab
        with lab.inside():
            self._listener = socket.create_server((HUB_ADDRESS, port))
            # what a thread opens is in the network that it was started in
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            client, server = self._accept()
            back = self._start(self._back, server, client)
            forth = self._start(self._forth, client, server)
            while self._again:
                for one, other in permutations(self._accept()):
                    self._start(self._pass_on, one, other)
            forth.join()
            if not self.cut.is_set():
                back.join()

    @staticmethod
    def _start(carry: Callable[[socket.socket, socket.socket], None], *ends: socket.socket) -> threading.Thread:
        thread = threading.Thread(target=carry, args=ends, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> tuple[socket.socket, socket.socket]:
        client, _ = self._listener.accept()
        self._ends.append(client)
        server = socket.create_connection((self._address, 22), 10)
        server.settimeout(None)
        self._ends.append(server)
        return client, server

    @staticmethod
    def _pass_on(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(_CHUNK):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def _forth(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                left = self._limit - self.sent if self._stop != "never" else _CHUNK
                data = client.recv(min(left, _CHUNK))
                if not data:
                    break
                server.sendall(data)
                self.sent += len(data)
                if self._stop != "never" and self.sent >= self._limit:
                    self.cut.set()
                    if self._stop == "close":
                        self._close()
                    return
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(_CHUNK):
                if self.cut.is_set():
                    return
                client.sendall(data)
            if not self.cut.is_set():
                client.shutdown(socket.SHUT_WR)

    def _close(self) -> None:
        for end in self._ends:
            # a thread that waits in recv keeps a socket open: it has to be told
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._close()
        self._thread.join(10)
        # what was opened meanwhile
        self._close()
