"""`relayconf status`: how each host stands, without planning anything."""

from __future__ import annotations

from relayconf import blind, journal
from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.errors import RelayconfError
from relayconf.exits import ExitCode
from relayconf.facts import Facts
from relayconf.model import Host
from relayconf.mtas import ABOUT, MTAS
from relayconf.observe import observe
from relayconf.output import journal as text
from relayconf.output import journal_json as json
from relayconf.output.text import drifted
from relayconf.remote.base import Session
from relayconf.render import render
from relayconf.standing import Standing, standing
from relayconf.templating import Templates
from relayconf.visits import Told


def _drift(host: Host, facts: Facts, templates: Templates) -> tuple[str, ...]:
    """What was edited by hand. Secrets are not asked for: where they stand, the hash of what was applied tells."""
    mta = MTAS[host.mta]
    if not facts.is_settled:
        return ()
    try:
        rendered = render(host, templates, blind.unresolved)
        found = mta.drift(host, facts, mta.desired(host, facts, blind.filled(mta, facts, rendered)))
        return tuple(map(drifted, (*found, *blind.drift(host, mta, facts, rendered, found))))
    except RelayconfError as error:
        return (f"unknown: {error.message}",)


def _look(host: Host, session: Session, templates: Templates) -> Told[Standing]:
    mta = MTAS[host.mta]
    facts = observe(session, host, mta)
    has_journal = facts.values.get("state.directory") == "ready"
    transactions = journal.history(session, host, mta) if has_journal else ()
    return Told(value=standing(facts, transactions, ABOUT[host.mta](facts), _drift(host, facts, templates)))


def status(console: Console, options: Options) -> ExitCode:
    """Print how the selected hosts stand. Nothing is changed."""
    wiring = Wiring(options=options, console=console)
    with wiring.visits() as visits:
        visited = visits.visit(wiring.hosts, lambda host, session: _look(host, session, wiring.templates))
    console.data(json.status(visited) if options.json else text.status(visited))
    return visited.fleet.exit_code
