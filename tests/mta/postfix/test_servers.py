"""How a next hop is spoken to."""

from __future__ import annotations

import pytest

from relayconf.model import TlsLevel
from relayconf.mta.base import Server
from relayconf.mta.postfix import main_cf, master_cf
from relayconf.mta.postfix.servers import Servers
from relayconf.mta.postfix.sources import Settings

MASTER = b"""\
smtp  unix - - y - - smtp
wrap  unix - - y - - smtp -o smtp_tls_wrappermode=yes
other unix - - y - - lmtp
"""
AUTH = "smtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = inline:{[a.test]:587=u:p:q, b.test=v:w, c=x}\n"


def servers(main: str = "") -> Servers:
    """A configuration."""
    settings = Settings(parameters=main_cf.parse(main.encode()), facts={})
    return Servers(
        settings=settings,
        services=master_cf.entries(MASTER),
        passwords=settings.lookup("smtp_sasl_password_maps"),
        policies=settings.lookup("smtp_tls_policy_maps"),
    )


@pytest.mark.parametrize(
    ("nexthop", "host", "port", "mx"),
    [
        ("[a.test]:587", "a.test", 587, False),
        ("[a.test]", "a.test", 25, False),
        ("a.test", "a.test", 25, True),
        ("a.test:submission", "a.test", 587, True),
        ("127.0.0.1:2525", "127.0.0.1", 2525, False),
        ("[2001:db8::1]:25", "2001:db8::1", 25, False),
        ("[a.test]:odd", "a.test", 0, False),
        ("[a.test]:999999", "a.test", 0, False),
    ],
)
def test_spellings(nexthop: str, host: str, port: int, mx: bool) -> None:  # noqa: FBT001  a parameter of the test
    """Of one next hop."""
    (found,) = servers().named(nexthop, "smtp", "here")

    assert (found.host, found.port, found.mx_lookup, found.shown) == (host, port, mx, f"here: {nexthop}")


def test_lists_and_what_is_none() -> None:
    """With commas and blanks."""
    found = servers()

    assert [server.host for server in found.named("[a], b", "smtp", "here")] == ["a", "b"]
    assert found.named("[a", "smtp", "here") == ()
    assert found.settings.unsaid == ["here: [a is no next hop"]


def test_passwords() -> None:
    """By the host's name before the next hop; only where AUTH is on."""
    found = servers(AUTH)

    logins = [
        (server.user, server.password) for server in found.named("[a.test]:587 [b.test]:25 [a.test] c", "smtp", "")
    ]
    assert logins == [("u", "p:q"), ("v", "w"), ("", ""), ("x", "")]
    assert servers(AUTH.replace("yes", "no")).named("[a.test]:587", "smtp", "")[0].user == ""
    assert {"[a.test]:587", "b.test"} <= found.used
    stale = servers(AUTH.replace("b.test=v:w", "a.test=stale:x"))
    assert stale.named("[a.test]:587", "smtp", "")[0].user == "stale"


@pytest.mark.parametrize(
    ("main", "level", "notes"),
    [
        ("", TlsLevel.NONE, 0),
        ("smtp_use_tls = yes", TlsLevel.MAY, 0),
        ("smtp_enforce_tls = yes\nsmtp_use_tls = yes", TlsLevel.ENCRYPT, 0),
        ("smtp_tls_security_level = dane\nsmtp_use_tls = yes", TlsLevel.DANE, 0),
        ("smtp_tls_security_level = may\nsmtp_tls_policy_maps = inline:{[a.test]=verify}", TlsLevel.VERIFY, 0),
        ("smtp_tls_policy_maps = inline:{{[a.test]=secure match=b.test}}", TlsLevel.SECURE, 1),
        ("smtp_tls_policy_maps = static:dane-only", TlsLevel.DANE, 1),
        ("smtp_tls_security_level = odd", TlsLevel.NONE, 1),
    ],
)
def test_levels(main: str, level: TlsLevel, notes: int) -> None:
    """By policy, else in general, in new words before old ones; more than a level is told."""
    found = servers(main)

    assert found.named("[a.test]", "smtp", "here")[0].tls is level
    assert found.settings.unsaid == ["here: its TLS policy has more than a level"][:notes]


@pytest.mark.parametrize(
    ("main", "nexthop", "service", "level", "notes"),
    [
        ("smtp_tls_wrappermode = yes\nsmtp_tls_security_level = encrypt", "[a]:465", "smtp", TlsLevel.ENCRYPT, []),
        ("smtp_tls_security_level = may", "[a]:465", "wrap", TlsLevel.ENCRYPT, []),
        ("smtp_tls_security_level = secure", "[a]:smtps", "relayconf-tls", TlsLevel.SECURE, []),
        ("smtp_tls_security_level = may", "[a]:465", "smtp", TlsLevel.MAY, ["h: TLS begins later at port 465"]),
        ("smtp_tls_security_level = may", "[a]:587", "wrap", TlsLevel.ENCRYPT, ["h: TLS begins at once at port 587"]),
        ("", "[a]:465", "smtp", TlsLevel.NONE, []),
    ],
)
def test_implicit_tls(main: str, nexthop: str, service: str, level: TlsLevel, notes: list[str]) -> None:
    """For all, or for a service of its own; told where the port says otherwise."""
    found = servers(main)

    assert found.named(nexthop, service, "h")[0].tls is level
    assert found.settings.unsaid == notes


def test_services() -> None:
    """What speaks SMTP."""
    found = servers()

    assert [found.is_smtp(name) for name in ("smtp", "relay", "wrap", "relayconf-tls", "other", "none")] == [
        *(True, True, True, True),
        *(False, False),
    ]


def test_no_password_shows() -> None:
    """In no repr."""
    assert "p:q" not in repr(servers(AUTH))
    assert "p:q" not in repr(Server(host="a", port=25, user="u", password="p:q"))
