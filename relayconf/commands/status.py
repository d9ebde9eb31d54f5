"""`relayconf status`: how each host stands, without planning anything."""

from __future__ import annotations

from relayconf import journal
from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.model import Host
from relayconf.mtas import ABOUT, MTAS
from relayconf.observe import observe
from relayconf.output import journal as text
from relayconf.output import journal_json as json
from relayconf.remote.base import Session
from relayconf.standing import Standing, standing
from relayconf.visits import Told


def _look(host: Host, session: Session) -> Told[Standing]:
    mta = MTAS[host.mta]
    facts = observe(session, host, mta)
    has_journal = facts.values.get("state.directory") == "ready"
    transactions = journal.history(session, host, mta) if has_journal else ()
    return Told(value=standing(facts, transactions, ABOUT[host.mta](facts), drift=()))


def status(console: Console, options: Options) -> ExitCode:
    """Print how the selected hosts stand. Nothing is changed."""
    wiring = Wiring(options=options, console=console)
    with wiring.visits() as visits:
        visited = visits.visit(wiring.hosts, _look)
    console.data(json.status(visited) if options.json else text.status(visited))
    return visited.fleet.exit_code
