"""The flavour of a host by its facts."""

from __future__ import annotations

import pytest

from relayconf.mta.qmail.detection import (
    ENVIRONMENT,
    FINGERPRINTS,
    PROGRAM,
    STRINGS,
    WRAPPER,
    detect,
    environment_of,
    look_at,
)
from tests.support.qmail_tree import BINARIES, binary


@pytest.mark.parametrize("name", BINARIES)
def test_flavours(name: str) -> None:
    """By the strings in the program."""
    found = detect(look_at(binary(*BINARIES[name])))

    assert found.flavour is not None
    assert found.flavour.name == name
    assert found.evidence.endswith("in qmail-remote")


@pytest.mark.parametrize(
    ("facts", "evidence"),
    [
        ({}, "qmail-remote is missing"),
        ({PROGRAM: "unreadable"}, "qmail-remote is unreadable"),
        (look_at(b"#!/bin/sh\nexec x tlsdestinations\n"), "qmail-remote is a script around another program"),
        (
            look_at(binary("control/smtproutes", "AUTH LOGIN")),
            'qmail-remote has "AUTH LOGIN" of a patch that relayconf does not know',
        ),
        (look_at(b"\x7fELF"), "qmail-remote has no string of any flavour that relayconf knows"),
        (
            {WRAPPER: "/usr/local/bin/remote", PROGRAM: "program", STRINGS: "control/smtproutes"},
            "qmail-rspawn runs another program in place of qmail-remote: /usr/local/bin/remote",
        ),
    ],
)
def test_unknown(facts: dict[str, str], evidence: str) -> None:
    """Nothing is guessed."""
    found = detect(facts)

    assert (found.flavour, found.evidence) == (None, evidence)


def test_evidence() -> None:
    """The words that a refusal repeats."""
    assert detect(look_at(binary(*BINARIES["classic"]))).evidence == (
        'neither "AUTH LOGIN" nor "authsenders" nor "tlshosts/" in qmail-remote'
    )
    assert detect(look_at(binary(*BINARIES["sagredo"]))).evidence == '"authsenders" and "STARTTLS" in qmail-remote'


def test_facts() -> None:
    """As the host prints them: blanks are underlines."""
    assert look_at(binary("AUTH LOGIN", "control/smtproutes")) == {
        PROGRAM: "program",
        STRINGS: "control/smtproutes AUTH_LOGIN",
    }
    assert look_at(None) == {PROGRAM: "missing"}
    assert not [string for string in FINGERPRINTS if "_" in string]


def test_environment() -> None:
    """Names only."""
    assert environment_of({ENVIRONMENT: "AUTH_SMTP OTHER"}) == {"AUTH_SMTP", "OTHER"}
    assert environment_of({}) == frozenset()
