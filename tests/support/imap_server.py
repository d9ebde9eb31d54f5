"""An IMAP server with TLS on loopback, which knows one user and as much of RFC 9051 as a look at a header needs."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.lab.credentials import make_authority, make_server_pem


class ImapServer(socketserver.ThreadingTCPServer):
    """`messages` are headers; `looks` counts the searches, and `arrive` is called before each. `broken` is nonsense."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.context = context
        self.messages: list[bytes] = []
        self.looks = 0
        self.arrive: Callable[[], object] = list
        self.broken = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Dialogue(socketserver.BaseRequestHandler):
    server: ImapServer

    def handle(self) -> None:
        """Until LOGOUT."""
        with suppress(OSError), self.server.context.wrap_socket(self.request, server_side=True) as line:
            stream = line.makefile("rwb", 0)
            stream.write(b"* OK ready\r\n")
            while words := stream.readline().decode().split(" ", 2):
                if len(words) < 2:
                    return
                stream.write(self._answer(words[1].strip().upper(), " ".join(words[2:]).strip(), words[0].encode()))

    def _answer(self, verb: str, rest: str, tag: bytes) -> bytes:
        done = tag + b" OK done\r\n"
        if self.server.broken and verb == "EXAMINE":
            return b"nonsense\r\n"
        if verb == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n" + done
        if verb == "LOGIN" and rest != 'postmaster "geheim-9"':
            return tag + b" NO " + rest.encode() + b"\r\n"
        if verb == "SEARCH":
            self.server.looks += 1
            self.server.arrive()
            wanted = re.sub(r'.*"<(.*)>".*', r"Message-ID: <\1>", rest).encode()
            numbers = [b"%d" % number for number, one in enumerate(self.server.messages, 1) if wanted in one]
            return b" ".join([b"* SEARCH", *numbers]) + b"\r\n" + done
        if verb == "FETCH":
            header = self.server.messages[int(rest.split(maxsplit=1)[0]) - 1]
            return b"* 1 FETCH (BODY[HEADER] {%d}\r\n%s)\r\n" % (len(header), header) + done
        return done


@contextmanager
def imap_server(folder: Path) -> Iterator[tuple[ImapServer, Path]]:
    """A server, and the certificate of who signed its own."""
    authority = make_authority()
    (folder / "imap.pem").write_bytes(make_server_pem(authority, "imap.example", "127.0.0.1"))
    (folder / "ca.pem").write_bytes(authority.pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "imap.pem")
    with ImapServer(context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server, folder / "ca.pem"
        finally:
            server.shutdown()
            thread.join()
