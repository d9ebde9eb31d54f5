"""What the host's own router is asked about a candidate, and what it has to answer for the model to be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from relayconf.errors import MainCfError, MapError
from relayconf.mta.base import Question
from relayconf.mta.postfix import main_cf
from relayconf.mta.postfix.names import MAIN_CF, MAP_PARAMETERS, SMTP
from relayconf.mta.postfix.reading import table_in_use
from relayconf.mta.postfix.routing import CLASS, Routing, route
from relayconf.mta.postfix.tables import foreign

MOST = 20
"""Questions about one candidate: each costs the host some 8 ms."""

_LABEL = "relayconf-probe"
_WORLD = f"{_LABEL}.invalid"
_SENDER = f"postmaster@{_WORLD}"


def _recipients(table: Mapping[str, str]) -> Iterator[str]:
    """One recipient for each value of *table*, then one for each further key."""
    first: dict[str, str] = {}
    for key, value in table.items():
        first.setdefault(value, key)
    for key in dict.fromkeys((*first.values(), *table)):
        name = f"{_LABEL}{key}" if key.startswith(".") else key
        if key != "*" and table[key] != CLASS:
            yield name if "@" in name else f"{_LABEL}@{name}"


def _is_plain(question: Question) -> bool:
    """Whether it can be asked, and its answer is not one that Postfix expands first."""
    return " " not in question.recipient and "$" not in question.transport + question.nexthop


def _questions(contents: Mapping[str, bytes | None]) -> Iterator[Question]:
    parameters = main_cf.parse(contents.get(MAIN_CF) or b"")

    def value(name: str) -> str:
        return parameters[name].value if name in parameters else ""

    routing = Routing(
        table=table_in_use(contents, parameters, "transport"),
        relayhost=value("relayhost"),
        default_transport=value("default_transport") or SMTP,
    )
    recipients = list(_recipients(routing.table))[: MOST - 1]
    if not foreign(value(MAP_PARAMETERS["transport"])):
        recipients.insert(0, f"{_LABEL}@{_WORLD}")
    for recipient in recipients:
        way = route(routing, recipient.lower())
        yield Question(sender=_SENDER, recipient=recipient, transport=way.service, nexthop=way.nexthop)


def questions(contents: Mapping[str, bytes | None]) -> Sequence[Question]:
    """At most `MOST` messages and where they go by the files' *contents*, those for which only these decide.

    First one to the rest of the world, unless a table of the admin's may route it; then one for each way that our table
    has, then more of its keys. None where Postfix itself could not read the files.
    """
    try:
        return tuple(question for question in _questions(contents) if _is_plain(question))
    except (MainCfError, MapError):
        return ()
