"""The command line: options, and one call each. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

from typing import Annotated

import typer

from relayconf import __version__
from relayconf.cli import doctor, fleet, journal, offline, spf
from relayconf.console import standard

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


for _command in (
    *(offline.check, offline.show, offline.schema, offline.providers, offline.render),
    *(offline.route, offline.helper),
    *(fleet.plan, fleet.apply),
    *(offline.explain_bounce, doctor.doctor),
    *(journal.status, journal.history, journal.rollback, journal.recover, journal.confirm),
):
    app.command()(_command)

app.command("import")(fleet.import_host)
app.add_typer(spf.app)
