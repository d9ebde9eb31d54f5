"""The flavours of qmail: what each reads, and what it can do."""

from __future__ import annotations

from relayconf.mta.qmail.flavours.base import NOTHING_AROUND, SMTP_PORT, Around, Flavour, Hop
from relayconf.mta.qmail.flavours.table import CLASSIC, FLAVOURS, flavour_named

__all__ = [
    "CLASSIC",
    "FLAVOURS",
    "NOTHING_AROUND",
    "SMTP_PORT",
    "Around",
    "Flavour",
    "Hop",
    "flavour_named",
]
