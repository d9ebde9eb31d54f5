"""`relayconf plan`: what would change on each host."""

from __future__ import annotations

from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.output import json, text
from relayconf.result import HostResult


def _is_due(result: HostResult) -> bool:
    """Whether there is something to do that shows: not the record of what relayconf set alone."""
    plan = result.plan
    return plan is not None and (bool(plan.diffs) or any(item.is_overwritten for item in plan.drift))


def plan(console: Console, options: Options, *, exit_code: bool = False, without_secrets: bool = False) -> ExitCode:
    """Plan the selected hosts and print it. With *exit_code*, pending changes are told by the exit status too.

    *without_secrets*: no reference is resolved, and secrets are not compared.
    """
    wiring = Wiring(options=options, console=console)
    with wiring.rollout(without_secrets=without_secrets) as rollout:
        fleet = rollout.plan()
    fingerprint = fleet.fingerprint(wiring.key)
    shown = json.fleet(fleet, kind="plan", fingerprint=fingerprint) if options.json else text.plan(fleet, fingerprint)
    console.data(shown)
    if exit_code and (any(map(_is_due, fleet.results)) or fleet.unfinished) and fleet.exit_code is ExitCode.OK:
        return ExitCode.CHANGES_PENDING
    return fleet.exit_code
