"""Commands that ask no host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayconf.cli.options import (
    DEFAULT_INVENTORY,
    HostsArgument,
    InventoryOption,
    JsonOption,
    TemplatesOption,
    run,
)
from relayconf.commands.options import Options
from relayconf.console import Console
from relayconf.exits import ExitCode


def check(inventory: InventoryOption = DEFAULT_INVENTORY, templates: TemplatesOption = None) -> None:
    """Check the inventory, without contacting a host."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.check import check

        return check(console, Options(inventory=inventory, templates=templates))

    run(action)


def show(
    host: Annotated[str, typer.Argument(help="The host.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    json: JsonOption = False,
) -> None:
    """Show what a host ends up with, and where each value came from."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.show import show

        return show(console, inventory, host, as_json=json)

    run(action)


def schema() -> None:
    """Print the inventory's JSON Schema."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.schema import schema

        return schema(console)

    run(action)


def explain_bounce(
    file: Annotated[Path, typer.Argument(help="A bounce, lines of a log, or the text of a rejection; - for stdin.")],
    log: Annotated[bool, typer.Option("--log", help="Count the rejections of a whole log by category.")] = False,
    inventory: Annotated[
        Path | None,
        typer.Option("-i", "--inventory", help="The inventory to change; inventory.yaml where there is one."),
    ] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="The preset of a relay to be added.")] = None,
    json: JsonOption = False,
) -> None:
    """Explain a bounce: who refused the mail, why, and what to do."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.explain_bounce import explain_bounce

        return explain_bounce(console, file, log=log, inventory=inventory, provider=provider, as_json=json)

    run(action)


def render(
    out: Annotated[Path, typer.Option("--out", help="The folder to write to, one sub-folder a host.")],
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    templates: TemplatesOption = None,
) -> None:
    """Write the files as they would be on each host."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.render import render

        return render(console, Options(inventory=inventory, hosts=hosts or (), templates=templates), out=out)

    run(action)
