"""Where qmail-remote takes a message, from the parsed control/smtproutes. Source: qmail-remote.c, dns.c."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from relayconf.mta.qmail import classic
from relayconf.mta.qmail.smtproutes import lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class QmailRoute:
    """The next hop of one delivery.

    `mx`: by the MX records of `host`. `literal`: to the address `host`, because the recipient's domain is one.
    `relay`: to `host`, by its A records or because it is an IPv4 literal; its MX records are never asked for.
    """

    via: Literal["mx", "relay", "literal"]
    host: bytes
    port: int


def direct(host: bytes) -> QmailRoute:
    """The way of mail for *host* that no relay takes."""
    address = classic.ipv4_literal(host)
    if address is not None:
        return QmailRoute(via="literal", host=address, port=classic.SMTP_PORT)
    return QmailRoute(via="mx", host=host, port=classic.SMTP_PORT)


def route(table: Mapping[bytes, bytes], host: bytes) -> QmailRoute:
    """The next hop of mail for *host*, the part of the recipient behind its last `@`, as the classic family takes it.

    *table* is what `smtproutes.parse` returns. Whether the recipient is local is decided before: `locality`.
    """
    value = lookup(table, host)
    if not value:
        return direct(host)
    relay = classic.read(value)
    return QmailRoute(via="relay", host=relay.host, port=relay.port)
