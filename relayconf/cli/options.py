"""Options that several commands have, and how a command is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from relayconf.commands.options import Options, SpfOptions
from relayconf.console import Console, standard
from relayconf.error_handler import guard
from relayconf.exits import ExitCode

InventoryOption = Annotated[Path, typer.Option("-i", "--inventory", help="The inventory file.")]
HostsArgument = Annotated[
    list[str] | None, typer.Argument(help="Hosts, groups or ranges (node[001-020]); all if none.")
]
TemplatesOption = Annotated[Path | None, typer.Option("--templates", help="A folder of templates that stand in front.")]
ParallelOption = Annotated[int, typer.Option("--parallel", min=1, max=500, help="Hosts worked on at a time.")]
AcceptNewOption = Annotated[bool, typer.Option("--accept-new", help="Trust and remember unknown SSH host keys.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ControlOption = Annotated[Path | None, typer.Option("--control", help="A qmail control directory on this machine.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A Postfix configuration directory on this machine.")
]
FlavourOption = Annotated[str | None, typer.Option("--flavour", help="Whose control directory it is.")]

ResolverOption = Annotated[
    list[str] | None, typer.Option("--resolver", metavar="ADDRESS", help="Ask this DNS resolver.")
]
NoSpfOption = Annotated[
    bool, typer.Option("--no-spf", envvar="RELAYCONF_NO_SPF", help="Do not look at SPF records in the DNS.")
]

DEFAULT_INVENTORY = Path("inventory.yaml")


def fleet_options(
    hosts: list[str] | None,
    inventory: Path,
    templates: Path | None,
    parallel: int,
    accept_new: bool,  # noqa: FBT001  an option
    json: bool,  # noqa: FBT001  an option
    spf: SpfOptions | None = None,
) -> Options:
    """The options of a command that works on hosts, as its function wants them."""
    return Options(
        inventory=inventory,
        hosts=hosts or (),
        templates=templates,
        parallel=parallel,
        accept_new=accept_new,
        json=json,
        spf=spf,
    )


def run(action: Callable[[Console], ExitCode]) -> NoReturn:
    """Run *action* on the standard console under the catch-all; its exit code ends the process."""
    console = standard()
    raise typer.Exit(guard(console, lambda: action(console)))
