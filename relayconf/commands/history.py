"""`relayconf history`: what relayconf did to each host."""

from __future__ import annotations

from relayconf import journal
from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.model import Host
from relayconf.mtas import MTAS
from relayconf.output import journal as text
from relayconf.output import journal_json as json
from relayconf.remote.base import Session
from relayconf.transactions import Transaction
from relayconf.visits import Told


def _look(host: Host, session: Session) -> Told[tuple[Transaction, ...]]:
    return Told(value=journal.history(session, host, MTAS[host.mta]))


def history(console: Console, options: Options) -> ExitCode:
    """Print the transactions that each selected host keeps. Nothing is changed."""
    wiring = Wiring(options=options, console=console)
    with wiring.visits() as visits:
        visited = visits.visit(wiring.hosts, _look)
    console.data(json.history(visited) if options.json else text.history(visited))
    return visited.fleet.exit_code
