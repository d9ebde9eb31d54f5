"""What a flavour of qmail is to relayconf: how its qmail-remote reads a route, and what it can do on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

SMTP_PORT = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What a value that is not empty says: the relay, its port, and the credentials for it.

    `host` is looked up by A alone unless it is an IPv4 literal. No `user` is no AUTH. A `password` of None is not in
    the value: what qmail-remote sends in its place is whatever its memory holds behind the line.
    """

    host: bytes
    port: int
    user: bytes = b""
    password: bytes | None = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is around a value.

    `environment`: names in that of qmail-rspawn. `port`: the one of a value that names none.
    """

    port: int = SMTP_PORT
    environment: frozenset[str] = frozenset()


NOTHING_AROUND = Around()

Read: TypeAlias = Callable[[bytes, Around], Hop]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """One flavour. `program` is its qmail-remote in words.

    `is_proved` ones were run; of the others relayconf knows the sources alone, and writes for them only what the
    inventory confirms. `directory` holds the control files. `port_mark` and `auth_mark` stand in front of the port and
    around the user name; no `auth_mark` is no AUTH in a route. `read_sender` reads a value of authsenders, where there
    is such a file.

    `tls_file` is where TLS is enforced: a folder of certificates, or a table. `implicit_tls`: whether port 465 works;
    `implicit_tls_flaw` says why it does not though it is meant to. `needs_variable` must be in qmail-rspawn's
    environment, or credentials are ignored. `needs_usual_mechanism`: whether mail is lost or waits when the relay
    offers none of `mechanisms`. `unicode_keys`: whether a recipient's domain can come with letters beyond ASCII.
    """

    name: str
    program: str
    is_proved: bool
    aliases: tuple[str, ...] = ()
    directory: Literal["control", "etc"] = "control"
    port_mark: Literal[":", ";"] = ":"
    auth_mark: Literal["", "|", " "] = ""
    read: Read
    read_sender: Read | None = None
    mechanisms: tuple[str, ...] = ()
    starttls: bool = False
    tls_file: Literal["", "tlshosts", "tlsdestinations"] = ""
    implicit_tls: bool = False
    implicit_tls_flaw: str = ""
    ipv6: bool = False
    bounce_route: bool = False
    qmtproutes: bool = False
    needs_variable: str = ""
    blank_in_password: bool = True
    needs_usual_mechanism: bool = False
    unicode_keys: bool = False

    @property
    def has_auth(self) -> bool:
        """Whether a route can hold credentials."""
        return bool(self.auth_mark)
