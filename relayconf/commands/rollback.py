"""`relayconf rollback`: look, show, ask, and undo on the same connections."""

from __future__ import annotations

from relayconf import journal
from relayconf.commands.asking import is_agreed
from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.errors import HostError
from relayconf.exits import ExitCode
from relayconf.journal import Undone
from relayconf.model import Host
from relayconf.mtas import MTAS
from relayconf.output import journal as text
from relayconf.output import journal_json as json
from relayconf.remote.base import Session
from relayconf.transactions import WayBack, way_back
from relayconf.visits import Told, Visited, Visits, merged


def _look(host: Host, session: Session, to: str | None) -> Told[WayBack]:
    found = journal.history(session, host, MTAS[host.mta])
    try:
        back = way_back(found, to)
    except HostError as refusal:
        return Told(value=WayBack(undo=(), unfinished=()), refusal=refusal)
    return Told(value=back, keep=bool(back.undo))


def _undo(visits: Visits, hosts: list[Host], looked: Visited[WayBack], to: str | None) -> Visited[Undone]:
    def act(host: Host, session: Session) -> Told[Undone]:
        expect = looked.values[host.name].undo[0].name
        done = journal.rollback(session, host, MTAS[host.mta], expect=expect, to=to)
        return Told(value=done, changed=done.changed)

    acted = visits.visit(hosts, act, changing=True)
    return merged(looked.with_value(Undone()), acted)


def rollback(console: Console, options: Options, *, to: str | None = None, yes: bool = False) -> ExitCode:
    """Undo the newest transaction of each selected host, or every one newer than *to*, after showing what that is.

    *yes* answers the question beforehand.
    """
    wiring = Wiring(options=options, console=console)
    with wiring.visits() as visits:
        looked = visits.visit(wiring.hosts, lambda host, session: _look(host, session, to))
        hosts = [host for host in wiring.hosts if host.name in looked.values and looked.values[host.name].undo]
        shown = text.ways_back(looked)
        is_over = looked.fleet.interrupted or not hosts
        if is_over or not options.json:
            console.data(json.ways_back(looked) if options.json else shown)
        if is_over:
            return looked.fleet.exit_code
        question = f"Roll back {len(hosts)} host{'' if len(hosts) == 1 else 's'}?"
        seen = console.shows_data and not options.json
        hint = "look at `relayconf history` first, then give `--yes`"
        if not yes and not is_agreed(console, question, shown=shown, seen=seen, hint=hint):
            console.talk("nothing was changed")
            return ExitCode.ERROR
        done = _undo(visits, hosts, looked, to)
    if options.json:
        console.data(json.undone(done, kind="rollback"))
    else:
        console.data(text.undone(done, title="Rollback", verb="rolled back", nothing="nothing to roll back"))
    return done.fleet.exit_code
