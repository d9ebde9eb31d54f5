"""A double of a provider's mail servers, which cannot run here: RFC 5321 with STARTTLS, AUTH and a memory.

Ports: 25 is plain and asks for no AUTH, 587 asks for STARTTLS and then AUTH, 465 speaks TLS at once and asks for
AUTH. AUTH is PLAIN or LOGIN. A recipient whose local part starts with a code, `451-x@d` or `550-x@d`, gets that code.
"""

from __future__ import annotations

import base64
import binascii
import re
import socket
import socketserver
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.lab.records import Message, Recorder, Refusal
from tests.lab.spec import RelaySpec, relay_from_json

_COMMAND_LIMIT = 4096
_PATH = re.compile(r"(?:FROM|TO):\s*<([^>]*)>", re.IGNORECASE)
_ASKED_FOR = re.compile(r"([45])\d\d(?=-)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manners:
    """What a port does before it takes mail."""

    tls: Literal["no", "starttls", "implicit"]
    auth: bool


_MANNERS = {
    25: _Manners(tls="no", auth=False),
    465: _Manners(tls="implicit", auth=True),
    587: _Manners(tls="starttls", auth=True),
}


class _Refused(Exception):
    """A reply of 4xx or 5xx; it is recorded."""


class _Session(socketserver.BaseRequestHandler):
    """One connection."""

    server: Listener

    def setup(self) -> None:
        """Start TLS where the port begins with it."""
        self.tls = ""
        self.helo = self.user = self.password = self.tried = ""
        self.stream: socket.socket = self.request
        self.stream.settimeout(300)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server.manners.tls == "implicit":
            self._wrap()
        self._open()
        self._forget()
        self.commands: dict[str, Callable[[str], str]] = {
            "EHLO": self._ehlo,
            "HELO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": lambda _: "250 2.0.0 Ok",
        }

    def handle(self) -> None:
        """Talk until QUIT or the end of the line."""
        self._say(f"220 {self.server.relay_name} ESMTP")
        while line := self._hear():
            verb, _, argument = line.partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 2.0.0 Bye")
                return
            self._answer(verb.upper(), argument)

    def finish(self) -> None:
        """Close what was opened here; TLS makes a second socket of the first."""
        self.reader.close()
        self.stream.close()

    def _answer(self, verb: str, argument: str) -> None:
        try:
            reply = self.commands.get(verb, self._unknown)(argument)
        except _Refused as refused:
            reply = str(refused)
            # what AUTH carries is a password
            self._record_refusal(verb if verb == "AUTH" else f"{verb} {argument}".strip(), reply)
        self._say(reply)
        if verb == "STARTTLS" and reply.startswith("220"):
            self._wrap()
            self._open()

    def _record_refusal(self, command: str, reply: str) -> None:
        self.server.recorder.write(
            Refusal(
                server=self.server.relay_name,
                port=self.server.port,
                peer=self.client_address[0],
                user=self.tried,
                command=command,
                reply=reply,
            )
        )

    def _wrap(self) -> None:
        try:
            secured = self.server.tls_context.wrap_socket(self.stream, server_side=True)
        except OSError as error:
            self._record_refusal("(TLS handshake)", str(error))
            raise
        self.stream, self.tls = secured, secured.version() or ""

    def _open(self) -> None:
        # a new reader also forgets what was sent in plain text ahead of TLS
        self.reader = self.stream.makefile("rb")

    def _forget(self) -> None:
        self.sender: str | None = None
        self.recipients: list[str] = []

    def _say(self, reply: str) -> None:
        self.stream.sendall(reply.encode() + b"\r\n")

    def _hear(self) -> str:
        return self.reader.readline(_COMMAND_LIMIT).decode("latin-1").rstrip("\r\n")

    def _unknown(self, _argument: str) -> str:
        raise _Refused("500 5.5.2 Error: command not recognized")

    def _ehlo(self, argument: str) -> str:
        self.helo = argument
        self._forget()
        lines = [self.server.relay_name, "PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self.server.manners.tls == "starttls" and not self.tls:
            lines.append("STARTTLS")
        elif self.server.manners.auth:
            lines.append("AUTH PLAIN LOGIN")
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])

    def _starttls(self, _argument: str) -> str:
        if self.server.manners.tls != "starttls" or self.tls:
            raise _Refused("503 5.5.1 STARTTLS not offered")
        self.helo = ""
        self._forget()
        return "220 2.0.0 Ready to start TLS"

    def _require_tls(self) -> None:
        if self.server.manners.tls == "starttls" and not self.tls:
            raise _Refused("530 5.7.0 Must issue a STARTTLS command first")

    def _auth(self, argument: str) -> str:
        self._require_tls()
        if not self.server.manners.auth or self.user:
            raise _Refused("503 5.5.1 AUTH not offered")
        mechanism, _, initial = argument.partition(" ")
        try:
            user, password = self._credentials(mechanism.upper(), initial)
        except (binascii.Error, ValueError) as error:
            raise _Refused("501 5.5.2 Cannot decode") from error
        self.tried = user
        if password not in self.server.relay().users.get(user, ()):
            raise _Refused("535 5.7.8 Authentication credentials invalid")
        self.user, self.password = user, password
        return "235 2.7.0 Authentication successful"

    def _credentials(self, mechanism: str, initial: str) -> tuple[str, str]:
        match mechanism:
            case "PLAIN":
                _authzid, user, password = (self._decode(initial) or self._ask("")).split("\0")
            case "LOGIN":
                user = self._decode(initial) or self._ask("Username:")
                password = self._ask("Password:")
            case _:
                raise _Refused("504 5.5.4 Unrecognized authentication type")
        return user, password

    def _ask(self, prompt: str) -> str:
        self._say(f"334 {base64.b64encode(prompt.encode()).decode()}")
        return self._decode(self._hear())

    @staticmethod
    def _decode(text: str) -> str:
        return base64.b64decode(text, validate=True).decode()

    def _mail(self, argument: str) -> str:
        self._require_tls()
        if self.server.manners.auth and not self.user:
            raise _Refused("530 5.7.0 Authentication required")
        path = _PATH.match(argument)
        if not path or self.sender is not None:
            raise _Refused("503 5.5.1 Bad sequence of commands")
        self.sender = path[1]
        return "250 2.1.0 Ok"

    def _rcpt(self, argument: str) -> str:
        path = _PATH.match(argument)
        if not path or self.sender is None:
            raise _Refused("503 5.5.1 Bad sequence of commands")
        if asked := _ASKED_FOR.match(path[1]):
            raise _Refused(f"{asked[0]} {asked[1]}.1.1 <{path[1]}>: as asked")
        if refusal := self.server.relay().refusal:
            raise _Refused(refusal)
        self.recipients.append(path[1])
        return "250 2.1.5 Ok"

    def _data(self, _argument: str) -> str:
        if not self.recipients:
            raise _Refused("503 5.5.1 No valid recipients")
        self._say("354 End data with <CR><LF>.<CR><LF>")
        content = self._content()
        time.sleep(self.server.relay().delay)
        self.server.recorder.write(
            Message(
                server=self.server.relay_name,
                port=self.server.port,
                peer=self.client_address[0],
                helo=self.helo,
                tls=self.tls,
                user=self.user,
                password=self.password,
                sender=self.sender or "",
                recipients=tuple(self.recipients),
                content=content,
            )
        )
        self._forget()
        return "250 2.0.0 Ok: recorded"

    def _content(self) -> bytes:
        lines: list[bytes] = []
        for line in self.reader:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line.removeprefix(b"."))
        raise ConnectionResetError("the client left in the middle of a message")

    def _rset(self, _argument: str) -> str:
        self._forget()
        return "250 2.0.0 Ok"


class Listener(socketserver.ThreadingTCPServer):
    """One port of one server. Its relay file is read whenever its contents matter, so it may change meanwhile."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *, address: str, port: int, relay_file: Path, tls_context: ssl.SSLContext, recorder: Recorder):
        self.port = port
        self.manners = _MANNERS[port]
        self.relay_file = relay_file
        self.relay_name = self.relay().name
        self.tls_context = tls_context
        self.recorder = recorder
        super().__init__((address, port), _Session)

    def relay(self) -> RelaySpec:
        """The relay as it is to behave now."""
        return relay_from_json(self.relay_file.read_text())

    def handle_error(self, _request: object, _client_address: object) -> None:
        """A client that goes away, or whose TLS fails, is no error of a server."""
