"""The route model."""

from __future__ import annotations

import pytest

from relayconf.model import At, Direct, Discard, Internal, Local, Mx, Nexthop, Reject, Retry, Smarthost, Target
from relayconf.mta.postfix.routing import (
    Routing,
    Way,
    keys,
    lookup,
    route,
    sender_keys,
    value_for,
    value_of_sender,
    way_of,
)
from tests.mta.postfix.hosts import relay, sender

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
        (Discard(text="not wanted "), "discard:not wanted"),
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


@pytest.mark.parametrize(
    ("target", "user", "value"),
    [
        (relay("a"), None, "smtp:[a.test]:587"),
        (relay("a"), "shop", "relayconf-senders:[a.test]:587"),
        (relay("a", 465), None, "relayconf-tls:[a.test]:465"),
        (relay("a", 465), "shop", "relayconf-senders-tls:[a.test]:465"),
        (Direct(), None, "DUNNO"),
    ],
)
def test_values_of_senders(target: Smarthost | Direct, user: str | None, value: str) -> None:
    """Service and next hop together; a service that looks for the sender's password only where there is one."""
    assert value_of_sender(sender(target, user)) == value


SENDERS = {
    "@x.test": "smtp:[x.test]:587",
    "u@x.test": "DUNNO",
    "<>": "relayconf-tls:[n.test]:465",
    "@bare.test": "smtp",
}


@pytest.mark.parametrize(
    ("who", "recipient", "way"),
    [
        ("a@x.test", "world.test", ("smtp", "[x.test]:587")),
        ("a@x.test", "kept.test", ("smtp", "[x.test]:587")),
        ("a@x.test", "mx.test", ("smtp", "mx.test")),
        ("u@x.test", "world.test", ("uucp", "[r.test]:25")),
        ("a@sub.x.test", "world.test", ("uucp", "[r.test]:25")),
        ("<>", "world.test", ("relayconf-tls", "[n.test]:465")),
        ("a@bare.test", "world.test", ("smtp", "[r.test]:25")),
        ("", "world.test", ("uucp", "[r.test]:25")),
    ],
)
def test_route_by_sender(who: str, recipient: str, way: tuple[str, str]) -> None:
    """A row of the transport table first, then the sender's, then the default; without a next hop it is relayhost's."""
    routing = Routing(table=TABLE, senders=SENDERS, relayhost="[r.test]:25", default_transport="uucp")

    assert route(routing, recipient, who) == Way(service=way[0], nexthop=way[1])


def test_sender_keys() -> None:
    """Never a subdomain or a bare domain."""
    assert list(sender_keys("u@a.b.test")) == ["u@a.b.test", "@a.b.test"]
    assert list(sender_keys("<>")) == ["<>"]
