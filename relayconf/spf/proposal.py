"""What a domain should publish, from the inventory and the DNS together."""

from __future__ import annotations

from dataclasses import replace

from relayconf.model import Inventory
from relayconf.spf.helo import helo_names
from relayconf.spf.lookup import Lookup, remembered, zone_of
from relayconf.spf.needs import domains, needs_of
from relayconf.spf.planner import SpfPlan
from relayconf.spf.planner import plan as plan_record


def canonical(domain: str) -> str:
    """*domain* as it is compared: in lower case, without the last dot."""
    return domain.lower().rstrip(".")


def planned_domains(inventory: Inventory, lookup: Lookup) -> tuple[str, ...]:
    """The domains that the organisation sends as, and the names in HELO of hosts whose bounces leave directly.

    A name without an address is none that the world could ask for.
    """
    names = helo_names(inventory.hosts.values())
    known = (name for name in names if any(lookup(name, kind).values for kind in ("A", "AAAA")))
    return tuple(dict.fromkeys((*domains(inventory), *known)))


def propose(inventory: Inventory, domain: str, lookup: Lookup) -> SpfPlan:
    """The plan of *domain*'s record for what *inventory* sends, with what could not be told from the inventory."""
    known = remembered(lookup)
    found = needs_of(inventory, domain, known)
    planned = plan_record(domain, tuple(found.needs), known, strict=found.is_host)
    zone = zone_of(domain, known)
    return replace(planned, findings=(*found.findings, *planned.findings), zone=zone[0] if zone else "")
