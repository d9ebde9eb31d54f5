"""Credentials of senders: which a state uses, and whether those of two states can be in one table.

smtp(8) looks for the sender's address, the address without its extension, then `@domain` (postconf(5),
smtp_sender_dependent_authentication), so that a row of one state can hide a broader one of the other.
"""

from __future__ import annotations

from collections.abc import Mapping

from relayconf.mta.postfix.names import BY_SENDER

Table = Mapping[str, str]


def stored(passwords: Table) -> Table:
    """The rows of a table of passwords that are keyed by sender; next hops begin with a bracket."""
    return {key: row for key, row in passwords.items() if not key.startswith("[")}


def in_use(tables: Mapping[str, Table]) -> Table:
    """Of these, the rows of senders whose mail takes a service that looks for them."""
    asked = {key for key, value in tables["senders"].items() if value.partition(":")[0] in BY_SENDER}
    return {key: row for key, row in stored(tables["sasl_passwd"]).items() if key in asked}


def _hides(key: str, others: Table) -> bool:
    local, _, domain = key.rpartition("@")
    shorter = (f"{local[:length]}@{domain}" for length in range(len(local)))
    return any(broader in others for broader in shorter)


def clash(one: Table, other: Table) -> bool:
    """Whether a table with the rows of both would answer somebody otherwise than one of them does."""
    if any(one[key] != other[key] for key in one.keys() & other.keys()):
        return True
    hidden = (_hides(key, other) for key in one.keys() - other.keys())
    return any(hidden) or any(_hides(key, one) for key in other.keys() - one.keys())
