"""The value of a route, as each flavour's qmail-remote takes it."""

from __future__ import annotations

import pytest

from relayconf.mta.qmail.flavours import NOTHING_AROUND, Around, Hop
from relayconf.mta.qmail.flavours.base import Read
from relayconf.mta.qmail.flavours.values import (
    ipv4_literal,
    leading_number,
    read_blanks,
    read_indimail,
    read_ldap,
    read_pipes,
    read_plain,
    read_semicolon,
    read_semicolon_sender,
)

AUTH = Around(environment=frozenset({"AUTH_SMTP"}))


def hop(host: bytes, port: int = 25, user: bytes = b"", password: bytes | None = b"") -> Hop:
    """A hop in few words."""
    return Hop(host=host, port=port, user=user, password=password)


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
    assert read_plain(value, NOTHING_AROUND) == Hop(host=host, port=port)


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
    ("read", "value", "expected"),
    [
        (read_pipes, b"relay:587|user|pa|ss:w", hop(b"relay", 587, b"user", b"pa|ss:w")),
        (read_pipes, b"relay|us:er|pass", hop(b"relay", 25, b"us:er", b"pass")),
        (read_pipes, b"192.0.2.5:26|u|p", hop(b"192.0.2.5", 26, b"u", b"p")),
        (read_pipes, b"relay:587|user", hop(b"relay", 587, b"user", None)),
        (read_pipes, b"relay:587||pass", hop(b"relay", 587, b"", b"pass")),
        (read_pipes, b"relay;587", hop(b"relay;587")),
        (read_semicolon, b"[2001:db8::6];587|user|pass", hop(b"[2001:db8::6]", 587, b"user", b"pass")),
        (read_semicolon, b"192.000.2.5:2525", hop(b"192.000.2.5:2525")),
        (read_semicolon, b"relay|user", hop(b"relay", 25, b"user", None)),
        (read_semicolon_sender, b"relay;587|user|pass", hop(b"relay", 587, b"user", b"pass")),
        (read_semicolon_sender, b"relay|user", hop(b"relay|user")),
        (read_semicolon_sender, b"relay;587|user", hop(b"relay", 587)),
        (read_ldap, b"relay:587 user pa ss", hop(b"relay", 587, b"user", b"pa ss")),
        (read_ldap, b"relay user pa:587x", hop(b"relay", 587, b"user", b"pa:587x")),
        (read_ldap, b"relay us:26 p:27", hop(b"relay", 26, b"us:26", b"p:27")),
        (read_ldap, b"relay user", hop(b"relay", 25, b"user", None)),
        (read_ldap, b"[192.0.2.5]:26", hop(b"192.0.2.5", 26)),
        (read_ldap, b"448.0.2.5", hop(b"448.0.2.5")),
        (read_ldap, b"192.000.0002.5", hop(b"192.0.2.5")),
        (read_blanks, b"relay:587 us:er pa ss", hop(b"relay", 587, b"us:er", b"pa ss")),
        (read_blanks, b"relay user", hop(b"relay", 25, b"user", None)),
        (read_blanks, b"relay\tuser\tpass", hop(b"relay\tuser\tpass")),
        (read_indimail, b"relay:587 user pass", hop(b"relay", 587)),
        (read_indimail, b"relay user pass", hop(b"relay user pass")),
        (read_indimail, b"relay:", hop(b"relay")),
        (read_indimail, b"relay::0", hop(b"relay")),
        (read_indimail, b"relay:x", hop(b"relay", 0)),
    ],
)
def test_flavours(read: Read, value: bytes, expected: Hop) -> None:
    """Separators, ports and credentials; a missing password is no empty one."""
    got = read(value, NOTHING_AROUND)

    assert (got, got.password) == (expected, expected.password)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"relay:587 user pass", hop(b"relay", 587, b"user", b"pass")),
        (b"relay:587:0:9 user pass X=y", hop(b"relay", 587, b"user", b"pass")),
        (b"relay user pass", hop(b"relay", 25, b"user", b"pass")),
        (b"relay:587 user", hop(b"relay", 587)),
        (b"relay:587  pass", hop(b"relay", 587)),
        (b"relay:587 user ", hop(b"relay", 587)),
        (b"relay:587 /s", hop(b"relay", 587)),
        (b"relay /key", hop(b"relay /key")),
    ],
)
def test_indimail_with_its_variable(value: bytes, expected: Hop) -> None:
    """AUTH_SMTP turns the blank into a separator; half of the credentials are none."""
    got = read_indimail(value, AUTH)

    assert (got, got.password) == (expected, expected.password)


def test_a_port_of_its_own() -> None:
    """A value of qmtproutes without one."""
    around = Around(port=209)

    assert read_semicolon(b"relay", around).port == 209
    assert read_semicolon_sender(b"relay", around).port == 209
    assert read_indimail(b"relay:", around).port == 209


def test_passwords_are_not_shown() -> None:
    """Neither in a traceback nor in a log."""
    assert "s3cret" not in repr(read_pipes(b"relay|user|s3cret", NOTHING_AROUND))


def test_leading_number() -> None:
    """As scan_ulong has it."""
    assert [leading_number(text) for text in (b"25x", b"x", b"65561", b"")] == [25, 0, 25, 0]
