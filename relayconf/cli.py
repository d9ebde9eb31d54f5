"""The command line: options, and one call each. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from relayconf import __version__
from relayconf.console import Console, standard
from relayconf.error_handler import guard
from relayconf.exits import ExitCode

app = typer.Typer(
    name="relayconf",
    help="Smarthost configuration for Postfix and qmail: one inventory, exact plans, safe applies.",
    no_args_is_help=True,
    rich_markup_mode=None,
    # Its options have no value most of the time, and typer loads pydantic to find that out: twice the time of a --help.
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

InventoryOption = Annotated[Path, typer.Option("-i", "--inventory", help="The inventory file.")]
HostsArgument = Annotated[
    list[str] | None, typer.Argument(help="Hosts, groups or ranges (node[001-020]); all if none.")
]
TemplatesOption = Annotated[Path | None, typer.Option("--templates", help="A folder of templates that stand in front.")]
ParallelOption = Annotated[int, typer.Option("--parallel", min=1, max=500, help="Hosts worked on at a time.")]
AcceptNewOption = Annotated[bool, typer.Option("--accept-new", help="Trust and remember unknown SSH host keys.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DEFAULT_INVENTORY = Path("inventory.yaml")


def _run(action: Callable[[Console], ExitCode]) -> NoReturn:
    console = standard()
    raise typer.Exit(guard(console, lambda: action(console)))


def _version(value: bool) -> None:  # noqa: FBT001  typer's callback signature
    if value:
        standard().data(f"relayconf {__version__}")
        raise typer.Exit


def _help(context: typer.Context, value: bool) -> None:  # noqa: FBT001  typer's callback signature
    if value:
        standard().data(context.get_help())
        raise typer.Exit


@app.callback(add_help_option=False)
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    # typer's own help option has no value either, with the same price.
    show_help: Annotated[
        bool, typer.Option("-h", "--help", callback=_help, is_eager=True, help="Show this message and exit.")
    ] = False,
) -> None:
    """Smarthost configuration for Postfix and qmail: one inventory, exact plans, safe applies."""


@app.command()
def check(inventory: InventoryOption = DEFAULT_INVENTORY, templates: TemplatesOption = None) -> None:
    """Check the inventory, without contacting a host."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.check import check
        from relayconf.commands.wiring import Options

        return check(console, Options(inventory=inventory, templates=templates))

    _run(action)


@app.command()
def show(
    host: Annotated[str, typer.Argument(help="The host.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    json: JsonOption = False,
) -> None:
    """Show what a host ends up with, and where each value came from."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.show import show

        return show(console, inventory, host, as_json=json)

    _run(action)


@app.command()
def schema() -> None:
    """Print the inventory's JSON Schema."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.schema import schema

        return schema(console)

    _run(action)


@app.command()
def render(
    out: Annotated[Path, typer.Option("--out", help="The folder to write to, one sub-folder a host.")],
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    templates: TemplatesOption = None,
) -> None:
    """Write the files as they would be on each host."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.render import render
        from relayconf.commands.wiring import Options

        return render(console, Options(inventory=inventory, hosts=hosts or (), templates=templates), out=out)

    _run(action)


@app.command()
def plan(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    templates: TemplatesOption = None,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 4 when changes are pending.")] = False,
) -> None:
    """Show exactly what would change on each host. Nothing is changed."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.plan import plan
        from relayconf.commands.wiring import Options

        options = Options(
            inventory=inventory,
            hosts=hosts or (),
            templates=templates,
            parallel=parallel,
            accept_new=accept_new,
            json=json,
        )
        return plan(console, options, exit_code=exit_code)

    _run(action)


@app.command()
def apply(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    templates: TemplatesOption = None,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    flush: Annotated[bool, typer.Option("--flush", help="Have waiting mail tried again afterwards.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same as plan.")] = False,
) -> None:
    """Plan, show, ask, and make it real."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.apply import apply
        from relayconf.commands.plan import plan
        from relayconf.commands.wiring import Options

        options = Options(
            inventory=inventory,
            hosts=hosts or (),
            templates=templates,
            parallel=parallel,
            accept_new=accept_new,
            json=json,
        )
        return plan(console, options) if dry_run else apply(console, options, yes=yes, flush=flush)

    _run(action)
