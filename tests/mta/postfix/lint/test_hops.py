"""Next hops, taken apart and gathered."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.lint.hops import Hop, elements, take_apart, uses
from tests.mta.postfix.lint.exhibits import MASTER, Exhibit


@pytest.mark.parametrize(
    ("text", "hop", "port"),
    [
        ("relay.test", Hop(host="relay.test", service="", is_literal=False), 25),
        ("[relay.test]:587", Hop(host="relay.test", service="587", is_literal=True), 587),
        ("[relay.test]:", Hop(host="relay.test", service="", is_literal=True), 25),
        ("[IPv6:2001:db8::1]:25", Hop(host="2001:db8::1", service="25", is_literal=True), 25),
        ("192.0.2.1:smtps", Hop(host="192.0.2.1", service="smtps", is_literal=False), 465),
        ("x:uucp", Hop(host="x", service="uucp", is_literal=False), None),
    ],
)
def test_parts(text: str, hop: Hop, port: int | None) -> None:
    """Host, port, brackets."""
    assert take_apart(text) == hop
    assert hop.port == port


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[relay.test", "the bracket is not closed"),
        ("[relay.test]587", "text behind the bracket"),
        ("[]", "no host"),
        (":25", "no host"),
        ("a..test", "neither a host name nor an address"),
        ("1.2.3", "neither a host name nor an address"),
        ("x:0", "no port: 0"),
        ("x:65536", "no port: 65536"),
        ("x:99999999999999999999", "no port: 99999999999999999999"),
        ("x:25a", "text behind the number of the port: 25a"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    """Of which smtp(8) dies."""
    assert take_apart(text) == why


def test_lists() -> None:
    """Between commas and blanks."""
    assert elements("[a]:25, b\t c ,") == ("[a]:25", "b", "c")


def test_uses() -> None:
    """Every next hop by SMTP with the service that speaks to it, and where it is named."""
    exhibit = Exhibit(
        settings={
            "default_transport": "slow:[d.test]",
            "relay_transport": "relay:[r.test]",
            "transport_maps": "hash:/etc/postfix/t",
            "sender_dependent_relayhost_maps": "hash:/etc/postfix/s",
            "sender_dependent_default_transport_maps": "hash:/etc/postfix/sd",
            "smtp_fallback_relay": "[f.test]",
        },
        tables={
            "t": "a.test smtp:[a.test], [b.test]\nb.test error:5.1.1 no\nc.test :[c.test]\nd.test :\n",
            "s": "@x.test DUNNO\n@y.test [y.test]:587\n",
            "sd": "@x.test dunno\n@z.test relay:[z.test]\n",
        },
        master=MASTER + "slow unix - - y - - smtp -o smtp_fallback_relay=[g.test]\n",
    )

    assert [f"{use.transport} {use.text} {use.parameter} {use.place}" for use in uses(exhibit.configuration)] == [
        "slow [d.test] default_transport main.cf:10",
        "relay [r.test] relay_transport main.cf:11",
        "slow [relay.test]:587 relayhost main.cf:4",
        "smtp [f.test] smtp_fallback_relay main.cf:15",
        "relay [f.test] smtp_fallback_relay main.cf:15",
        "slow [g.test] smtp_fallback_relay master.cf:6",
        "smtp [a.test] transport_maps t:1",
        "smtp [b.test] transport_maps t:1",
        "slow [c.test] transport_maps t:3",
        "relay [z.test] sender_dependent_default_transport_maps sd:2",
        "slow [y.test]:587 sender_dependent_relayhost_maps s:2",
    ]
