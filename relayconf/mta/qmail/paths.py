"""The symbolic paths of qmail's files, and of the variants that are rendered before the flavour is known."""

from __future__ import annotations

from relayconf.mta.qmail.flavours import FLAVOURS
from relayconf.mta.qmail.smtproutes import PATH as SMTPROUTES

PREFIX = "qmail:"
AUTHSENDERS, QMTPROUTES, TLSDESTINATIONS = "qmail:authsenders", "qmail:qmtproutes", "qmail:tlsdestinations"
ME, LOCALS, VIRTUALDOMAINS, RCPTHOSTS = "qmail:me", "qmail:locals", "qmail:virtualdomains", "qmail:rcpthosts"
HELOHOST = "qmail:helohost"
PERCENTHACK, ENVNOATHOST = "qmail:percenthack", "qmail:envnoathost"

TOLD = frozenset({ME, LOCALS, VIRTUALDOMAINS, RCPTHOSTS, HELOHOST})
"""Files that are written only where the inventory says so (`manage`)."""

SECRET = frozenset({SMTPROUTES, AUTHSENDERS, QMTPROUTES})
"""Files that hold passwords in one flavour or another."""


def certificates(relay: str) -> str:
    """The file that enforces TLS to the host *relay*."""
    return f"{PREFIX}tlshosts/{relay}.pem"


def variant(flavour: str, path: str) -> str:
    """*path* as it is when the host turns out to have *flavour*."""
    return f"{PREFIX}{flavour}/{path.removeprefix(PREFIX)}"


def split_variant(path: str) -> tuple[str | None, str]:
    """The flavour that *path* is for, if it is for one, and the path on the host."""
    flavour, slash, name = path.removeprefix(PREFIX).partition("/")
    return (flavour, PREFIX + name) if slash and flavour in FLAVOURS else (None, path)


def name_of(path: str) -> str:
    """The name in the control directory."""
    return split_variant(path)[1].removeprefix(PREFIX)
