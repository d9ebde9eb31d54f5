"""`relayconf recover`: what was cut short on a host is finished, or rolled back."""

from __future__ import annotations

from relayconf import journal
from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.journal import Undone
from relayconf.model import Host
from relayconf.mtas import MTAS
from relayconf.output import journal as text
from relayconf.output import journal_json as json
from relayconf.remote.base import Session
from relayconf.visits import Told


def _recover(host: Host, session: Session) -> Told[Undone]:
    done = journal.recover(session, host, MTAS[host.mta])
    return Told(value=done, changed=done.changed)


def recover(console: Console, options: Options) -> ExitCode:
    """Put right what was cut short on the selected hosts, and say what was done."""
    wiring = Wiring(options=options, console=console)
    with wiring.visits() as visits:
        visited = visits.visit(wiring.hosts, _recover, changing=True)
    if options.json:
        console.data(json.undone(visited, kind="recover"))
    else:
        console.data(text.undone(visited, title="Recover", verb="rolled back", nothing="nothing was cut short"))
    return visited.fleet.exit_code
