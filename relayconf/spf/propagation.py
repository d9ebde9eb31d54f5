"""How far a record has come: what each server says, against what is planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from relayconf.facts import Finding, Severity
from relayconf.model import Inventory
from relayconf.spf.lookup import UNKNOWN, Answer, Lookup, answered, is_spf
from relayconf.spf.planner import SpfPlan
from relayconf.spf.proposal import propose


class State(StrEnum):
    """What a server has."""

    PLANNED = "planned"
    OLD = "old"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A server, in words, and its answer; `is_resolver` where it has no authority and remembers."""

    server: str
    answer: Answer
    is_resolver: bool = False

    @property
    def records(self) -> tuple[str, ...]:
        """Its SPF records."""
        return tuple(filter(is_spf, self.answer.values))

    @property
    def is_known(self) -> bool:
        """Whether it said anything."""
        return self.answer.outcome not in UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagation:
    """The plan for a domain, and who was asked."""

    domain: str
    plan: SpfPlan
    asked: tuple[Asked, ...]

    @property
    def wanted(self) -> tuple[str, ...]:
        """The SPF records that every server is to have: one, or none where nothing is sent."""
        return () if self.plan.record is None else (self.plan.record,)

    def state(self, one: Asked) -> State:
        """What *one* of the servers has."""
        if not one.is_known:
            return State.UNKNOWN
        return State.PLANNED if one.records == self.wanted and not self.plan.is_refused else State.OLD

    def with_state(self, state: State) -> tuple[Asked, ...]:
        """The servers that have that."""
        return tuple(one for one in self.asked if self.state(one) is state)

    @property
    def wait(self) -> int:
        """Seconds until no resolver that was asked has an old record any more, once it is published everywhere."""
        return max((one.answer.ttl for one in self.with_state(State.OLD)), default=0)


def _plans(inventory: Inventory, domain: str, asked: Sequence[Asked], lookup: Lookup) -> list[SpfPlan]:
    """What to do about each record that there is, those of servers with authority first."""
    known = sorted((one for one in asked if one.is_known), key=lambda one: one.is_resolver)
    found = {one.records: one.answer for one in reversed(known)}
    return [
        propose(inventory, domain, answered(lookup, domain, found[records]))
        for records in dict.fromkeys(one.records for one in known)
    ]


def _nobody(domain: str) -> Finding:
    text = f"the DNS names no server with authority over {domain}, or none with an address"
    return Finding(code="no-server", severity=Severity.ERROR, text=text, ways_out=("look at the domain's NS records",))


def propagation(inventory: Inventory, domain: str, asked: Sequence[Asked], lookup: Lookup) -> Propagation:
    """How far *domain*'s record has come among *asked*; everything else of the DNS is asked of *lookup*.

    A record that a server has and that needs no change is the planned one; where there is none, the one that would be
    made of the first server's.
    """
    plans = _plans(inventory, domain, asked, lookup) or [propose(inventory, domain, lookup)]
    settled = [plan for plan in plans if not plan.is_change and not plan.is_refused]
    plan = (settled or plans)[0]
    if all(one.is_resolver for one in asked):
        plan = replace(plan, findings=(*plan.findings, _nobody(domain)))
    return Propagation(domain=domain, plan=plan, asked=tuple(asked))
