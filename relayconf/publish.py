"""The records of one domain at their own server: planned of what it has, and exchanged if it still has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from relayconf.dns import Server
from relayconf.dnsupdate import TxtSet, read_txt, swap_txt
from relayconf.errors import DnsError
from relayconf.model import Inventory
from relayconf.spf.lookup import Answer, Lookup, Outcome, answered
from relayconf.spf.planner import SpfPlan
from relayconf.spf.proposal import propose
from relayconf.tsigkey import TsigKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What is to become of a domain's TXT records, and what became of them.

    Without `after` there is nothing to do, or nothing that can be done: `error` or the `plan` says which.
    """

    domain: str
    plan: SpfPlan | None = None
    before: TxtSet | None = None
    after: TxtSet | None = None
    error: DnsError | None = None
    is_published: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether the plan or the server is against it."""
        return self.error is not None or (self.plan is not None and self.plan.is_refused)


def plan_exchange(inventory: Inventory, domain: str, primary: Server, lookup: Lookup) -> Exchange:
    """The exchange for *domain*, planned of what *primary* has; everything else is asked of *lookup*. Never raises."""
    try:
        found = read_txt(primary, domain)
    except DnsError as error:
        return Exchange(domain=domain, error=error)
    answer = Answer(outcome=Outcome.FOUND if found.texts else Outcome.NODATA, values=found.texts, ttl=found.ttl)
    plan = propose(inventory, domain, answered(lookup, domain, answer))
    after = found.with_spf(plan.record) if plan.is_change and plan.record is not None else None
    return Exchange(domain=domain, plan=plan, before=found, after=after)


def carry_out(exchange: Exchange, primary: Server, key: TsigKey) -> Exchange:
    """*exchange* as it ended at *primary*; one without anything to do as it is. Never raises."""
    if exchange.before is None or exchange.after is None:
        return exchange
    try:
        swap_txt(primary, exchange.before, exchange.after, key)
    except DnsError as error:
        return replace(exchange, error=error)
    return replace(exchange, is_published=True)
