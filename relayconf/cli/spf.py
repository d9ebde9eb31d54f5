"""Commands on the SPF records of the inventory's domains."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from relayconf.cli.options import DEFAULT_INVENTORY, InventoryOption, JsonOption, run
from relayconf.console import Console
from relayconf.exits import ExitCode

app = typer.Typer(
    name="spf",
    help="SPF records: what to publish so that mail passes.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback()
def main() -> None:
    """SPF records: what to publish so that mail passes."""


@app.command()
def plan(
    domains: Annotated[list[str] | None, typer.Argument(help="Domains; all of the inventory if none.")] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    resolver: Annotated[
        list[str] | None, typer.Option("--resolver", metavar="ADDRESS", help="Ask this DNS resolver.")
    ] = None,
    form: Annotated[Literal["text", "zone"], typer.Option("--format", help="How to print it.")] = "text",
    json: JsonOption = False,
) -> None:
    """Show the SPF record that each domain should publish. Nothing is published."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.spf import plan

        shown = "json" if json else form
        return plan(console, inventory, domains or (), resolvers=resolver or (), form=shown)

    run(action)
