"""A whole SMTP dialogue with one port of a relay, over a connection that the host makes: EHLO, TLS, EHLO, AUTH."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from relayconf.doctor.login import NO_LOGIN, Login, LoginState, log_in, mechanisms
from relayconf.doctor.targets import Door
from relayconf.doctor.wire import Broken, Silent, Wire
from relayconf.errors import RelayconfError
from relayconf.model import IMPLICIT_TLS_PORTS

Open: TypeAlias = Callable[[], socket.socket]
"""Makes one more connection to the port. Raises TcpRefused."""

Credentials: TypeAlias = Callable[[], tuple[str, str] | None]
"""User name and password, asked for when they are needed; None: there are none. Raises SecretError."""

_NAME_MISMATCH = frozenset({62, 63, 64})
_DATES = frozenset({9, 10})
"""X509_V_ERR_…, from OpenSSL's x509_vfy.h: of the name, of the dates; the others are of the chain."""


class Mode(StrEnum):
    """How a port begins."""

    PLAIN = "plain"
    TLS = "TLS"
    SILENT = "silent"
    BROKEN = "broken"


class Certificate(StrEnum):
    """What a certificate is worth against the certificates that are trusted here, or those of the inventory."""

    NONE = "none"
    GOOD = "good"
    NAME = "another name"
    AUTHORITY = "an authority that is not known"
    DATE = "out of its dates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """What one port said. `hello` are its EHLO keywords in plain text, `hello_tls` those inside TLS.

    `tls` is the protocol version, empty without; `names` are those of the certificate where it is for others; `words`
    say what went wrong.
    """

    mode: Mode
    greeting: str = ""
    hello: tuple[str, ...] = ()
    hello_tls: tuple[str, ...] = ()
    tls: str = ""
    certificate: Certificate = Certificate.NONE
    names: tuple[str, ...] = ()
    login: Login = NO_LOGIN
    words: str = ""

    @property
    def starttls(self) -> bool:
        """Whether STARTTLS is offered."""
        return any(line.upper().split()[:1] == ["STARTTLS"] for line in self.hello)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The AUTH mechanisms that can be used in the end: those inside TLS where there is any."""
        return mechanisms(self.hello_tls if self.tls else self.hello)

    @property
    def size(self) -> int | None:
        """The SIZE it takes, in bytes (RFC 1870); None where it does not say, or 0 for "no limit"."""
        for line in (*self.hello_tls, *self.hello):
            word, *rest = line.upper().split() or [""]
            if word == "SIZE" and rest and rest[0].isascii() and rest[0].isdigit() and len(rest[0]) < 19:
                return int(rest[0]) or None
        return None


def _context(door: Door, *, verify: bool, name: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=door.ca)
    context.check_hostname = verify and name
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    return context


def _kind(error: ssl.SSLCertVerificationError) -> Certificate:
    if error.verify_code in _NAME_MISMATCH:
        return Certificate.NAME
    return Certificate.DATE if error.verify_code in _DATES else Certificate.AUTHORITY


def _names(secured: ssl.SSLSocket) -> tuple[str, ...]:
    found = secured.getpeercert() or {}
    pairs = found.get("subjectAltName", ())
    return tuple(str(pair[1]) for pair in pairs if isinstance(pair, tuple) and len(pair) == 2)[:10]


@dataclass(slots=True, kw_only=True)
class _Talk:
    """One port, perhaps on several connections: a failed handshake ends its own."""

    door: Door
    open: Open
    credentials: Credentials
    helo: str
    seconds: float

    def _wire(self, connection: socket.socket) -> Wire:
        return Wire(connection, seconds=self.seconds, most=4 * self.seconds)

    def _secure(self, plain: socket.socket, *, verify: bool, name: bool) -> ssl.SSLSocket:
        plain.settimeout(self.seconds)
        context = _context(self.door, verify=verify, name=name)
        return context.wrap_socket(plain, server_hostname=self.door.host)

    def _to_tls(self, connection: socket.socket) -> Dialogue:
        """The plain part up to `220 Ready`. Raises Broken."""
        wire = self._wire(connection)
        greeting = wire.reply()
        seen = Dialogue(mode=Mode.PLAIN, greeting=greeting.text)
        if greeting.code != 220:
            return replace(seen, words="it greets with a refusal")
        hello = wire.command(f"EHLO {self.helo}")
        seen = replace(seen, hello=hello.lines[1:])
        if hello.code != 250:
            return replace(seen, words=f"EHLO: {hello.text}")
        if seen.starttls:
            ready = wire.command("STARTTLS")
            if ready.code != 220:
                return replace(seen, words=f"STARTTLS: {ready.text}")
        else:
            with suppress(Broken):
                wire.command("QUIT")
        return seen

    def _inside(self, secured: ssl.SSLSocket, seen: Dialogue, certificate: Certificate) -> Dialogue:
        wire = self._wire(secured)
        seen = replace(seen, tls=secured.version() or "TLS", certificate=certificate)
        if seen.mode is Mode.TLS:
            seen = replace(seen, greeting=wire.reply().text)
        hello = wire.command(f"EHLO {self.helo}")
        seen = replace(seen, hello_tls=hello.lines[1:])
        if certificate is Certificate.GOOD:
            seen = replace(seen, login=self._login(wire, seen))
        with suppress(Broken):
            wire.command("QUIT")
        return seen

    def _login(self, wire: Wire, seen: Dialogue) -> Login:
        try:
            known = self.credentials()
        except RelayconfError as error:
            return Login(state=LoginState.UNTRIED, words=error.message)
        if known is None:
            return NO_LOGIN
        try:
            return log_in(wire, seen.mechanisms, *known)
        except Broken as error:
            return Login(state=LoginState.UNKNOWN, words=str(error))

    def _tls(self, mode: Mode, certificate: Certificate = Certificate.GOOD) -> Dialogue:
        """TLS from the start, or after STARTTLS. Again, with less asked of a certificate that is not *certificate*."""
        with self.open() as connection:
            seen = Dialogue(mode=mode) if mode is Mode.TLS else self._to_tls(connection)
            if mode is Mode.PLAIN and (seen.words or not seen.starttls):
                return seen
            verify = certificate in {Certificate.GOOD, Certificate.NAME}
            name = certificate is Certificate.GOOD
            try:
                secured = self._secure(connection, verify=verify, name=name)
            except ssl.SSLCertVerificationError as error:
                kind, said = _kind(error), error.verify_message
            except ssl.SSLError as error:
                return self._no_tls(seen, error)
            except OSError as error:
                return replace(seen, words=f"TLS: the connection broke off ({type(error).__name__})")
            else:
                with secured:
                    seen = replace(seen, names=_names(secured)) if verify and not name else seen
                    return self._inside(secured, seen, certificate)
        # A chain that is not good either shows when the name is left aside.
        following = self._tls(mode, kind)
        return replace(following, words=following.words or said)

    def _no_tls(self, seen: Dialogue, error: ssl.SSLError) -> Dialogue:
        if seen.mode is Mode.TLS and error.reason in {"WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG"}:
            return self._tls(Mode.PLAIN)
        return replace(seen, words=f"TLS: {(error.reason or 'failed').lower().replace('_', ' ')}")

    def whole(self) -> Dialogue:
        """The dialogue in whichever mode the port speaks. Raises TcpRefused."""
        first = Mode.TLS if self.door.port in IMPLICIT_TLS_PORTS else Mode.PLAIN
        try:
            return self._tls(first)
        except Silent as error:
            if first is Mode.TLS:
                return Dialogue(mode=Mode.SILENT, words=str(error))
        except Broken as error:
            return Dialogue(mode=Mode.BROKEN, words=str(error))
        # A server that begins with TLS waits for the client to speak.
        try:
            found = self._tls(Mode.TLS)
        except Broken as error:
            return Dialogue(mode=Mode.SILENT, words=str(error))
        return found if found.tls else Dialogue(mode=Mode.SILENT, words="no greeting in time")


def talk(door: Door, open_: Open, credentials: Credentials, *, helo: str, seconds: float) -> Dialogue:
    """What the port of *door* says to *helo*; each reply is waited for *seconds*. Never sends mail.

    *credentials* are asked for, and used, only inside TLS whose certificate is good. Raises TcpRefused.
    """
    return _Talk(door=door, open=open_, credentials=credentials, helo=helo, seconds=seconds).whole()
