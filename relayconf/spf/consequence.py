"""What a change of routes means for SPF records, within a bounded time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from relayconf.model import Host, Inventory
from relayconf.spf.helo import helo_names
from relayconf.spf.lookup import Lookup
from relayconf.spf.needs import sent_as
from relayconf.spf.planner import SpfPlan
from relayconf.spf.proposal import propose

MOST_DOMAINS = 10
"""Domains that are looked at; of the others their number is said."""

_PARALLEL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """The plans of the records, those that need no change included; how many more there are; why there are none."""

    plans: tuple[SpfPlan, ...] = ()
    more: int = 0
    reason: str = ""


def consequences(inventory: Inventory, hosts: Sequence[Host], at: Callable[[str], Lookup]) -> Consequences:
    """The plan of each record that *hosts*, whose routes change, send as, or are judged by in HELO.

    *at* gives a domain's resolver. As long as these end in time, so does this.
    """
    names = tuple(dict.fromkeys((*sent_as(hosts), *helo_names(hosts))))
    with ThreadPoolExecutor(max_workers=_PARALLEL, thread_name_prefix="spf") as pool:
        plans = pool.map(lambda name: propose(inventory, name, at(name)), names[:MOST_DOMAINS])
        return Consequences(plans=tuple(plans), more=max(0, len(names) - MOST_DOMAINS))
