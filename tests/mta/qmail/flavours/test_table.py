"""The table of flavours is consistent, and its words are found."""

from __future__ import annotations

from typing import get_args

import pytest

from relayconf.model import FlavourName
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS, NOTHING_AROUND, flavour_named


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("classic", "classic"),
        ("NotQmail 1.09", "classic"),
        ("netqmail-smtp-auth", "netqmail-auth"),
        ("netqmail_tls", "netqmail-tls"),
        ("qmailtoaster", "sagredo"),
        ("ldap", "qmail-ldap"),
        ("s/qmail", "sqmail"),
        ("aQmail", "aqmail"),
        ("eQmail", "eqmail"),
        ("indimail-mta", "indimail"),
    ],
)
def test_words(word: str, name: str) -> None:
    """Every flavour by its name and by what its users call it."""
    found = flavour_named(word)

    assert found is not None
    assert found.name == name


def test_no_flavour() -> None:
    """Anything else is none."""
    assert flavour_named("exim") is None


@pytest.mark.parametrize("name", FLAVOURS)
def test_no_entry_contradicts_itself(name: str) -> None:
    """What is said of AUTH and TLS goes together, and each finds itself by its own word."""
    flavour = FLAVOURS[name]
    assert flavour_named(flavour.name) is flavour
    assert bool(flavour.mechanisms) is flavour.has_auth
    assert flavour.starttls or not (flavour.tls_file or flavour.implicit_tls or flavour.implicit_tls_flaw)
    assert not (flavour.implicit_tls and flavour.implicit_tls_flaw)
    assert flavour.read(b"relay.example", NOTHING_AROUND).host == b"relay.example"
    assert flavour.program.endswith("qmail-remote") or flavour.program.startswith("qmail-remote")


def test_words_of_the_inventory() -> None:
    """All of them, and no others."""
    assert tuple(FLAVOURS) == get_args(FlavourName)


def test_those_that_were_run() -> None:
    """The others are written for only when the inventory confirms them."""
    assert [name for name, flavour in FLAVOURS.items() if flavour.is_proved] == [
        "classic",
        "netqmail-auth",
        "netqmail-tls",
        "sagredo",
        "qmail-ldap",
    ]
    assert not CLASSIC.has_auth
