"""The route model."""

from __future__ import annotations

import pytest

from relayconf.model import At, Direct, Discard, Internal, Local, Mx, Nexthop, Reject, Retry, Target
from relayconf.mta.postfix.routing import Routing, Way, keys, lookup, route, value_for, way_of
from tests.mta.postfix.hosts import relay

STORE = Nexthop(host="192.0.2.9", port=2525)


@pytest.mark.parametrize(
    ("target", "value"),
    [
        (Direct(), "smtp:"),
        (Mx(), "smtp:"),
        (relay("a"), "smtp:[a.test]:587"),
        (relay("a", 465), "relayconf-tls:[a.test]:465"),
        (relay("a", 465, tls="none", password=None), "smtp:[a.test]:465"),
        (At(host="o", nexthop=STORE), "smtp:[192.0.2.9]:2525"),
        (Internal(nexthop=STORE), "smtp:[192.0.2.9]:2525"),
        (Reject(text="5.1.1 no such: domain "), "error:5.1.1 no such: domain"),
        (Retry(text="4.3.0 later"), "retry:4.3.0 later"),
        (Discard(text="x"), None),
        (Local(), None),
    ],
)
def test_values(target: Target, value: str | None) -> None:
    """What each target is in a transport table, or that it is nothing there."""
    assert value_for(target) == value


def test_direct_is_the_domain_itself() -> None:
    """By MX: the next hop is the recipient's domain."""
    assert way_of(Direct(), "d.test") == Way(service="smtp", nexthop="d.test")


def test_keys() -> None:
    """Address, domain, then its endings from long to short, then the star."""
    assert list(keys("u@a.b.test")) == ["u@a.b.test", "a.b.test", ".b.test", ".test", "*"]
    assert list(keys("test")) == ["test", "*"]
    assert list(keys(".b.test")) == [".b.test", ".test", "*"]
    assert lookup({".test": "x", "*": "y"}, "a.test") == "x"
    assert lookup({".a.test": "x"}, "a.test") is None


TABLE = {
    "kept.test": ":",
    "hop.test": ":[h.test]:25",
    "mx.test": "smtp:",
    "lone.test": "uucp",
    "u@mx.test": "error:5.7.1 no: never",
    ".sub.test": "smtp:[s.test]:26",
}


@pytest.mark.parametrize(
    ("recipient", "relayhost", "default", "way"),
    [
        ("x.test", "", "smtp", ("smtp", "x.test")),
        ("x.test", "[r.test]:587", "smtp", ("smtp", "[r.test]:587")),
        ("x.test", "[r.test]:587", "relayconf-tls", ("relayconf-tls", "[r.test]:587")),
        ("x.test", "[r.test]:587", "smtp:[d.test]", ("smtp", "[d.test]")),
        ("kept.test", "[r.test]:587", "smtp", ("smtp", "[r.test]:587")),
        ("hop.test", "", "relayconf-tls", ("relayconf-tls", "[h.test]:25")),
        ("v@mx.test", "[r.test]:587", "smtp", ("smtp", "mx.test")),
        ("u@mx.test", "", "smtp", ("error", "5.7.1 no: never")),
        ("lone.test", "[r.test]:587", "smtp", ("uucp", "lone.test")),
        ("a.sub.test", "", "smtp", ("smtp", "[s.test]:26")),
    ],
)
def test_route(recipient: str, relayhost: str, default: str, way: tuple[str, str]) -> None:
    """The table over default_transport's next hop over relayhost over MX; `:` keeps, `smtp:` goes by MX."""
    routing = Routing(table=TABLE, relayhost=relayhost, default_transport=default)

    assert route(routing, recipient) == Way(service=way[0], nexthop=way[1])
