"""`relayconf apply`: plan, show, ask, and make it real on the same connections."""

from __future__ import annotations

from relayconf.commands.wiring import Options, Wiring
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.output import json, text
from relayconf.result import FleetResult


def _is_agreed(console: Console, fleet: FleetResult) -> bool:
    count = len(fleet.pending)
    if not console.is_interactive:
        raise UsageError(
            "apply asks before it changes a host, and there is no terminal to ask on",
            hint="look at `relayconf plan` first, then give `--yes`",
        )
    answer = console.ask(f"Apply this to {count} host{'' if count == 1 else 's'}? Type yes: ")
    return answer == "yes"


def apply(console: Console, options: Options, *, yes: bool = False) -> ExitCode:
    """Apply the plan of the selected hosts after showing it; *yes* answers the question beforehand."""
    wiring = Wiring(options=options, console=console)
    with wiring.rollout() as rollout:
        plans = rollout.plan(keep=True)
        fingerprint = plans.fingerprint(wiring.key)
        if not options.json or not plans.pending:
            shown = (
                json.fleet(plans, kind="plan", fingerprint=fingerprint)
                if options.json
                else text.plan(plans, fingerprint)
            )
            console.data(shown)
        if not plans.pending:
            return plans.exit_code
        if not yes and not _is_agreed(console, plans):
            console.talk("nothing was changed")
            return ExitCode.ERROR
        fleet = rollout.apply(plans)
    console.data(json.fleet(fleet, kind="apply", fingerprint=fingerprint) if options.json else text.applied(fleet))
    return fleet.exit_code
