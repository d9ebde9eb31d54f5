"""Commands that ask no host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayconf.cli.options import (
    DEFAULT_INVENTORY,
    ConfigOption,
    ControlOption,
    FlavourOption,
    HostsArgument,
    InventoryOption,
    JsonOption,
    TemplatesOption,
    run,
)
from relayconf.commands.options import Options
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode


def _pair(sender: str | None, recipient: str | None) -> tuple[str, str]:
    if sender is None or recipient is None:
        raise UsageError("which message? give SENDER and RECIPIENT, or --batch")
    return sender, recipient


def check(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    templates: TemplatesOption = None,
    control: ControlOption = None,
    flavour: FlavourOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Check the inventory, or a directory of qmail's or Postfix's configuration, without contacting a host."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.check import check, check_config, check_control

        if config is not None and control is not None:
            raise UsageError("one directory at a time: --control DIR or --config DIR")
        if control is not None:
            return check_control(console, control, flavour=flavour, as_json=json)
        if config is not None:
            return check_config(console, config, as_json=json)
        if json:
            raise UsageError("--json goes with --control DIR or --config DIR")
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


def route(
    sender: Annotated[str | None, typer.Argument(help="The envelope sender; `<>` for a bounce.")] = None,
    recipient: Annotated[str | None, typer.Argument(help="The envelope recipient.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="A Postfix configuration directory on this machine.")
    ] = None,
    control: ControlOption = None,
    flavour: FlavourOption = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    host: Annotated[
        list[str] | None, typer.Option("--host", help="A host, group, or pattern of the inventory; all when absent.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the hosts: by what is on them, not by the inventory.")
    ] = False,
    templates: TemplatesOption = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Many pairs from standard input, a tab between them; JSON lines.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Say where a message would go: by the inventory, or by the files of one mail server."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands import route

        pair = None if batch else _pair(sender, recipient)
        if config is not None and control is not None:
            raise UsageError("--config is Postfix's and --control is qmail's: give one of them")
        if config is not None:
            from relayconf.commands.route_config import by_config

            return route.route(console, by_config(config), pair=pair, as_json=json)
        if control is not None:
            from relayconf.commands.route_control import by_control

            return route.route(console, by_control(control, flavour), pair=pair, as_json=json)
        options = Options(inventory=inventory, hosts=host or (), templates=templates)
        if live:
            from relayconf.commands.route_live import route_live

            return route_live(console, options, pair=pair, as_json=json)
        from relayconf.commands.route_inventory import by_inventory

        return route.route_all(console, by_inventory(console, options), pair=pair, as_json=json)

    run(action)


def providers(
    name: Annotated[str | None, typer.Argument(help="One provider; all when absent.")] = None,
    json: JsonOption = False,
) -> None:
    """List the providers that a relay can name, or show one of them."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.providers import providers

        return providers(console, name, as_json=json)

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


def helper(
    host: Annotated[str, typer.Argument(help="The host.")], inventory: InventoryOption = DEFAULT_INVENTORY
) -> None:
    """Print the helper for a host with `become: helper`, and the sudo rule for it. No host is asked."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.helper import helper

        return helper(console, inventory, host)

    run(action)
