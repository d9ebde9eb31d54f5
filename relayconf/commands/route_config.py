"""`relayconf route --config DIR`: by the files of a Postfix configuration directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from relayconf.commands.configuration import read_configuration
from relayconf.commands.route import Answer, Ask, envelope, plain
from relayconf.mta.postfix.resolver.model import Answer as Found
from relayconf.text import printable

_CLASSES = {"alias": "virtual alias", "virtual": "virtual mailbox"}


def value(sender: str, recipient: str, found: Found) -> Mapping[str, object]:
    """The answer for machines. Nothing stands for what is unknown, and for what there is not."""
    decision, session = found.decision, found.session
    return {
        "sender": plain(sender),
        "recipient": plain(recipient),
        "address": plain(decision.address),
        "class": decision.address_class,
        "transport": plain(decision.transport) or None,
        "nexthop": plain(decision.nexthop) or None,
        "flags": list(decision.flags),
        "user": plain(session.user) or None,
        "tls": plain(session.tls) or None,
        "unknown": plain(found.unknown) or None,
        "why": plain("; ".join(found.why)),
    }


def rows(found: Found) -> Iterator[tuple[str, str]]:
    """The answer for people."""
    decision, session = found.decision, found.session
    yield "address", printable(decision.address)
    if decision.address_class:
        yield "class", _CLASSES.get(decision.address_class, decision.address_class)
    if decision.transport:
        yield "transport", printable(decision.transport)
        yield "nexthop", printable(decision.nexthop)
    if decision.flags:
        yield "flags", " ".join(decision.flags)
    if session.tls:
        yield "user", printable(session.user) or "-"
        yield "tls", printable(session.tls)
    if found.unknown:
        yield "unknown", printable(found.unknown)
    for number, why in enumerate(found.why):
        yield "" if number else "why", printable(why)


def by_config(directory: Path) -> Ask:
    """Asks the configuration in *directory*. Raises what `read_configuration` raises."""
    model = read_configuration(directory)

    def ask(sender: str, recipient: str) -> Answer:
        found = model.ask(envelope(sender), recipient)
        return Answer(value=value(sender, recipient, found), rows=tuple(rows(found)))

    return ask
