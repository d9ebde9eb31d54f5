"""The TLS that a delivery gets."""

from __future__ import annotations

import pytest

from relayconf.model import TlsLevel
from relayconf.mta.qmail.encryption import encrypted, read_encryption
from relayconf.mta.qmail.flavours import FLAVOURS
from relayconf.mta.qmail.route import QmailRoute

RELAY = QmailRoute(via="relay", host=b"relay", port=25)


def level(flavour: str, files: dict[str, bytes | None], *, port: int = 25, via: bytes = b"relay") -> str:
    """The level of mail through a relay."""
    route = QmailRoute(via="relay", host=via, port=port)
    return str(encrypted(read_encryption(FLAVOURS[flavour], files), route)[1])


@pytest.mark.parametrize(
    ("flavour", "files", "port", "expected"),
    [
        ("classic", {"tlshosts/relay.pem": b""}, 25, "none"),
        ("netqmail-auth", {}, 465, "none"),
        ("netqmail-tls", {}, 25, "may"),
        ("netqmail-tls", {"tlshosts/relay.pem": None}, 25, "may"),
        ("netqmail-tls", {"tlshosts/relay.pem": b""}, 25, "secure"),
        ("netqmail-tls", {"tlshosts/Relay.pem": b""}, 25, "may"),
        ("netqmail-tls", {}, 465, "encrypt"),
        ("sagredo", {}, 465, "may"),
        ("sagredo", {"notlshosts/relay": b""}, 25, "none"),
        ("sagredo", {"tlshosts/exhaustivelist": b""}, 25, "none"),
        ("sagredo", {"tlshosts/exhaustivelist": b"", "tlshosts/relay.pem": b""}, 25, "secure"),
        ("indimail", {"tlshosts/relay.pem": b""}, 25, "may"),
        ("sqmail", {}, 465, "none"),
        ("sqmail", {"tlsdestinations": b"relay:\n"}, 25, "encrypt"),
        ("sqmail", {"tlsdestinations": b"!relay:\n"}, 25, "none"),
        ("sqmail", {"tlsdestinations": b"*:\n"}, 25, "may"),
        ("sqmail", {"tlsdestinations": b"*:\n"}, 465, "encrypt"),
        ("sqmail", {"tlsdestinations": b"=relay:\n"}, 25, "encrypt"),
        ("sqmail", {"tlsdestinations": b"=relay:/ca.pem||\n"}, 25, "secure"),
        ("sqmail", {"tlsdestinations": b"~.relay:/ca.pem||\n~relay:/ca.pem||\n"}, 465, "verify"),
        ("sqmail", {"tlsdestinations": b"%relay:=ab12||\n"}, 25, "fingerprint"),
    ],
)
def test_levels(flavour: str, files: dict[str, bytes | None], port: int, expected: str) -> None:
    """By flavour, file and port; names are compared as they are written."""
    assert level(flavour, files, port=port) == expected


def test_by_mx_no_file_enforces() -> None:
    """The name to compare would be that of a mail server which only DNS knows."""
    encryption = read_encryption(FLAVOURS["netqmail-tls"], {"tlshosts/a.test.pem": b""})

    assert encrypted(encryption, QmailRoute(via="mx", host=b"a.test", port=25))[1] is TlsLevel.MAY


def test_another_port() -> None:
    """The table of destinations has the last word."""
    encryption = read_encryption(FLAVOURS["sqmail"], {"tlsdestinations": b"relay:||;465\n"})

    assert encrypted(encryption, RELAY) == (QmailRoute(via="relay", host=b"relay", port=465), TlsLevel.ENCRYPT)
