"""Where qmail-remote takes a message to a host, from the parsed control/smtproutes. Source: qmail-remote.c, dns.c."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from relayconf.mta.qmail.flavours import CLASSIC, NOTHING_AROUND, SMTP_PORT, Around, Flavour, Hop
from relayconf.mta.qmail.flavours.values import ipv4_literal
from relayconf.mta.qmail.smtproutes import lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class QmailRoute:
    """The next hop of one delivery.

    `mx`: by the MX records of `host`. `literal`: to the address `host`, because the recipient's domain is one.
    `relay`: to `host`, by its A records or because it is an IPv4 literal; its MX records are never asked for. `user`
    and `password` are those of AUTH: see `Hop`.
    """

    via: Literal["mx", "relay", "literal"]
    host: bytes
    port: int
    user: bytes = b""
    password: bytes | None = field(default=b"", repr=False)


def direct(host: bytes) -> QmailRoute:
    """The way of mail for *host* that no relay takes."""
    address = ipv4_literal(host)
    if address is not None:
        return QmailRoute(via="literal", host=address, port=SMTP_PORT)
    return QmailRoute(via="mx", host=host, port=SMTP_PORT)


def through(hop: Hop) -> QmailRoute:
    """The way by a relay."""
    return QmailRoute(via="relay", host=hop.host, port=hop.port, user=hop.user, password=hop.password)


def route(
    table: Mapping[bytes, bytes], host: bytes, flavour: Flavour = CLASSIC, around: Around = NOTHING_AROUND
) -> QmailRoute:
    """The next hop of mail for *host*, the part of the recipient behind its last `@`, as *flavour* takes it.

    *table* is what `smtproutes.parse` returns. Whether the recipient is local is decided before: `locality`.
    """
    value = lookup(table, host)
    return through(flavour.read(value, around)) if value else direct(host)
