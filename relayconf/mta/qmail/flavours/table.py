"""The flavours of qmail, one entry each. Nothing else in the program asks for a flavour by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from relayconf.mta.qmail.flavours.base import Flavour
from relayconf.mta.qmail.flavours.values import (
    read_blanks,
    read_indimail,
    read_ldap,
    read_pipes,
    read_plain,
    read_semicolon,
    read_semicolon_sender,
)

_USUAL = ("CRAM-MD5", "PLAIN", "LOGIN")

CLASSIC = Flavour(
    name="classic",
    program="classic qmail-remote",
    is_proved=True,
    aliases=("qmail", "qmail-1.03", "netqmail", "netqmail-1.06", "notqmail", *(f"notqmail-1.0{n}" for n in "789")),
    read=read_plain,
)

NETQMAIL_AUTH = Flavour(
    name="netqmail-auth",
    program="qmail-remote with the AUTH patch",
    is_proved=True,
    aliases=("netqmail-smtp-auth", "nqauth", "auth"),
    auth_mark="|",
    read=read_pipes,
    read_sender=read_pipes,
    mechanisms=_USUAL,
    needs_usual_mechanism=True,
)

NETQMAIL_TLS = Flavour(
    name="netqmail-tls",
    program="qmail-remote with the TLS patch",
    is_proved=True,
    aliases=("netqmail-smtp-tls", "nqtls", "tls"),
    read=read_plain,
    starttls=True,
    tls_file="tlshosts",
    implicit_tls=True,
)

SAGREDO = Flavour(
    name="sagredo",
    program="sagredo's qmail-remote",
    is_proved=True,
    aliases=("qmailtoaster", "sagredo-qmail", "sagredo-dev+qmail", "sag"),
    auth_mark="|",
    read=read_pipes,
    read_sender=read_pipes,
    mechanisms=_USUAL,
    starttls=True,
    tls_file="tlshosts",
    implicit_tls_flaw="reads a reply code that it never got",
    needs_usual_mechanism=True,
    unicode_keys=True,
)

QMAIL_LDAP = Flavour(
    name="qmail-ldap",
    program="qmail-ldap's qmail-remote",
    is_proved=True,
    aliases=("ldap", "qldap", "qmail-ldap+qmail-ldap"),
    auth_mark=" ",
    read=read_ldap,
    mechanisms=("LOGIN",),
)

SQMAIL = Flavour(
    name="sqmail",
    program="s/qmail's qmail-remote",
    is_proved=False,
    aliases=("s/qmail", "sq"),
    port_mark=";",
    auth_mark="|",
    read=read_semicolon,
    read_sender=read_semicolon_sender,
    mechanisms=_USUAL,
    starttls=True,
    tls_file="tlsdestinations",
    implicit_tls=True,
    ipv6=True,
    bounce_route=True,
    qmtproutes=True,
    needs_usual_mechanism=True,
    unicode_keys=True,
)

AQMAIL = Flavour(
    name="aqmail",
    program="aQmail's qmail-remote",
    is_proved=False,
    aliases=("aq",),
    directory="etc",
    port_mark=";",
    auth_mark="|",
    read=read_semicolon,
    read_sender=read_semicolon_sender,
    mechanisms=_USUAL,
    starttls=True,
    tls_file="tlsdestinations",
    implicit_tls=True,
    ipv6=True,
    bounce_route=True,
    qmtproutes=True,
    needs_usual_mechanism=True,
    unicode_keys=True,
)

EQMAIL = Flavour(
    name="eqmail",
    program="eQmail's qmail-remote",
    is_proved=False,
    aliases=("eq",),
    directory="etc",
    auth_mark=" ",
    read=read_blanks,
    mechanisms=("LOGIN",),
    starttls=True,
    tls_file="tlshosts",
    implicit_tls_flaw="has the flaw that sagredo's has",
)

INDIMAIL = Flavour(
    name="indimail",
    program="indimail's qmail-remote",
    is_proved=False,
    aliases=("indimail-mta", "ind"),
    auth_mark=" ",
    read=read_indimail,
    mechanisms=_USUAL,
    starttls=True,
    implicit_tls=True,
    bounce_route=True,
    qmtproutes=True,
    needs_variable="AUTH_SMTP",
    blank_in_password=False,
    unicode_keys=True,
)

FLAVOURS: Mapping[str, Flavour] = {
    flavour.name: flavour
    for flavour in (
        CLASSIC,
        NETQMAIL_AUTH,
        NETQMAIL_TLS,
        SAGREDO,
        QMAIL_LDAP,
        SQMAIL,
        AQMAIL,
        EQMAIL,
        INDIMAIL,
    )
}
"""By the word of the inventory."""

_WORDS: Mapping[str, Flavour] = {
    re.sub(r"[^a-z0-9]", "", word): flavour
    for flavour in FLAVOURS.values()
    for word in (flavour.name, *flavour.aliases)
}


def flavour_named(word: str) -> Flavour | None:
    """The flavour that *word* names, by its own name or another usual one; case and punctuation do not matter."""
    return _WORDS.get(re.sub(r"[^a-z0-9]", "", word.lower()))
