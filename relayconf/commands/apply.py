"""`relayconf apply`: plan, show, ask, and make it real on the same connections."""

from __future__ import annotations

import re
from collections.abc import Collection

from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
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


def apply(
    console: Console,
    options: Options,
    *,
    yes: bool = False,
    flush: bool = False,
    reviewed: str | None = None,
    allowed: Collection[str] = (),
) -> ExitCode:
    """Apply the plan of the selected hosts after showing it; *yes* answers the question beforehand.

    *flush* has the mail that waits on the changed hosts tried again. *reviewed* is the fingerprint of the plan that is
    meant, short or whole, made with the same key: StalePlan when there are changes and the plan is another. A host
    whose plan crosses a limit is refused, unless the limit's code is among the *allowed* ones.

    What an earlier apply left on a host when it was cut short is put right before the plan is made, but not for a
    *reviewed* plan: that was made of the host as it is.
    """
    wanted = None if reviewed is None else _digits(reviewed)
    wiring = Wiring(options=options, console=console)
    with wiring.rollout() as rollout:
        found = rollout.plan(keep=True, recover=wanted is None and (yes or console.is_interactive))
        plans = within_limits(found, allowed)
        fingerprint = plans.fingerprint(wiring.key)
        plan = text.plan(plans, fingerprint)
        is_over = plans.interrupted or not plans.pending
        if is_over or not options.json:
            console.data(json.fleet(plans, kind="plan", fingerprint=fingerprint) if options.json else plan)
        if wanted is not None and found.pending and not found.interrupted:
            _insist(wanted, fingerprint)
        if is_over:
            return plans.exit_code
        if not yes and not _is_agreed(console, plans, plan, seen=console.shows_data and not options.json):
            console.talk("nothing was changed")
            return ExitCode.ERROR
        fleet = rollout.apply(plans, flush=flush)
    console.data(json.fleet(fleet, kind="apply", fingerprint=fingerprint) if options.json else text.applied(fleet))
    return fleet.exit_code
