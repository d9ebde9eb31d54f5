"""`relayconf route --control DIR`: by the files of a qmail control directory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from relayconf.commands.control import read_control
from relayconf.commands.route import Answer, Ask, envelope, plain
from relayconf.mta.qmail.decision import Decision, decide, read_directory
from relayconf.mta.qmail.words import shown_host
from relayconf.text import printable


def value(sender: str, recipient: str, decision: Decision, flavour: str) -> Mapping[str, object]:
    """The answer for machines: the exact name that qmail-remote would look up."""
    stays = decision.via in {"local", "virtual"}
    return {
        "sender": plain(sender),
        "recipient": plain(recipient),
        "via": decision.via,
        "address": plain(decision.address),
        "nexthop": None if stays else plain(decision.nexthop),
        "port": None if stays else decision.port,
        "user": plain(decision.user) or None,
        "tls": None if decision.tls is None else str(decision.tls),
        "flavour": flavour,
        "why": decision.why,
    }


def rows(decision: Decision, flavour: str) -> Iterator[tuple[str, str]]:
    """The answer for people: what may be a password is hidden. *flavour* is in words."""
    yield "via", decision.via
    yield "address", printable(decision.address)
    if decision.tls is not None:
        yield "nexthop", f"{printable(shown_host(decision.nexthop))}:{decision.port}"
        yield "user", printable(decision.user) or "-"
        yield "tls", str(decision.tls)
    yield "flavour", flavour
    yield "why", printable(decision.why)


def by_control(control: Path, flavour: str | None = None) -> Ask:
    """Asks the control directory *control*, read as *flavour*, else as what is found beside it.

    Raises UsageError for a directory or a flavour that there is not, RelayconfError for a file that cannot be read.
    """
    found = read_control(control, flavour)
    directory = read_directory(found.flavour, found.files)

    def ask(sender: str, recipient: str) -> Answer:
        decision = decide(directory, os.fsencode(envelope(sender)), os.fsencode(recipient))
        return Answer(
            value=value(sender, recipient, decision, found.flavour.name),
            rows=tuple(rows(decision, f"{found.flavour.name} ({printable(found.why)})")),
        )

    return ask
