"""The command that asks the hosts' MTAs, and the receiver's header, whether mail arrives."""

from __future__ import annotations

from pathlib import Path
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
from relayconf.errors import UsageError
from relayconf.exits import ExitCode


def verify(
    hosts: HostsArgument = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    parallel: ParallelOption = 20,
    accept_new: AcceptNewOption = False,
    json: JsonOption = False,
    wait: Annotated[
        int, typer.Option("--wait", min=1, max=600, metavar="SECONDS", help="How long an MTA may take for each.")
    ] = 60,
    per_relay: Annotated[int, typer.Option("--per-relay", min=1, help="Tests at a time at any one relay.")] = 3,
    recipient: Annotated[
        str | None, typer.Option("--send", metavar="TO", help="Send one real message from each host, and follow it.")
    ] = None,
    sender: Annotated[
        str | None, typer.Option("--from", metavar="ADDRESS", help="Its sender; else that of the relay's `probe:`.")
    ] = None,
    headers: Annotated[
        Path | None,
        typer.Option("--headers", metavar="FILE", help="Read a received message's header (- for stdin); no host."),
    ] = None,
) -> None:
    """Ask each host's MTA whether its relays take mail. Nothing is delivered, unless with --send."""

    def action(console: Console) -> ExitCode:
        from relayconf.commands.options import VerifyOptions
        from relayconf.commands.verify import headers as judge
        from relayconf.commands.verify import verify

        if headers is not None and (recipient is not None or hosts):
            raise UsageError("--headers reads a header and contacts no host", hint="leave out hosts and --send")
        if headers is not None:
            return judge(console, headers, as_json=json)
        if sender is not None and recipient is None:
            raise UsageError("--from names the sender of a real message", hint="add --send TO")
        how = VerifyOptions(wait=wait, per_relay=per_relay, recipient=recipient, sender=sender)
        return verify(console, fleet_options(hosts, inventory, None, parallel, accept_new, json), how)

    run(action)
