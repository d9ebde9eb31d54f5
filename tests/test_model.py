"""What the inventory's values say about themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.model import (
    At,
    Direct,
    Endpoint,
    Internal,
    Local,
    Mx,
    Nexthop,
    Origin,
    SenderRoute,
    Target,
    TlsLevel,
)
from tests.support.hosts import STORE, TO_ISP, qmail_host

LAB = Internal(nexthop=Nexthop(host="192.0.2.9"))
DOMAINS: dict[str, Target] = {"kamata-net.com": STORE, ".kamata-net.com": Mx()}
ROUTES: dict[str, Target] = {"a.b.kamata-net.com": LAB, ".example": Direct(), "anna@kamata-net.com": LAB}


def test_origin() -> None:
    """A place in the inventory reads file, line, column."""
    assert str(Origin(file="a.yaml", line=17, column=9)) == "a.yaml:17:9"


@pytest.mark.parametrize(
    ("port", "tls", "implicit"),
    [
        (465, TlsLevel.SECURE, True),
        (2465, TlsLevel.ENCRYPT, True),
        (465, TlsLevel.NONE, False),
        (587, TlsLevel.SECURE, False),
    ],
)
def test_implicit_tls(port: int, tls: TlsLevel, implicit: bool) -> None:  # noqa: FBT001  pytest's parameters
    """TLS comes before the greeting on 465 and 2465, unless it is turned off."""
    assert Endpoint(port=port, tls=tls, auth=False).implicit_tls is implicit


def test_smarthost() -> None:
    """A smarthost is reached by its own name, without MX, and is named with its port."""
    assert TO_ISP.nexthop == Nexthop(host="mail.asahi-net.or.jp", port=25, mx_lookup=False)
    assert str(TO_ISP) == "isp:25"


def test_at_is_local_on_its_own_host() -> None:
    """`at: store` means delivery on store, and a route to it from the others."""
    store: Target = At(host="store", nexthop=Nexthop(host="192.168.0.100"))

    assert qmail_host("store").target(store) == Local()
    assert qmail_host("edge").target(store) == store


def test_recipients() -> None:
    """Domains come before routes, each in the inventory's order, as they are on this host."""
    host = qmail_host("store", domains=DOMAINS, routes=ROUTES)

    assert list(host.recipients()) == [("kamata-net.com", Local()), (".kamata-net.com", Mx()), *ROUTES.items()]


@pytest.mark.parametrize(
    ("domain", "key", "target"),
    [
        ("kamata-net.com", "kamata-net.com", STORE),
        ("www.kamata-net.com", ".kamata-net.com", Mx()),
        ("a.b.kamata-net.com", "a.b.kamata-net.com", LAB),
        ("x.a.b.kamata-net.com", ".kamata-net.com", Mx()),
        ("www.example", ".example", Direct()),
        ("example", "", TO_ISP),
        ("notkamata-net.com", "", TO_ISP),
        ("icloud.com", "", TO_ISP),
    ],
)
def test_intended(domain: str, key: str, target: Target) -> None:
    """The most specific key wins; a domain without one takes the default relay."""
    assert qmail_host(domains=DOMAINS, routes=ROUTES).intended(domain) == (key, target)


def test_intended_sender() -> None:
    """The address before its domain; bounces have a key of their own, and no subdomain has its parent's."""
    routes = {key: SenderRoute(target=Direct()) for key in ("@a.test", "u@a.test", "<>")}
    host = replace(qmail_host(), senders=routes)
    asked = ("u@a.test", "v@a.test", "<>", "v@b.a.test")

    assert [host.intended_sender(who) for who in asked] == [routes["u@a.test"], routes["@a.test"], routes["<>"], None]
    assert qmail_host().intended_sender("<>") is None
