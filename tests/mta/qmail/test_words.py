"""Words for keys and values: what they say, and that no password is in them."""

from __future__ import annotations

import pytest

from relayconf.mta.qmail.flavours import FLAVOURS
from relayconf.mta.qmail.route import QmailRoute
from relayconf.mta.qmail.words import key_words, listing, route_words, shown_host, unless_torn, value_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"", "direct (MX)"),
        (b"mail.asahi-net.or.jp", "mail.asahi-net.or.jp:25"),
        (b"[192.0.2.1]:587", "192.0.2.1:587"),
        (b"relay.example:", "relay.example:0"),
        (b"relay.example:587|user|s3cret", "relay.example:587 and hidden text"),
        (b"relay.example|user|s3cret", "relay.example:25 and hidden text"),
        (b"relay.example;587|user|s3:cret", "relay.example;587 and hidden text"),
        (b"relay.example:587 user s3cret", "relay.example:587 and hidden text"),
        (b" relay.example", ":25 and hidden text"),
        (b"relay.example;587", "relay.example;587"),
        (b"relay\xff", "relay\\xff:25"),
    ],
)
def test_value_words(value: bytes, words: str) -> None:
    """Relay and port; what stands behind them is only hinted at."""
    assert value_words(value) == words


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (b"", "the rest of the world"),
        (b".example.com", ".example.com"),
        (b"relay|user|s3", "relay…"),
        (b" x", "…"),
        (b"\xef\xbb\xbf", "\ufeff"),
        (b"\xff", "\\xff"),
    ],
)
def test_key_words(key: bytes, words: str) -> None:
    """A key that is no key may be the first half of a line with a password."""
    assert key_words(key) == words


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (QmailRoute(via="mx", host=b"a.test", port=25), "direct (MX)"),
        (QmailRoute(via="literal", host=b"192.0.2.1", port=25), "direct (MX)"),
        (QmailRoute(via="relay", host=b"a.test", port=587), "a.test:587"),
        (QmailRoute(via="relay", host=b"a.test|user|s3cret", port=25), "a.test:25 and hidden text"),
    ],
)
def test_route_words(route: QmailRoute, words: str) -> None:
    """The host that classic qmail would look up may hold a password."""
    assert route_words(route) == words


def test_a_flavour_s_own_port() -> None:
    """Where the semicolon is meant."""
    assert value_words(b"relay.example;587|user|s3cret", FLAVOURS["sqmail"]) == "relay.example:587 and hidden text"


def test_shown_host() -> None:
    """Nothing behind a separator is shown."""
    assert shown_host(b"relay") == "relay"
    assert shown_host(b"relay|user|s3cret") == "relay and hidden text"


def test_unless_torn() -> None:
    """The first colon of a line without a key may stand in its password."""
    assert unless_torn(b"a.test", "relay:25") == "relay:25"
    assert unless_torn(b"relay|user|s3", "cret:25") == "hidden text"


def test_listing() -> None:
    """Five names at most."""
    assert listing("abc") == "a, b, c"
    assert listing("abcde") == "a, b, c, d, e"
    assert listing("abcdef") == "a, b, c, d, e and 1 more"
    assert listing("abcdefg") == "a, b, c, d, e and 2 more"
