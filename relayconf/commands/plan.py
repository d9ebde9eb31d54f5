"""`relayconf plan`: what would change on each host."""

from __future__ import annotations

from pathlib import Path

from relayconf.commands.options import USUAL_WAVES, Options, WaveOptions
from relayconf.commands.saved import save
from relayconf.commands.spf_consequences import spf_view
from relayconf.commands.waves import chosen_waves, wanted_canary
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.output import json, text
from relayconf.planfile import check_target
from relayconf.result import HostResult


def _is_due(result: HostResult) -> bool:
    """Whether there is something to do that shows: not the record of what relayconf set alone."""
    plan = result.plan
    return plan is not None and (bool(plan.diffs) or any(item.is_overwritten for item in plan.drift))


def plan(
    console: Console,
    options: Options,
    *,
    exit_code: bool = False,
    out: Path | None = None,
    without_secrets: bool = False,
    waves: WaveOptions = USUAL_WAVES,
) -> ExitCode:
    """Plan the selected hosts and print it. With *exit_code*, pending changes are told by the exit status too.

    *out* is the file that the plan is saved in. *without_secrets*: no reference is resolved, and secrets are not
    compared. *waves* are those that `apply` would make. Raises UsageError for a plan without secrets that is to be
    saved.
    """
    if out is not None and without_secrets:
        raise UsageError("a plan without secrets cannot be applied, so there is nothing to save")
    if out is not None:
        check_target(out)
    wiring = Wiring(options=options, console=console)
    canary = wanted_canary(waves, wiring)
    with wiring.rollout(without_secrets=without_secrets) as rollout:
        fleet = rollout.plan()
    fingerprint = fleet.fingerprint(wiring.key)
    spf = spf_view(wiring, fleet)
    if options.json:
        shown = json.fleet(fleet, kind="plan", fingerprint=fingerprint, spf=spf.value)
    else:
        order = chosen_waves(waves, canary, fleet.pending_hosts)
        shown = text.plan(fleet, fingerprint, order, spf=spf.lines)
    try:
        # First of all, as a pager that is left early ends the output.
        if out is not None:
            save(wiring, fleet, out)
    finally:
        console.data(shown)
    if exit_code and (any(map(_is_due, fleet.results)) or fleet.unfinished) and fleet.exit_code is ExitCode.OK:
        return ExitCode.CHANGES_PENDING
    return fleet.exit_code
