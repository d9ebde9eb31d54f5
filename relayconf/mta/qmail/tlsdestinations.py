"""tlsdestinations of s/qmail and aQmail: which TLS a host gets. Sources: tls_remote.c, qmail-remote.c."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from relayconf.mta.qmail.control import fold
from relayconf.mta.qmail.flavours.values import leading_number

SMTPS_PORT, QMTPS_PORT = 465, 6209

_SMTPS, _QMTPS = 10, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What the table says of one host.

    `flag`: -1 excluded, 0 no TLS, 1 and 2 when it is offered, 3 to 7 always (5 to 7 with a look at the certificate);
    10 more where TLS begins at once, 20 more for QMTPS. `verify`: 1 by `cafile`, -1 when that is a fingerprint.
    """

    flag: int
    port: int
    cafile: bytes = b""
    ciphers: bytes = b""
    verify: int = 0
    depth: int = 1


def _from_dots(host: bytes) -> Iterator[bytes]:
    yield host
    for place in range(1, len(host)):
        if host[place : place + 1] == b".":
            yield host[place:]


def _keys(host: bytes) -> Iterator[tuple[bytes, int]]:
    """The keys of a host in the order of their search, with the flag of each."""
    yield from ((b"!" + suffix, -1) for suffix in (*_from_dots(host), b""))
    yield b"%" + host, 7
    yield b"=" + host, 6
    for mark, flag in ((b"~", 5), (b"", 4), (b"-", 3)):
        yield from ((mark + suffix, flag) for suffix in _from_dots(host))


_GENERAL = ((b"=*", 6), (b"~*", 5), (b"+*", 4), (b"-*", 3), (b"*", 2), (b"-", 1))


def _with_value(found: Destination, value: bytes) -> Destination:
    """`cafile|ciphers|depth;port`; port and depth are read only behind two bars."""
    cafile, _, rest = value.partition(b"|")
    ciphers, bars, rest = rest.partition(b"|")
    depth, mark, port = rest.partition(b"|")[0].partition(b";")
    if bars and mark:
        found = replace(found, port=leading_number(port), depth=leading_number(depth) if depth else found.depth)
    if not cafile:
        return found
    return replace(found, cafile=cafile, ciphers=ciphers, verify=-1 if cafile.startswith(b"=") else 1)


def destination(table: Mapping[bytes, bytes], host: bytes, port: int) -> Destination:
    """What *table*, parsed, says of *host*, which is the relay where there is one, at *port*."""
    name = fold(host)
    key, flag = next(((key, flag) for key, flag in _keys(name) if key in table), (None, 0))
    if key is None:
        flag = next((flag for key, flag in _GENERAL if key in table), 0)
    found = Destination(flag=flag, port=port)
    if flag <= 0:
        return found
    if key is not None:
        found = _with_value(found, table[key])
    more = {SMTPS_PORT: _SMTPS, QMTPS_PORT: _QMTPS}.get(found.port, 0)
    return replace(found, flag=flag + more)
