"""The command that examines hosts."""

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


def doctor(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
    provider: Annotated[str | None, typer.Option("--provider", help="The preset of a relay to be added.")] = None,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Resolve no secret, so that no login is tried.")
    ] = False,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="HOST[:PORT]", help="Try this server of the world, not the usual ones."),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option("--control", metavar="HOST[:PORT]", help="A server that is surely reached, to compare with."),
    ] = None,
    dnsbl: Annotated[str | None, typer.Option("--dnsbl", metavar="ZONE", help="Ask this list of addresses.")] = None,
    resolver: Annotated[
        list[str] | None,
        typer.Option("--resolver", metavar="ADDRESS", help="Have the host ask this DNS resolver, not its own."),
    ] = None,
    timeout: Annotated[
        int, typer.Option("--timeout", min=1, max=20, metavar="SECONDS", help="How long one connection may take.")
    ] = 10,
) -> None:
    """Show what is wrong with each host's mail, seen from its own network. Nothing is changed, no mail is sent."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.doctor import DoctorOptions, doctor

        asked = DoctorOptions(
            targets=target or (),
            controls=control or (),
            zone=dnsbl,
            resolvers=resolver or (),
            seconds=timeout,
            without_secrets=without_secrets,
            provider=provider,
        )
        return doctor(console, fleet_options(hosts, inventory, None, parallel, accept_new, json), asked)

    run(action)
