"""How each flavour's qmail-remote reads the value of a route, byte by byte.

Sources: qmail-remote.c, ip.c and scan_ulong.c of each; what was measured on real binaries is in the tests.
"""

from __future__ import annotations

import re

from relayconf.mta.qmail.flavours.base import SMTP_PORT, Around, Hop

_DIGITS = re.compile(rb"[0-9]*")
_IPV4 = re.compile(rb"([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)")


def _number(digits: bytes, bits: int) -> int:
    """*digits* modulo two to the power *bits* (at most 16): as many of the last decimal digits decide."""
    return int(digits[-bits:] or b"0") % (1 << bits)


def leading_number(text: bytes) -> int:
    """The digits that *text* begins with, modulo 65536; none are 0."""
    digits = _DIGITS.match(text)
    return _number(digits.group(), 16) if digits else 0


def ipv4_literal(text: bytes) -> bytes | None:
    """The address when *text* is an IPv4 literal from end to end, with or without brackets; else None.

    Octets count modulo 256, leading zeros are decimal.
    """
    inner = text[1:-1] if text[:1] == b"[" and text[-1:] == b"]" else text
    match = _IPV4.fullmatch(inner)
    return None if match is None else b".".join(str(_number(octet, 8)).encode() for octet in match.groups())


def _is_overflown(text: bytes) -> bool:
    match = _IPV4.fullmatch(text.strip(b"[]"))
    return match is not None and any(len(octet.lstrip(b"0")) > 3 or int(octet) > 255 for octet in match.groups())


def _host_and_port(text: bytes, mark: bytes, port: int = SMTP_PORT) -> tuple[bytes, int]:
    """Host up to the first *mark*, port from the digits behind it; no digit there is port 0, no mark is *port*."""
    host, found, rest = text.partition(mark)
    return host, leading_number(rest) if found else port


def _credentials(value: bytes, mark: bytes) -> tuple[bytes, bytes, bytes | None]:
    """What is in front of the first *mark*, the user behind it, and the password behind the second one.

    Without a second mark the sources test the wrong byte and take what is stored behind the line: None.
    """
    relay, found, rest = value.partition(mark)
    if not found:
        return value, b"", b""
    user, found, password = rest.partition(mark)
    return relay, user, password if found else None


def read_plain(value: bytes, around: Around) -> Hop:  # noqa: ARG001  nothing around matters
    """`relay:port`; what stands behind the digits is ignored. qmail 1.03, netqmail, notqmail; the TLS patch."""
    host, port = _host_and_port(value, b":")
    return Hop(host=ipv4_literal(host) or host, port=port)


def read_pipes(value: bytes, around: Around) -> Hop:  # noqa: ARG001  nothing around matters
    """`relay:port|user|password`. The AUTH patch, sagredo."""
    relay, user, password = _credentials(value, b"|")
    host, port = _host_and_port(relay, b":")
    return Hop(host=ipv4_literal(host) or host, port=port, user=user, password=password)


def read_semicolon(value: bytes, around: Around) -> Hop:
    """`relay;port|user|password`, the relay as it is written. s/qmail, aQmail."""
    relay, user, password = _credentials(value, b"|")
    host, port = _host_and_port(relay, b";", around.port)
    return Hop(host=host, port=port, user=user, password=password)


def read_semicolon_sender(value: bytes, around: Around) -> Hop:
    """The same in authsenders, where credentials count only when both are there."""
    if value.count(b"|") > 1:
        return read_semicolon(value, around)
    host, port = _host_and_port(value, b";", around.port)
    return Hop(host=host, port=port)


def read_ldap(value: bytes, around: Around) -> Hop:  # noqa: ARG001  nothing around matters
    """`relay:port user password`, the port behind the first colon wherever that stands. qmail-ldap."""
    relay, user, password = _credentials(value, b" ")
    host = relay.partition(b":")[0]
    port = _host_and_port(value, b":")[1]
    address = None if _is_overflown(host) else ipv4_literal(host)
    return Hop(host=address or host, port=port, user=user, password=password)


def read_blanks(value: bytes, around: Around) -> Hop:  # noqa: ARG001  nothing around matters
    """`relay:port user password`, the relay as it is written. eQmail."""
    relay, user, password = _credentials(value, b" ")
    host, port = _host_and_port(relay, b":")
    return Hop(host=host, port=port, user=user, password=password)


def _indimail_port(relay: bytes, around: Around) -> tuple[bytes, int]:
    """`relay:` and `relay::penalty` name no port here."""
    host, found, rest = relay.partition(b":")
    if not found or not rest or rest.startswith(b":"):
        return host, around.port
    return host, leading_number(rest)


def read_indimail(value: bytes, around: Around) -> Hop:
    """`relay:port:penalty:tolerance user password environment`, the relay as it is written. indimail.

    Credentials count only with AUTH_SMTP in the environment, and when both are there; else the blank is text. `/s`,
    `/r` and `/key` in place of a user name point to a table that relayconf does not read.
    """
    relay, blank, rest = value.partition(b" ")
    if not blank or rest.startswith(b"/") or "AUTH_SMTP" not in around.environment:
        host, port = _indimail_port(value, around)
        return Hop(host=host, port=port)
    user, blank, behind = rest.partition(b" ")
    password = behind.partition(b" ")[0]
    host, port = _indimail_port(relay, around)
    if not (user and blank and behind):
        return Hop(host=host, port=port)
    return Hop(host=host, port=port, user=user, password=password)
