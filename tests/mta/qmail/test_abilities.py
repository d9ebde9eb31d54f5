"""What each flavour can do for a relay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.facts import Severity
from relayconf.model import Direct, Endpoint, Internal, Nexthop, Smarthost, Target, TlsLevel
from relayconf.mta.qmail.abilities import (
    can_use,
    is_literal,
    needs_certificates,
    needs_destination,
    needs_tls,
    of_target,
)
from relayconf.mta.qmail.flavours import FLAVOURS
from tests.mta.qmail.relays import smarthost

EVERY = tuple(FLAVOURS)


def able(target: Smarthost) -> list[str]:
    """The flavours that nothing is refused to; `can_use` must agree."""
    names = [name for name in EVERY if not errors(name, target)]
    assert names == [name for name in EVERY if can_use(FLAVOURS[name], target.relay, target.endpoint)]
    return names


def errors(name: str, target: Target) -> list[str]:
    """The texts of what is refused."""
    return [item.text for item in of_target(FLAVOURS[name], target) if item.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("target", "flavours"),
    [
        (smarthost(25, "none", auth=False), list(EVERY)),
        (smarthost(587, "may", auth=False), list(EVERY)),
        (smarthost(587, "may"), ["netqmail-auth", "sagredo", "qmail-ldap", "eqmail", "indimail"]),
        (smarthost(587, "encrypt"), ["sagredo", "sqmail", "aqmail", "eqmail"]),
        (smarthost(587, "encrypt", ca=None), ["sqmail", "aqmail"]),
        (smarthost(587, "encrypt", host="192.0.2.1"), ["sqmail", "aqmail"]),
        (smarthost(587, "secure", auth=False), ["netqmail-tls", "sagredo", "eqmail"]),
        (smarthost(587, "dane", auth=False), []),
        (smarthost(465, "secure"), []),
        (smarthost(465, "secure", auth=False), ["netqmail-tls"]),
        (smarthost(465, "encrypt", auth=False, ca=None), ["netqmail-tls", "sqmail", "aqmail", "indimail"]),
        (smarthost(465, "encrypt"), ["sqmail", "aqmail", "indimail"]),
        (smarthost(465, "may", auth=False), ["netqmail-tls", "sqmail", "aqmail", "indimail"]),
    ],
)
def test_who_can(target: Smarthost, flavours: list[str]) -> None:
    """AUTH, TLS, and TLS at once; enforced, or not at all."""
    assert able(target) == flavours


@pytest.mark.parametrize(
    ("flavour", "target", "text"),
    [
        ("qmail-ldap", smarthost(), "the relay isp:587 wants `tls: encrypt`, but qmail-ldap's qmail-remote has no TLS"),
        (
            "sagredo",
            smarthost(465, "secure"),
            (
                "the relay isp:465 speaks TLS from the first byte, but sagredo's qmail-remote reads a reply code that "
                "it never got"
            ),
        ),
        (
            "sagredo",
            smarthost(ca=None),
            (
                "the relay isp:587 wants `tls: encrypt`, but sagredo's qmail-remote enforces TLS by certificates to "
                "trust alone, and the relay has no `ca_file`"
            ),
        ),
        (
            "sagredo",
            smarthost(host="192.0.2.1"),
            (
                "the relay isp:587 wants `tls: encrypt`, but sagredo's qmail-remote enforces TLS by the relay's name, "
                "and 192.0.2.1 is an address"
            ),
        ),
        (
            "sqmail",
            smarthost(tls="secure"),
            "the relay isp:587 wants `tls: secure`, but s/qmail's qmail-remote cannot be held to it",
        ),
        (
            "sqmail",
            smarthost(tls="may"),
            ("s/qmail's qmail-remote loses mail when it has credentials for the relay isp:587 and no mandatory TLS"),
        ),
        (
            "netqmail-auth",
            smarthost(tls="may", user="a|b"),
            ("qmail-remote with the AUTH patch cannot be given the user name of isp: its line would be torn there"),
        ),
        (
            "netqmail-auth",
            smarthost(tls="may", host="smtp-mail.outlook.com"),
            (
                "the relay isp offers XOAUTH2 alone, which qmail-remote with the AUTH patch does not speak: "
                "mail would be lost"
            ),
        ),
    ],
)
def test_texts(flavour: str, target: Smarthost, text: str) -> None:
    """Each refusal says what is wanted and why it cannot be had."""
    assert errors(flavour, target) == [text]


@pytest.mark.parametrize(
    ("flavour", "target", "ways_out"),
    [
        ("sagredo", smarthost(ca=None), ("`ca_file:` of the relay",)),
        ("sagredo", smarthost(host="192.0.2.1"), ("the relay's name in place of its address",)),
        ("sagredo", smarthost(465, "secure"), ("port 587, where TLS begins with STARTTLS",)),
        ("sqmail", smarthost(tls="secure"), ("`tls: encrypt`",)),
        ("indimail", smarthost(), ()),
        ("netqmail-auth", smarthost(tls="may", user="a|b"), ("a flavour that can: qmail-ldap, eqmail, indimail",)),
        ("netqmail-auth", smarthost(tls="may", user=""), ()),
    ],
)
def test_ways_out(flavour: str, target: Smarthost, ways_out: tuple[str, ...]) -> None:
    """What to do instead."""
    (found,) = [item for item in of_target(FLAVOURS[flavour], target) if item.severity is Severity.ERROR]

    assert found.ways_out == ways_out


def test_another_endpoint() -> None:
    """An endpoint of the same relay that would do is named."""
    target = smarthost()
    other = Endpoint(port=26, tls=TlsLevel.MAY, auth=True)
    relay = replace(target.relay, endpoints=(target.endpoint, other))

    (found,) = [
        item
        for item in of_target(FLAVOURS["qmail-ldap"], Smarthost(relay=relay, endpoint=target.endpoint))
        if item.severity is Severity.ERROR
    ]
    assert found.ways_out[0] == "`relay: isp:26`"


@pytest.mark.parametrize(
    ("flavour", "severity", "text"),
    [
        (
            "sagredo",
            Severity.WARNING,
            (
                "sagredo's qmail-remote loses mail when the relay isp offers none of CRAM-MD5, PLAIN, LOGIN, "
                "and logs it as delivered"
            ),
        ),
        (
            "qmail-ldap",
            Severity.NOTE,
            "qmail-ldap's qmail-remote logs in by LOGIN alone: the relay isp must offer it",
        ),
    ],
)
def test_mechanisms(flavour: str, severity: Severity, text: str) -> None:
    """What the relay has to offer."""
    found = [item for item in of_target(FLAVOURS[flavour], smarthost(tls="may")) if item.code == "qmail-mechanism"]

    assert [(item.severity, item.text) for item in found] == [(severity, text)]


def test_addresses() -> None:
    """IPv6 where the flavour has it; a port for TLS however it is named."""
    target = Internal(nexthop=Nexthop(host="2001:db8::6"))

    assert [name for name in EVERY if not errors(name, target)] == ["sqmail", "aqmail"]
    assert errors("classic", Internal(nexthop=Nexthop(host="a.test", port=465)))
    assert errors("netqmail-tls", Internal(nexthop=Nexthop(host="a.test", port=465))) == []
    assert list(of_target(FLAVOURS["classic"], Direct())) == []


def test_files_that_are_needed() -> None:
    """By flavour and level."""
    starttls, implicit = smarthost().endpoint, smarthost(465, "encrypt").endpoint

    assert needs_certificates(FLAVOURS["sagredo"], starttls)
    assert not needs_certificates(FLAVOURS["netqmail-tls"], implicit)
    assert needs_certificates(FLAVOURS["netqmail-tls"], smarthost(465, "secure").endpoint)
    assert not needs_certificates(FLAVOURS["sqmail"], starttls)
    assert not needs_certificates(FLAVOURS["sagredo"], smarthost(tls="may").endpoint)
    assert needs_destination(FLAVOURS["sqmail"], starttls)
    assert not needs_destination(FLAVOURS["sagredo"], starttls)
    assert needs_tls(implicit)
    assert not needs_tls(smarthost(tls="may").endpoint)


@pytest.mark.parametrize(("host", "literal"), [("192.0.2.1", True), ("2001:db8::1", True), ("a.example", False)])
def test_is_literal(host: str, *, literal: bool) -> None:
    """Addresses of both kinds."""
    assert is_literal(smarthost(host=host).relay) is literal
