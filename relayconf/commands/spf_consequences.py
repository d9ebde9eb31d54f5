"""The SPF records that a plan of routes makes necessary, for `relayconf plan` and `apply`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from relayconf.commands.options import SpfOptions
from relayconf.commands.wiring import Wiring
from relayconf.errors import UsageError
from relayconf.model import Host, Inventory
from relayconf.output.json import Json
from relayconf.result import FleetResult

_SERVER_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfView:
    """Lines for the plan, and their part of its JSON; neither where nothing was looked at."""

    lines: tuple[str, ...] = ()
    value: Json = None


def _moving(fleet: FleetResult) -> list[Host]:
    plans = (result.plan for result in fleet.results if result.plan is not None)
    return [plan.host for plan in plans if plan.has_changes and plan.routes]


def _view(inventory: Inventory, hosts: list[Host], options: SpfOptions) -> SpfView:
    from relayconf.dns import at_authority, resolver, servers_of  # noqa: PLC0415  not needed where no route changes
    from relayconf.output import spf_consequences as output  # noqa: PLC0415  the same
    from relayconf.spf.consequence import Consequences, consequences  # noqa: PLC0415  the same
    from relayconf.spf.lookup import remembered  # noqa: PLC0415  the same

    try:
        servers = servers_of(options.resolvers, options.resolv_conf)
    except UsageError as error:
        if options.resolvers:
            raise
        found = Consequences(reason=error.message)
    else:
        until = time.monotonic() + options.seconds
        lookup = remembered(resolver(servers, timeout=_SERVER_SECONDS, until=until))
        ask = partial(at_authority, lookup=lookup, port=options.port, timeout=_SERVER_SECONDS, until=until)
        found = consequences(inventory, hosts, ask)
    return SpfView(lines=tuple(output.consequences(found)), value=output.consequences_value(found))


def spf_view(wiring: Wiring, fleet: FleetResult) -> SpfView:
    """What becomes of the SPF records of the domains that those hosts of *fleet* send as whose routes change.

    Nothing is looked at when nobody wants to know, or no route changes. A DNS that does not answer in time is part of
    the answer; raises UsageError only for a resolver that was named and is none.
    """
    options, hosts = wiring.options.spf, _moving(fleet)
    if options is None or not hosts or fleet.interrupted:
        return SpfView()
    return _view(wiring.inventory, hosts, options)
