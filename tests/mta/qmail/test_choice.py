"""The flavour of a host: named, found, unknown, or one thing here and another there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.model import FlavourName, Host
from relayconf.mta.qmail.choice import chosen, flavour_findings, flavour_of
from relayconf.mta.qmail.detection import ENVIRONMENT, PROGRAM, look_at
from tests.mta.qmail.relays import smarthost
from tests.support.hosts import qmail_host
from tests.support.qmail_tree import BINARIES, binary

PLAIN = qmail_host(default=(smarthost(25, "none", auth=False),))
NEEDY = qmail_host(default=(smarthost(),))


def facts(flavour: str | None = None, **more: str) -> Facts:
    """What a host with this flavour's qmail-remote says."""
    return Facts(values={**look_at(None if flavour is None else binary(*BINARIES[flavour])), **more}, files={})


def named(host: Host, flavour: FlavourName) -> Host:
    """The host with its flavour in the inventory."""
    return replace(host, flavour=flavour)


def said(host: Host, there: Facts) -> list[str]:
    """Severity and text of what is found."""
    return [f"{item.severity}: {item.text}" for item in flavour_findings(host, there)]


def test_flavour_of() -> None:
    """The inventory's word, else the program's, else classic."""
    assert flavour_of(named(PLAIN, "sagredo"), facts("qmail-ldap")).name == "sagredo"
    assert flavour_of(PLAIN, facts("qmail-ldap")).name == "qmail-ldap"
    assert flavour_of(PLAIN, facts()).name == "classic"


def test_nothing_to_say() -> None:
    """Where any flavour does, or the right one is there."""
    assert said(PLAIN, facts()) == said(PLAIN, facts("classic")) == said(PLAIN, facts("qmail-ldap")) == []
    assert said(named(PLAIN, "classic"), facts("classic")) == said(named(NEEDY, "sagredo"), facts()) == []


def test_found() -> None:
    """What the flavour that is there cannot do is refused with the evidence; what it can is remarked."""
    assert said(NEEDY, facts("qmail-ldap")) == [
        "note: qmail-ldap's qmail-remote logs in by LOGIN alone: the relay isp must offer it",
        (
            "error: the relay isp:587 wants `tls: encrypt`, but qmail-ldap's qmail-remote has no TLS "
            '("smtpclustercookie" in qmail-remote)'
        ),
    ]
    assert [line.split(":")[0] for line in said(NEEDY, facts("sagredo"))] == ["warning"]
    assert [line.split(":")[0] for line in said(NEEDY, facts("classic"))] == ["error", "error"]


def test_remarks_are_those_of_the_flavour() -> None:
    """Mail in clear is remarked where it is so."""
    may = qmail_host()
    note = "note: mail to the relay isp:25 leaves unencrypted, as `tls: may` allows: classic qmail-remote has no TLS"

    assert said(may, facts()) == said(may, facts("classic")) == [note]
    assert said(may, facts("sagredo")) == []


def test_known_from_its_sources_alone() -> None:
    """Nothing is written for it before the inventory confirms it."""
    assert said(PLAIN, facts("sqmail")) == [
        'error: this host has sqmail ("tlsdestinations" in qmail-remote), which relayconf knows from its sources alone'
    ]
    assert said(named(PLAIN, "sqmail"), facts("sqmail")) == []


def test_unknown() -> None:
    """Guessed only where every guess comes to the same."""
    script = facts(**{PROGRAM: "script"})
    assert said(NEEDY, script) == [
        (
            "error: the wish needs a certain flavour of qmail, and which one is here is unknown: "
            "qmail-remote is a script around another program"
        )
    ]
    assert said(PLAIN, script) == [
        (
            "note: which flavour of qmail this host has is unknown, and classic is taken for granted: "
            "qmail-remote is a script around another program"
        )
    ]
    assert said(NEEDY, facts()) == [
        "error: the wish needs a certain flavour of qmail, and which one is here is unknown: qmail-remote is missing"
    ]


@pytest.mark.parametrize(
    ("host", "there", "severity"),
    [
        (named(PLAIN, "sagredo"), "classic", "warning"),
        (named(PLAIN, "sqmail"), "classic", "error"),
        (named(NEEDY, "sagredo"), "classic", "error"),
        (named(NEEDY, "sagredo"), "qmail-ldap", "error"),
        (named(NEEDY, "sqmail"), "aqmail", "warning"),
        (named(qmail_host(default=(smarthost(tls="may"),)), "sagredo"), "netqmail-auth", "warning"),
        (named(qmail_host(default=(smarthost(auth=False),)), "sagredo"), "classic", "error"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.flavour),
)
def test_contradiction(host: Host, there: str, severity: str) -> None:
    """An error where the other flavour would tear the lines, or not do what they are for."""
    found = flavour_findings(host, facts(there))

    assert [str(item.severity) for item in found] == [severity]
    assert found[0].text.startswith(f"the inventory says `flavour: {host.flavour}`, but this host has {there}: ")
    assert found[0].ways_out == (f"`flavour: {there}`", "take `flavour:` out")


def test_a_variable() -> None:
    """Indimail does not look at credentials without it."""
    host = named(qmail_host(default=(smarthost(tls="may"),)), "indimail")

    assert said(host, facts("indimail")) == [
        "error: indimail's qmail-remote ignores credentials unless qmail-rspawn has AUTH_SMTP in its environment"
    ]
    assert said(host, facts("indimail", **{ENVIRONMENT: "AUTH_SMTP"})) == []
    assert said(named(PLAIN, "indimail"), facts("indimail")) == []


def test_chosen() -> None:
    """The files for this host's flavour, by their own names; those with passwords for qmail's group alone."""
    routes = DesiredFile(path="qmail:sagredo/smtproutes", content=b":r|u|p\n", secret=True)
    other = DesiredFile(path="qmail:qmail-ldap/smtproutes", content=b":r u p\n", secret=True)
    pem = DesiredFile(path="qmail:tlshosts/r.pem", content=b"")
    root = facts("sagredo", **{"host.uid": "0", "qmail.group": "qmail"})

    assert chosen(NEEDY, root, (routes, other, pem)) == (
        replace(routes, path="qmail:smtproutes", mode=0o640, group="qmail"),
        pem,
    )
    (own,) = chosen(NEEDY, facts("sagredo", **{"host.uid": "1000", "qmail.group": "qmail"}), (routes,))
    assert (own.mode, own.group) == (0o640, None)
    assert chosen(NEEDY, facts("classic"), (routes, other)) == ()
    gone = replace(routes, content=None)
    assert chosen(NEEDY, root, (gone,)) == (replace(gone, path="qmail:smtproutes"),)


@pytest.mark.parametrize(("was", "goes"), [("0" * 64, True), ("-", False), ("", False)])
def test_a_table_of_senders_that_was_applied_goes(was: str, *, goes: bool) -> None:
    """When the inventory has none any more; not one that somebody else wrote, nor one that is wished."""
    there = facts("sagredo", **{"applied.qmail:authsenders": f"{was} t 2026-11-24T10:15:00Z" if was else ""})
    wished = DesiredFile(path="qmail:authsenders", content=b"@x.test:r\n", secret=True)

    assert chosen(PLAIN, there, ()) == (
        (DesiredFile(path="qmail:authsenders", content=None, secret=True),) if goes else ()
    )
    assert [file.content for file in chosen(PLAIN, there, [wished])] == [b"@x.test:r\n"]
