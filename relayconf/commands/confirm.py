"""`relayconf confirm`: a transaction that would go by itself stays."""

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
from relayconf.transactions import TransactionStatus
from relayconf.visits import Told, merged


def _waiting(host: Host, session: Session) -> Told[str | None]:
    """The transaction that waits to be confirmed."""
    found = journal.history(session, host, MTAS[host.mta])
    name = next((item.name for item in found if item.status is TransactionStatus.UNCONFIRMED), None)
    return Told(value=name, keep=name is not None)


def confirm(console: Console, options: Options) -> ExitCode:
    """Confirm what waits for it on the selected hosts; where nothing does, that is told."""
    wiring = Wiring(options=options, console=console)
    with wiring.visits() as visits:
        looked = visits.visit(wiring.hosts, _waiting)
        waiting = {host: name for host, name in looked.values.items() if name and not looked.fleet.interrupted}

        def act(host: Host, session: Session) -> Told[Undone]:
            done = journal.confirm(session, host, MTAS[host.mta], expect=waiting[host.name])
            return Told(value=done, changed=True)

        acted = visits.visit([host for host in wiring.hosts if host.name in waiting], act, changing=True)
    ended = merged(looked.with_value(Undone()), acted)
    if options.json:
        console.data(json.undone(ended, kind="confirm"))
    else:
        console.data(text.undone(ended, title="Confirm", verb="confirmed", nothing="nothing waits to be confirmed"))
    return ended.fleet.exit_code
