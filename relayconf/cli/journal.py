"""Commands on what relayconf did to the hosts, and the ways back."""

from __future__ import annotations

from typing import Annotated

import typer

from relayconf.cli.options import (
    DEFAULT_INVENTORY,
    AcceptNewOption,
    HostsArgument,
    InventoryOption,
    JsonOption,
    ParallelOption,
    fleet_options,
    run,
)
from relayconf.console import Console
from relayconf.exits import ExitCode


def status(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
) -> None:
    """Show each host's MTA, its last transaction, and what waits there. Nothing is changed."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.status import status

        return status(console, fleet_options(hosts, inventory, None, parallel, accept_new, json))

    run(action)


def history(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
) -> None:
    """Show the transactions that each host keeps, the newest first. Nothing is changed."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.history import history

        return history(console, fleet_options(hosts, inventory, None, parallel, accept_new, json))

    run(action)


def rollback(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    to: Annotated[
        str | None, typer.Option("--to", help="Undo every transaction that is newer than this one; else the newest.")
    ] = None,
) -> None:
    """Show what would be undone, ask, and undo it."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.rollback import rollback

        return rollback(console, fleet_options(hosts, inventory, None, parallel, accept_new, json), to=to, yes=yes)

    run(action)


def recover(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
) -> None:
    """Finish, or roll back, what was cut short on each host. Does not ask."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.recover import recover

        return recover(console, fleet_options(hosts, inventory, None, parallel, accept_new, json))

    run(action)


def confirm(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
) -> None:
    """Keep what would be rolled back by itself on each host. Does not ask."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.confirm import confirm

        return confirm(console, fleet_options(hosts, inventory, None, parallel, accept_new, json))

    run(action)
