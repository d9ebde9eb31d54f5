"""Names of relays and of their secrets."""

from __future__ import annotations

import pytest

from relayconf.importing.naming import base_name, unique, variable


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mail.asahi-net.or.jp", "asahi-net"),
        ("smtp.gmail.com", "gmail"),
        ("smtp-relay.gmail.com", "gmail"),
        ("email-smtp.ap-northeast-1.amazonaws.com", "amazonaws"),
        ("relay", "relay"),
        ("mx1.isp.example", "isp"),
        ("mail.co.jp", "mail"),
        ("192.0.2.5", "relay-192-0-2-5"),
        ("2001:db8::1", "relay-2001-db8-1"),
        ("direct.example", "direct-relay"),
        ("smtp.a_b.example", "a-b"),
        ("_.example", "relay"),
    ],
)
def test_base_name(host: str, name: str) -> None:
    """What tells whose it is: neither what it does nor where it is registered."""
    assert base_name(host) == name


def test_unique() -> None:
    """The port tells two of one name apart, else a number."""
    assert unique("isp", 587, ()) == "isp"
    assert unique("isp", 587, {"isp"}) == "isp-587"
    assert unique("isp", 587, {"isp", "isp-587"}) == "isp-587-2"
    assert unique("isp", 587, {"isp", "isp-587", "isp-587-2"}) == "isp-587-3"


def test_variable() -> None:
    """A name that every shell can set."""
    assert variable("asahi-net") == "ASAHI_NET_PASSWORD"
    assert variable("163") == "RELAY_163_PASSWORD"
