"""The route value of the classic family, both ways."""

from __future__ import annotations

import pytest

from relayconf.model import At, Direct, Discard, Internal, Local, Mx, Nexthop, Reject, Retry, Smarthost, Target
from relayconf.mta.qmail.classic import Relay, ipv4_literal, nexthop_of, read, value_for, write
from tests.support.hosts import ISP, TO_ISP

STORE = Nexthop(host="192.168.0.100")


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        (b"relay.example", b"relay.example", 25),
        (b"relay.example:587", b"relay.example", 587),
        (b"relay.example:", b"relay.example", 0),
        (b"relay.example:smtp", b"relay.example", 0),
        (b"relay.example: 25", b"relay.example", 0),
        (b"relay.example:25x", b"relay.example", 25),
        (b"relay.example:2525:26", b"relay.example", 2525),
        (b"relay.example:65561", b"relay.example", 25),
        (b"::587", b"", 0),
        (b"[192.0.2.5]:587", b"192.0.2.5", 587),
        (b"448.0.2.5", b"192.0.2.5", 25),
        (b"[2001:db8::6]", b"[2001", 0),
        (b"relay.example:1" + b"0" * 10_000, b"relay.example", 0),
        (b"relay.example:" + b"1" * 10_000, b"relay.example", 29127),
    ],
)
def test_read(value: bytes, host: bytes, port: int) -> None:
    """The first colon ends the host; digits behind it are the port modulo 65536, no digit is port 0."""
    assert read(value) == Relay(host=host, port=port)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"192.000.002.005", b"192.0.2.5"),
        (b"[192.0.2.5]", b"192.0.2.5"),
        (b"256.257.0.1", b"0.1.0.1"),
        (b"[192.0.2.5", None),
        (b"192.0.2.5]", None),
        (b"192.0.2", None),
        (b"192.0.2.5.", None),
        (b"192.0.2.5\r", None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_ipv4_literal(text: bytes, expected: bytes | None) -> None:
    """Four decimals from end to end, perhaps in brackets; octets modulo 256."""
    assert ipv4_literal(text) == expected


@pytest.mark.parametrize(
    ("nexthop", "expected"),
    [
        (STORE, "192.168.0.100"),
        (Nexthop(host="relay.example", port=587), "relay.example:587"),
        (Nexthop(host="2001:db8::6"), None),
        (Nexthop(host="example.com", mx_lookup=True), None),
    ],
)
def test_write(nexthop: Nexthop, expected: str | None) -> None:
    """Port 25 is left out; IPv6 and MX cannot be said."""
    assert write(nexthop) == expected


@pytest.mark.parametrize(
    ("target", "value"),
    [
        (Direct(), ""),
        (Mx(), ""),
        (Local(), None),
        (Internal(nexthop=STORE), "192.168.0.100"),
        (At(host="store", nexthop=STORE), "192.168.0.100"),
        (TO_ISP, "mail.asahi-net.or.jp"),
        (Smarthost(relay=ISP, endpoint=ISP.endpoints[0]), "mail.asahi-net.or.jp"),
        (Reject(text="5.1.1 no"), None),
        (Retry(text="4.1.1 later"), None),
        (Discard(text="gone"), None),
    ],
)
def test_value_for(target: Target, value: str | None) -> None:
    """By MX is the empty value; what is local or impossible has no line."""
    assert value_for(target) == value
    assert (nexthop_of(target) is not None) is bool(value)
