"""Which flavour of qmail a host has, from what its qmail-remote holds and what qmail-rspawn runs with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from relayconf.mta.qmail.flavours import CLASSIC, Flavour
from relayconf.mta.qmail.flavours.table import (
    AQMAIL,
    EQMAIL,
    INDIMAIL,
    NETQMAIL_AUTH,
    NETQMAIL_TLS,
    QMAIL_LDAP,
    SAGREDO,
    SQMAIL,
)

FINGERPRINTS = (
    "control/smtproutes",
    "etc/smtproutes",
    "authsenders",
    "AUTH LOGIN",
    "AUTH PLAIN",
    "STARTTLS",
    "tlshosts/",
    "tlsdestinations",
    "moresmtproutes.cdb",
    "smtpclustercookie",
)
"""Strings that are looked for in qmail-remote. In the fact `qmail.flavour.strings` their blanks are underlines."""

PROGRAM, STRINGS = "qmail.flavour.program", "qmail.flavour.strings"
WRAPPER, ENVIRONMENT = "qmail.flavour.wrapper", "qmail.flavour.environment"

NO_PROGRAM = "qmail-remote is missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What a host shows. No `flavour` is an unknown one; `evidence` is what speaks for it, or why nothing does."""

    flavour: Flavour | None
    evidence: str


def _found(strings: Collection[str]) -> Detection:
    """By the strings of a program, most telling first."""
    is_etc = "etc/smtproutes" in strings
    has_login = "AUTH LOGIN" in strings
    telling: tuple[tuple[tuple[str, ...], Flavour], ...] = (
        (("tlsdestinations",), AQMAIL if is_etc else SQMAIL),
        (("moresmtproutes.cdb",), INDIMAIL),
        (("smtpclustercookie",), QMAIL_LDAP),
        (("authsenders", "STARTTLS"), SAGREDO),
        (("authsenders",), NETQMAIL_AUTH),
        (("AUTH LOGIN", "etc/smtproutes"), EQMAIL),
    )
    for needed, flavour in telling:
        if all(string in strings for string in needed):
            return Detection(flavour=flavour, evidence=f"{_quoted(needed)} in qmail-remote")
    if has_login:
        text = f"qmail-remote has {_quoted(['AUTH LOGIN'])} of a patch that relayconf does not know"
        return Detection(flavour=None, evidence=text)
    if "control/smtproutes" not in strings:
        return Detection(flavour=None, evidence="qmail-remote has no string of any flavour that relayconf knows")
    if "STARTTLS" in strings and "tlshosts/" in strings:
        return Detection(flavour=NETQMAIL_TLS, evidence=f"{_quoted(['STARTTLS', 'tlshosts/'])} in qmail-remote")
    text = (
        f"neither {_quoted(['AUTH LOGIN'])} nor {_quoted(['authsenders'])} nor {_quoted(['tlshosts/'])} in qmail-remote"
    )
    return Detection(flavour=CLASSIC, evidence=text)


def _quoted(strings: Collection[str]) -> str:
    return " and ".join(f'"{string}"' for string in strings)


def detect(values: Mapping[str, str]) -> Detection:
    """The flavour that the facts of a host (docs/wire.md) speak for."""
    wrapper = values.get(WRAPPER)
    if wrapper:
        text = f"qmail-rspawn runs another program in place of qmail-remote: {wrapper}"
        return Detection(flavour=None, evidence=text)
    program = values.get(PROGRAM, "missing")
    if program == "script":
        return Detection(flavour=None, evidence="qmail-remote is a script around another program")
    if program != "program":
        return Detection(flavour=None, evidence=f"qmail-remote is {program}")
    return _found([string.replace("_", " ") for string in values.get(STRINGS, "").split()])


def environment_of(values: Mapping[str, str]) -> frozenset[str]:
    """Names in the environment of qmail-rspawn that a flavour asks for."""
    return frozenset(values.get(ENVIRONMENT, "").split())


def look_at(program: bytes | None) -> Mapping[str, str]:
    """The facts that a host would give of *program*, the bytes of its qmail-remote. None: there is none."""
    if program is None:
        return {PROGRAM: "missing"}
    if program.startswith(b"#!"):
        return {PROGRAM: "script"}
    strings = [string.replace(" ", "_") for string in FINGERPRINTS if string.encode() in program]
    return {PROGRAM: "program", STRINGS: " ".join(strings)}
