"""Commands on the SPF records of the inventory's domains."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from relayconf.cli.options import DEFAULT_INVENTORY, InventoryOption, JsonOption, ResolverOption, run
from relayconf.console import Console, standard
from relayconf.exits import ExitCode

app = typer.Typer(
    name="spf",
    help="SPF records: what to publish so that mail passes.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


def _help(context: typer.Context, value: bool) -> None:  # noqa: FBT001  typer's callback signature
    if value:
        standard().data(context.get_help())
        raise typer.Exit


@app.callback(add_help_option=False)
def main(
    # typer's own help option loads pydantic to find out that it was not given.
    show_help: Annotated[
        bool, typer.Option("-h", "--help", callback=_help, is_eager=True, help="Show this message and exit.")
    ] = False,
) -> None:
    """SPF records: what to publish so that mail passes."""


DomainsArgument = Annotated[list[str] | None, typer.Argument(help="Domains; all of the inventory if none.")]


@app.command()
def plan(
    domains: DomainsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    resolver: ResolverOption = None,
    form: Annotated[
        Literal["text", "zone", "nsupdate", "octodns", "terraform"], typer.Option("--format", help="How to print it.")
    ] = "text",
    json: JsonOption = False,
) -> None:
    """Show the SPF record that each domain should publish. Nothing is published."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.spf import plan

        shown = "json" if json else form
        return plan(console, inventory, domains or (), resolvers=resolver or (), form=shown)

    run(action)


@app.command()
def apply(
    *,
    domains: DomainsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    resolver: ResolverOption = None,
    server: Annotated[
        str, typer.Option("--server", metavar="ADDRESS", help="The zone's primary DNS server, which takes updates.")
    ],
    key_file: Annotated[
        Path | None, typer.Option("--key-file", metavar="FILE", help="The TSIG key, as BIND writes it, mode 0600.")
    ] = None,
    key_env: Annotated[
        str | None,
        typer.Option("--key-env", metavar="VARIABLE", help="The variable that has it: [ALGORITHM:]NAME:SECRET."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Publish the record by dynamic update: shown, asked, and only if nothing moved meanwhile."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.spf_apply import UpdateOptions, apply

        options = UpdateOptions(
            server=server,
            key_file=key_file,
            key_variable=key_env,
            resolvers=resolver or (),
            yes=yes,
            json=json,
        )
        return apply(console, inventory, domains or (), options)

    run(action)


@app.command()
def check(
    domains: DomainsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    resolver: ResolverOption = None,
    json: JsonOption = False,
) -> None:
    """Say which DNS servers have the planned record by now. Exit 4 while some have another one."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.spf_check import check

        return check(console, inventory, domains or (), resolvers=resolver or (), json=json)

    run(action)


@app.command()
def watch(
    domains: DomainsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    resolver: ResolverOption = None,
    json: JsonOption = False,
) -> None:
    """Say which providers' includes changed since the last run. Exit 4 when some did."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.spf_watch import watch

        return watch(console, inventory, domains or (), resolvers=resolver or (), json=json)

    run(action)
