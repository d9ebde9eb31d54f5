"""The route value of the classic family: qmail 1.03, netqmail, notqmail. Source: qmail-remote.c, ip.c, scan_ulong.c.

One relay, one port, neither AUTH nor TLS. Other flavours have other values; each gets a module like this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from relayconf.model import At, Direct, Internal, Mx, Nexthop, Smarthost, Target

SMTP_PORT = 25

_DIGITS = re.compile(rb"[0-9]*")
_IPV4 = re.compile(rb"([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """What a value that is not empty says: the relay, looked up by A alone unless it is an IPv4 literal."""

    host: bytes
    port: int


def _number(digits: bytes, bits: int) -> int:
    """*digits* modulo two to the power *bits* (at most 16): as many of the last decimal digits decide."""
    return int(digits[-bits:] or b"0") % (1 << bits)


def ipv4_literal(text: bytes) -> bytes | None:
    """The address when *text* is an IPv4 literal from end to end, with or without brackets; else None.

    Octets count modulo 256, leading zeros are decimal.
    """
    inner = text[1:-1] if text[:1] == b"[" and text[-1:] == b"]" else text
    match = _IPV4.fullmatch(inner)
    return None if match is None else b".".join(str(_number(octet, 8)).encode() for octet in match.groups())


def read(value: bytes) -> Relay:
    """The relay in *value*, which is not empty: host up to the first colon, port from the digits behind it.

    No digit behind the colon is port 0, which cannot be connected to; ports count modulo 65536.
    """
    host, colon, rest = value.partition(b":")
    digits = _DIGITS.match(rest)
    port = _number(digits.group(), 16) if colon and digits else SMTP_PORT
    return Relay(host=ipv4_literal(host) or host, port=port)


def write(nexthop: Nexthop) -> str | None:
    """The value that routes to *nexthop*, or None when no value can: an IPv6 literal, or a host looked up by MX."""
    if ":" in nexthop.host or nexthop.mx_lookup:
        return None
    return nexthop.host if nexthop.port == SMTP_PORT else f"{nexthop.host}:{nexthop.port}"


def nexthop_of(target: Target) -> Nexthop | None:
    """The host that *target* names, if it names one."""
    return target.nexthop if isinstance(target, Smarthost | At | Internal) else None


def value_for(target: Target) -> str | None:
    """The value of a line for *target*; empty: by MX. None: no line, since it is local here or cannot be said."""
    if isinstance(target, Direct | Mx):
        return ""
    nexthop = nexthop_of(target)
    return None if nexthop is None else write(nexthop)
