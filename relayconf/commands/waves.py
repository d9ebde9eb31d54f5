"""The waves of one `apply`: what the command line wants of them, held against the inventory and the plan."""

from __future__ import annotations

import re
from collections.abc import Sequence

from relayconf.commands.options import WaveOptions
from relayconf.commands.wiring import Wiring
from relayconf.errors import UsageError
from relayconf.inventory import select
from relayconf.model import Host
from relayconf.output.tables import host_names
from relayconf.waves import Canary, Wave, is_at_once, make_waves

_NUMBER = re.compile(r"[0-9]{1,5}")
_WIDTH = 60


def wanted_canary(options: WaveOptions, wiring: Wiring) -> Canary:
    """The canary that the command line names. UsageError for hosts that are unknown or not among those selected."""
    if options.canary is None:
        return 0 if options.all_at_once else None
    if _NUMBER.fullmatch(options.canary):
        return int(options.canary)
    named = [host.name for host in select(wiring.inventory, options.canary.split(","))]
    selected = {host.name for host in wiring.hosts}
    if others := tuple(name for name in named if name not in selected):
        raise UsageError(
            f"the canary is not among the hosts that are selected: {host_names(others, _WIDTH)}",
            hint="name it among the hosts too, or leave it out of `--canary`",
        )
    return named


def chosen_waves(options: WaveOptions, canary: Canary, pending: Sequence[Host]) -> tuple[Wave, ...]:
    """The waves of the hosts that change."""
    return make_waves(pending, canary=canary, max_failures=options.max_failures)


def idle_canary(canary: Canary, pending: Sequence[Host]) -> str | None:
    """A note of hosts that were named and do not change, so that they prove nothing; None: there are none."""
    changing = {host.name for host in pending}
    idle = () if canary is None or isinstance(canary, int) else tuple(name for name in canary if name not in changing)
    return f"no canary, because nothing changes there: {host_names(idle, _WIDTH)}" if idle else None


def insist_on_canary(options: WaveOptions, waves: Sequence[Wave], wiring: Wiring) -> None:
    """UsageError when a large part of the fleet would change at once and nobody said that it should."""
    if options.all_at_once or not is_at_once(waves, len(wiring.inventory.hosts)):
        return
    raise UsageError(
        f"{len(waves[0].hosts)} hosts would change at once, and no canary before them; nothing was changed",
        hint="leave `--canary` out for one host of each MTA first, or give `--all-at-once`",
    )
