"""A port of a relay on loopback that behaves as a test says, with real TLS. No message is taken."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.lab.credentials import Authority, make_authority, make_server_pem


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a port behaves. `answers` are whole replies by verb, in place of the usual ones (empty: it hangs up).

    `pem` is a file with key and certificate, for `tls`. `hello` and `hello_tls` are EHLO keywords before and inside
    TLS; `users` have their passwords. `sees` is the client's address as the port tells it.
    """

    greeting: str = "220 relay.test ESMTP"
    sees: str = ""
    tls: Literal["no", "starttls", "implicit"] = "no"
    pem: Path | None = None
    hello: tuple[str, ...] = ("SIZE 5000000",)
    hello_tls: tuple[str, ...] = ("SIZE 5000000", "AUTH PLAIN LOGIN")
    users: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


class Door(socketserver.ThreadingTCPServer):
    """One port; `heard` are the lines that came, each with whether it came inside TLS."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, manners: Manners, address: tuple[str, int]) -> None:
        self.manners = manners
        self.heard: list[tuple[str, bool]] = []
        self.over = threading.Event()
        super().__init__(address, _Talk)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def verbs(self) -> list[str]:
        """The first word of each line that came."""
        return [line.split(" ")[0] for line, _ in self.heard]

    def handle_error(self, _request: object, _client_address: object) -> None:
        """A client that goes away, or does not like the certificate, is no error of a server."""


class _Talk(socketserver.BaseRequestHandler):
    server: Door

    def setup(self) -> None:
        self.manners = self.server.manners
        self.inside = False
        self.stream: socket.socket = self.request
        self.stream.settimeout(20)
        if self.manners.tls == "implicit":
            self._wrap()
        self.reader = self.stream.makefile("rb")

    def _wrap(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(self.manners.pem))
        self.stream, self.inside = context.wrap_socket(self.stream, server_side=True), True
        if reader := getattr(self, "reader", None):
            reader.close()
        self.reader = self.stream.makefile("rb")

    def finish(self) -> None:
        """Close what was opened here; TLS makes a second socket of the first."""
        self.reader.close()
        self.stream.close()

    def _say(self, *lines: str) -> None:
        self.stream.sendall("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape"))

    def _hear(self) -> str:
        line: str = self.reader.readline().decode().rstrip("\r\n")
        self.server.heard.append((line, self.inside))
        return line

    def _ask(self, prompt: bytes) -> str:
        self._say(f"334 {base64.b64encode(prompt).decode()}")
        return base64.b64decode(self._hear()).decode()

    def _is_known(self, mechanism: str, initial: str) -> bool:
        users = self.manners.users
        match mechanism:
            case "PLAIN":
                _, user, password = base64.b64decode(initial).decode().split("\0")
            case "LOGIN":
                user, password = self._ask(b"Username:"), self._ask(b"Password:")
            case _:
                user, digest = self._ask(b"<1@x>").split(" ")
                return hmac.new(users.get(user, "").encode(), b"<1@x>", hashlib.md5).hexdigest() == digest
        return users.get(user) == password

    def _hello(self) -> None:
        words = list(self.manners.hello_tls if self.inside else self.manners.hello)
        if self.manners.tls == "starttls" and not self.inside:
            words.append("STARTTLS")
        sees = f", [{self.manners.sees}]" if self.manners.sees else ""
        lines = [f"relay.test at your service{sees}", *words]
        self._say(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")

    def _answer(self, verb: str, rest: str) -> bool:
        if verb in self.manners.answers:
            answer = self.manners.answers[verb]
            if answer:
                self._say(answer)
            return bool(answer)
        if verb == "EHLO":
            self._hello()
        elif verb == "STARTTLS":
            self._say("220 ready")
            self._wrap()
        elif verb == "AUTH":
            mechanism, _, initial = rest.partition(" ")
            self._say("235 welcome" if self._is_known(mechanism, initial) else "535 5.7.8 wrong")
        else:
            self._say("221 bye")
        return verb != "QUIT"

    def handle(self) -> None:
        """Talk until QUIT."""
        if not self.manners.greeting:
            self.server.over.wait(20)
            return
        self._say(self.manners.greeting)
        with suppress(OSError):
            while line := self._hear():
                verb, _, rest = line.partition(" ")
                if not self._answer(verb, rest):
                    return


@contextmanager
def door(manners: Manners, *, address: str = "127.0.0.1", port: int = 0) -> Iterator[Door]:
    """A port that has these manners."""
    with Door(manners, (address, port)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


@contextmanager
def filtered(address: str = "127.0.0.1") -> Iterator[int]:
    """A port that drops what comes: its queue of connections is full, and nobody takes one (listen(2))."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((address, 0))
        listener.listen(0)
        for _ in range(3):
            client = stack.enter_context(socket.socket())
            client.settimeout(0)
            with suppress(BlockingIOError):
                client.connect(listener.getsockname())
        yield int(listener.getsockname()[1])


def closed(address: str = "127.0.0.1") -> int:
    """A port where nobody listens."""
    with socket.create_server((address, 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """An authority, and files with the certificates of servers that it made."""

    folder: Path
    authority: Authority = field(default_factory=make_authority)

    @property
    def ca(self) -> str:
        """The authority, in PEM."""
        return self.authority.pem.decode()

    def pem(self, name: str = "localhost", address: str = "127.0.0.1", *, days: int = 1) -> Path:
        """Key and certificate of the server *name* at *address*, of so many *days*; 30 are too many."""
        path = self.folder / f"{name}-{address}-{days}.pem"
        path.write_bytes(make_server_pem(self.authority, name, address, age=dt.timedelta(days=days)))
        return path
