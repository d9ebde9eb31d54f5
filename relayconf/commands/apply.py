"""`relayconf apply`: plan, show, ask, and make it real on the same connections."""

from __future__ import annotations

import re

from relayconf.commands.options import ASKING, ApplyOptions, Options
from relayconf.commands.saved import OTHER_PLAN, judge, wire
from relayconf.commands.spf_consequences import spf_view
from relayconf.commands.verifying import outcome
from relayconf.commands.waves import chosen_waves, idle_canary, insist_on_canary, wanted_canary
from relayconf.console import Console
from relayconf.deploy import Terms
from relayconf.errors import StalePlan, UsageError
from relayconf.exits import ExitCode
from relayconf.output import json, text
from relayconf.result import FleetResult, within_limits

_FINGERPRINT = re.compile(r"[0-9a-f]{8}|[0-9a-f]{64}")


def _is_agreed(console: Console, fleet: FleetResult, plan: str, *, seen: bool) -> bool:
    if not console.is_interactive:
        raise UsageError(
            "apply asks before it changes a host, and there is no terminal to ask on",
            hint="look at `relayconf plan` first, then give `--yes`",
        )
    if not seen:
        console.talk(plan)
    count = len(fleet.pending)
    return console.ask(f"Apply this to {count} host{'' if count == 1 else 's'}? Type yes: ") == "yes"


def _digits(fingerprint: str) -> str:
    """The hex digits of a fingerprint in the short or in the whole form."""
    digits = fingerprint.replace("-", "").lower()
    if not _FINGERPRINT.fullmatch(digits):
        raise UsageError(f"{fingerprint!r} is no fingerprint", hint="`relayconf plan` prints one such as 7c1e-9a04")
    return digits


def _insist(reviewed: str, fingerprint: str) -> None:
    if not fingerprint.startswith(reviewed):
        now = text.short_fingerprint(fingerprint)
        raise StalePlan(
            f"the plan is another by now, its fingerprint is {now}; nothing was changed", hint="review it again"
        )


def apply(console: Console, options: Options, how: ApplyOptions = ASKING) -> ExitCode:
    """Apply the plan of the selected hosts after showing it, *how* says with what.

    A host whose plan crosses a limit is refused. What an earlier apply left on a host when it was cut short is put
    right before the plan is made, but not for a reviewed or saved plan: that was made of the host as it is. Raises
    StalePlan when there are changes and the plan is not the reviewed one; of a saved one the hosts that are another
    by now fail, and no host is changed. UsageError when the waves name no host of these or let too many change at once.
    """
    wanted = None if how.reviewed is None else _digits(how.reviewed)
    wiring, meant = wire(console, options, how.saved)
    canary = wanted_canary(how.waves, wiring)
    with wiring.rollout(reconnect=how.reconnect) as rollout:
        as_it_is = wanted is not None or meant is not None
        found = rollout.plan(keep=True, recover=not as_it_is and (how.yes or console.is_interactive))
        judged, is_meant = judge(meant, found, wiring.key)
        plans = within_limits(judged, how.allowed)
        fingerprint = plans.fingerprint(wiring.key)
        order = chosen_waves(how.waves, canary, plans.pending_hosts)
        spf = spf_view(wiring, plans)
        plan = text.plan(plans, fingerprint, order, spf=spf.lines)
        is_over = plans.interrupted or not plans.pending or not is_meant
        if is_over or not options.json:
            console.data(
                json.fleet(plans, kind="plan", fingerprint=fingerprint, spf=spf.value) if options.json else plan
            )
        if not is_meant:
            console.talk(OTHER_PLAN)
        if wanted is not None and found.pending and not found.interrupted:
            _insist(wanted, fingerprint)
        if is_over:
            return plans.exit_code
        insist_on_canary(how.waves, order, wiring)
        if note := idle_canary(canary, plans.pending_hosts):
            console.talk(note)
        if not how.yes and not _is_agreed(console, plans, plan, seen=console.shows_data and not options.json):
            put_right = any(result.plan is not None and result.plan.recovered for result in plans.results)
            console.talk("nothing else was changed" if put_right else "nothing was changed")
            return ExitCode.ERROR
        fleet = rollout.apply(plans, Terms(flush=how.flush, confirm=how.confirm, allowed=how.allowed), order)
    return outcome(wiring, fleet, how.verify, fingerprint=fingerprint, spf=spf.value)
