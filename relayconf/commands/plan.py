"""`relayconf plan`: what would change on each host."""

from __future__ import annotations

from pathlib import Path

from relayconf.commands.options import USUAL_WAVES, Options, WaveOptions
from relayconf.commands.saved import save
from relayconf.commands.waves import chosen_waves, wanted_canary
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.output import json, text
from relayconf.planfile import check_target


def plan(
    console: Console,
    options: Options,
    *,
    exit_code: bool = False,
    out: Path | None = None,
    waves: WaveOptions = USUAL_WAVES,
) -> ExitCode:
    """Plan the selected hosts and print it. With *exit_code*, pending changes are told by the exit status too.

    *out* is the file that the plan is saved in. *waves* are those that `apply` would make.
    """
    if out is not None:
        check_target(out)
    wiring = Wiring(options=options, console=console)
    canary = wanted_canary(waves, wiring)
    with wiring.rollout() as rollout:
        fleet = rollout.plan()
    fingerprint = fleet.fingerprint(wiring.key)
    if options.json:
        shown = json.fleet(fleet, kind="plan", fingerprint=fingerprint)
    else:
        shown = text.plan(fleet, fingerprint, chosen_waves(waves, canary, fleet.pending_hosts))
    try:
        # First of all, as a pager that is left early ends the output.
        if out is not None:
            save(wiring, fleet, out)
    finally:
        console.data(shown)
    if exit_code and (fleet.pending or fleet.unfinished) and fleet.exit_code is ExitCode.OK:
        return ExitCode.CHANGES_PENDING
    return fleet.exit_code
