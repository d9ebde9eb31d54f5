"""Plans that outlive their process: `plan --out FILE` and `apply --plan FILE`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from relayconf import __version__, planfile
from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.errors import PlanFileError, StalePlan, UsageError
from relayconf.output import json as output
from relayconf.result import FleetResult, HostResult, failed
from relayconf.savedplan import SavedPlan, differences, inventory_difference, saved_plan
from relayconf.text import printable

OTHER_PLAN = "error: not every host is as the saved plan says: nothing was changed on any host"

_AGAIN = "plan again, or name the hosts that are meant: `relayconf apply --plan FILE HOSTS`"


def save(wiring: Wiring, fleet: FleetResult, path: Path) -> None:
    """Save *fleet*, the plan of the hosts of *wiring*, at *path*. Half a plan, after ^C, is not saved."""
    if fleet.interrupted:
        wiring.console.talk("interrupted: the plan was not saved")
        return
    created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    saved = saved_plan(fleet, wiring.inventory, key=wiring.key, created=created, version=__version__)
    shown: object = json.loads(output.fleet(fleet, kind="plan", fingerprint=saved.fingerprint))
    planfile.write(path, planfile.encode(saved, shown, wiring.key))
    wiring.console.talk(f"the plan is saved in {printable(str(path))}")


def _check(wiring: Wiring, saved: SavedPlan, path: Path) -> None:
    """Raise PlanFileError for another inventory, UsageError for hosts that are not in the plan."""
    difference = inventory_difference(saved, wiring.inventory, wiring.key)
    if difference is not None:
        made = f"{path} was planned from another inventory, on {saved.created} by relayconf {saved.version}"
        what = f"{made}; different by now: {difference}"
        raise PlanFileError(what, hint="plan again, or take the inventory that it was planned from")
    known = {host.name for host in saved.hosts}
    missing = [host.name for host in wiring.hosts if host.name not in known]
    if missing:
        raise UsageError(f"not in {path}: {', '.join(missing)}", hint="name hosts of the plan, or none for all of it")


def wire(console: Console, options: Options, path: Path | None) -> tuple[Wiring, SavedPlan | None]:
    """The parts for *options*, and the plan saved at *path*, whose hosts they are for unless *options* name some.

    Nothing is asked of a host. Raises PlanFileError for a plan that cannot be used here, UsageError for hosts that are
    not in it.
    """
    wiring = Wiring(options=options, console=console)
    if path is None:
        return wiring, None
    saved = planfile.read(path, wiring.key)
    if not options.hosts:
        wiring = Wiring(options=replace(options, hosts=[host.name for host in saved.hosts]), console=console)
    _check(wiring, saved, path)
    return wiring, saved


def _judged(result: HostResult, reason: str | None) -> HostResult:
    if reason is None or result.error is not None:
        return result
    return failed(result.host, StalePlan(f"not as planned: {reason}", hint=_AGAIN), result.plan)


def judge(saved: SavedPlan | None, plans: FleetResult, key: bytes) -> tuple[FleetResult, bool]:
    """*plans* with every host failed that is not as *saved* says, and whether all of them are.

    Plans without changes need no approval, and neither does anything without a saved plan.
    """
    if saved is None or plans.interrupted or not plans.pending:
        return plans, True
    found = differences(saved, plans, key)
    results = tuple(_judged(result, found.get(result.host)) for result in plans.results)
    return replace(plans, results=results), not found
