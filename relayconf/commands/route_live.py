"""`relayconf route --live`: the hosts are asked, Postfix by its own router, qmail by the files that are there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from relayconf import oracle
from relayconf.commands import route_control
from relayconf.commands.options import Options
from relayconf.commands.route import Answer, Ask, envelope, pairs, plain, route_all
from relayconf.commands.route_inventory import together
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.model import Host, MtaName
from relayconf.mta.qmail.choice import flavour_of
from relayconf.mta.qmail.decision import decide
from relayconf.mta.qmail.kept import directory_of
from relayconf.mta.qmail.smtproutes import PATH
from relayconf.mtas import MTAS
from relayconf.observe import observe
from relayconf.remote.base import Session
from relayconf.text import printable
from relayconf.visits import Told, Visited

_Pair: TypeAlias = tuple[str, str]
_Answers: TypeAlias = Mapping[_Pair, Answer]

SOURCES: Mapping[MtaName, str] = {
    MtaName.POSTFIX: "the host's own router",
    MtaName.QMAIL: "model, by the files of the host",
}
"""Where the answers come from, in words."""


def _answer(pair: _Pair, found: oracle.Answer | None) -> Answer:
    if found is None:
        value: Mapping[str, object] = {"unknown": "the router of this host does not answer"}
    else:
        kind = found.kind if found.is_certain else "unknown: a table of the host cannot be read"
        by = "the daemon that works" if found.is_live else "the files that are there"
        value = {"class": kind, "transport": found.transport, "nexthop": found.nexthop, "by": by}
    rows = tuple((name, str(text)) for name, text in value.items())
    return Answer(value={"sender": plain(pair[0]), "recipient": plain(pair[1]), **value}, rows=rows)


def _of_postfix(host: Host, session: Session, asked: Sequence[_Pair]) -> _Answers:
    answers = oracle.ask(session, host, MTAS[host.mta], asked)
    return {pair: _answer(pair, found) for pair, found in zip(asked, answers, strict=True)}


def _of_qmail(host: Host, session: Session, asked: Sequence[_Pair]) -> _Answers:
    facts = observe(session, host, MTAS[host.mta])
    flavour = flavour_of(host, facts)
    control = directory_of(flavour, facts, facts.files[PATH].content)

    def ask(sender: str, recipient: str) -> Answer:
        decision = decide(control, os.fsencode(envelope(sender)), os.fsencode(recipient))
        value = route_control.value(sender, recipient, decision, flavour.name)
        return Answer(value=value, rows=tuple(route_control.rows(decision, flavour.name)))

    return {pair: ask(*pair) for pair in asked}


_LOOKS: Mapping[MtaName, Callable[[Host, Session, Sequence[_Pair]], _Answers]] = {
    MtaName.POSTFIX: _of_postfix,
    MtaName.QMAIL: _of_qmail,
}


def _known(answers: _Answers) -> Ask:
    return lambda sender, recipient: answers[sender, recipient]


def _tell_failures(console: Console, visited: Visited[_Answers]) -> None:
    for result in visited.fleet.failed:
        reason = result.error.message if result.error else result.reason or str(result.status)
        console.talk(f"{printable(result.host)}: {reason}")


def route_live(console: Console, options: Options, *, pair: _Pair | None, as_json: bool = False) -> ExitCode:
    """Print what becomes of mail on the selected hosts by what is on them, in the manner of `route_all`.

    All questions go along with one look at each host; nothing is changed there. A host that cannot be asked is told of
    and decides the exit code. Raises UsageError for what no router can be asked.
    """
    asked = tuple(pairs(console.stdin)) if pair is None else (pair,)
    wiring = Wiring(options=options, console=console)
    kinds = {host.name: host.mta for host in wiring.hosts}
    if MtaName.POSTFIX in kinds.values():
        oracle.questions(asked)
    with wiring.visits() as visits:
        visited = visits.visit(wiring.hosts, lambda host, session: Told(value=_LOOKS[host.mta](host, session, asked)))
    groups = [
        together({name: _known(found) for name, found in visited.values.items() if kinds[name] is mta}, source)
        for mta, source in SOURCES.items()
    ]
    route_all(
        console,
        lambda sender, recipient: [answer for ask in groups for answer in ask(sender, recipient)],
        pair=pair,
        asked=asked,
        as_json=as_json,
    )
    _tell_failures(console, visited)
    return visited.fleet.exit_code
