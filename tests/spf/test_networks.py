"""What a record covers and costs."""

from __future__ import annotations

from relayconf.spf.networks import edges, extent, neighbours, strangers
from relayconf.spf.record import parse
from tests.support.spf_zone import Zone

ZONE = Zone(
    names={
        "a.example": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"], "MX": ["a.example"]},
        "in.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 include:loop.example -all"]},
        "loop.example": {"TXT": ["v=spf1 include:in.example ip4:junk -all"]},
    }
)


def test_an_extent() -> None:
    """Through includes and redirects, once each on a path."""
    found = extent(ZONE, parse("v=spf1 a mx:a.example/31 include:in.example ptr redirect=loop.example"), "a.example")

    assert list(map(str, found.networks)) == [*("192.0.2.1/32", "2001:db8::1/128", "192.0.2.0/31", "198.51.100.0/24")]
    assert (found.terms, found.is_complete) == (9, False)


def test_edges_neighbours_and_strangers() -> None:
    """First and last, just outside, and far away."""
    networks = extent(ZONE, parse("v=spf1 ip4:0.0.0.0/8 ip6:::/1"), "a.example").networks

    assert edges(networks) == ("0.0.0.0", "0.255.255.255", "::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    assert neighbours(networks) == ("1.0.0.0", "8000::")
    assert strangers(networks) == ("198.18.255.77",)
