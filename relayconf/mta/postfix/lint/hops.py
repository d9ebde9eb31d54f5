"""Next hops as smtp(8) takes them apart, and every one that a configuration names (transport(5), host_port(3))."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from relayconf.mta.postfix.lint.codes import Place
from relayconf.mta.postfix.lint.configuration import Configuration, Row

PORTS = {"smtp": 25, "mail": 25, "submission": 587, "submissions": 465, "smtps": 465, "ssmtp": 465, "urd": 465}
"""Names of ports that /etc/services has, or used to have."""

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_\-\x80-\U0010ffff]{1,63}(?<!-)")
_PORT_LINE = re.compile(r"^([^\s#]+)[ \t]+[0-9]+/tcp\b([^#\n]*)", re.MULTILINE)
_DIGITS = re.compile(r"[0-9]+")
_SEPARATORS = re.compile(r"[, \t\r\n]+")
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One next hop, taken apart. `port` is a number where one is known; `service` is the word in its place."""

    host: str
    service: str
    is_literal: bool

    @property
    def port(self) -> int | None:
        """The port's number; None for a name that is not known here."""
        if not self.service:
            return 25
        return int(self.service) if self.service.isdigit() else PORTS.get(self.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One next hop in use, verbatim, through the service *transport*. `parameter` is what names it, or its table."""

    text: str
    transport: str
    parameter: str
    place: Place


def address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that *host* is, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_host(host: str) -> bool:
    if address(host) is not None:
        return True
    labels = host.split(".")
    return all(_LABEL.fullmatch(label) for label in labels) and not _DIGITS.fullmatch("".join(labels))


def _port_fault(service: str) -> str | None:
    if _DIGITS.fullmatch(service):
        return None if 0 < int(service[:9]) <= _HIGHEST_PORT else f"no port: {service}"
    return f"text behind the number of the port: {service}" if service[:1].isdigit() else None


@lru_cache(maxsize=4096)
def take_apart(text: str) -> Hop | str:
    """The parts of one next hop, or why smtp(8) dies of it."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket:
            return "the bracket is not closed"
        if rest and not rest.startswith(":"):
            return "text behind the bracket"
        host, service = re.sub(r"(?i)^ipv6:", "", host), rest[1:]
    else:
        head, colon, tail = text.rpartition(":")
        host, service = (head, tail) if colon else (tail, "")
    if not _is_host(host):
        return "neither a host name nor an address" if host else "no host"
    return _port_fault(service) or Hop(host=host, service=service, is_literal=text.startswith("["))


def port_names(config: Configuration, folder: str) -> frozenset[str] | None:
    """The names of TCP ports in etc/services below *folder*; None when that is not known."""
    seen = config.seen(f"{folder}/etc/services")
    if seen is None or (seen.present and seen.content is None):
        return None
    text = (seen.content or b"").decode("utf-8", "replace")
    return frozenset(name for match in _PORT_LINE.finditer(text) for name in (match[1], *match[2].split()))


def elements(nexthop: str) -> tuple[str, ...]:
    """The next hops of a list, in the order in which they are tried."""
    return tuple(part for part in _SEPARATORS.split(nexthop) if part)


def channel(value: str) -> tuple[str, str]:
    """`transport:nexthop` in its two parts; either may be empty."""
    transport, _, nexthop = value.partition(":")
    return transport.strip(), nexthop.strip()


def _tabled(config: Configuration) -> Iterator[tuple[str, str, Row, str]]:
    default = channel(config.value("default_transport"))[0]
    for name in ("transport_maps", "sender_dependent_default_transport_maps"):
        for row in config.rows(name)[0]:
            transport, nexthop = channel(row.value)
            yield transport or default, nexthop, row, name
    for row in config.rows("sender_dependent_relayhost_maps")[0]:
        yield default, row.value, row, "sender_dependent_relayhost_maps"


def _named(config: Configuration) -> Iterator[Use]:
    default, fixed = channel(config.value("default_transport"))
    relay, relay_fixed = channel(config.value("relay_transport"))
    for name, transport, nexthop in (
        ("default_transport", default, fixed),
        ("relay_transport", relay, relay_fixed),
        ("relayhost", default, config.value("relayhost")),
    ):
        for part in elements(nexthop):
            yield Use(text=part, transport=transport, parameter=name, place=config.place(name))
    for service in config.clients():
        for part in config.words("smtp_fallback_relay", service):
            place = config.place("smtp_fallback_relay", service)
            yield Use(text=part, transport=service.name, parameter="smtp_fallback_relay", place=place)


@lru_cache(maxsize=4)
def uses(config: Configuration) -> tuple[Use, ...]:
    """Every next hop that is spoken to by SMTP, in the order in which the files name them; `DUNNO` is none."""
    found = list(_named(config))
    for transport, nexthop, row, name in _tabled(config):
        if nexthop.upper() != "DUNNO":
            found += [
                Use(text=part, transport=transport, parameter=name, place=row.place) for part in elements(nexthop)
            ]
    clients = {service.name for service in config.clients()}
    return tuple(use for use in found if use.transport in clients)
