"""What the DNS says, as SPF asks it: answers told apart by how they came to be, and ways to look at them twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

_SPF = re.compile(r"v=spf1(?= |$)", re.IGNORECASE)


class Outcome(StrEnum):
    """How a question ended. The last two say nothing about what is in the zone."""

    FOUND = "found"
    NODATA = "no such record"
    NXDOMAIN = "no such name"
    SERVFAIL = "server failure"
    TIMEOUT = "no answer in time"


UNKNOWN = frozenset({Outcome.SERVFAIL, Outcome.TIMEOUT})
"""Outcomes after which nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The records of one name and type; of TXT, each joined without a space (RFC 7208 3.3). `ttl` in seconds."""

    outcome: Outcome
    values: tuple[str, ...] = ()
    ttl: int = 0


Lookup: TypeAlias = Callable[[str, str], Answer]
"""Asks for a name (without the last dot) and a type. Never raises: an error is an outcome."""


def is_spf(text: str) -> bool:
    """Whether a TXT record is an SPF record, sound or not (RFC 7208 4.5)."""
    return _SPF.match(text) is not None


def zone_of(domain: str, lookup: Lookup) -> tuple[str, Answer] | None:
    """The zone that *domain* is in, with its NS records; None where the DNS names none."""
    labels = domain.split(".")
    for start in range(len(labels)):
        name = ".".join(labels[start:])
        answer = lookup(name, "NS")
        if answer.outcome is Outcome.FOUND:
            return name, answer
    return None


def remembered(lookup: Lookup) -> Lookup:
    """*lookup* with every answer kept, so that what is compared was seen at one time."""
    known: dict[tuple[str, str], Answer] = {}

    def ask(name: str, kind: str) -> Answer:
        key = (name.lower().rstrip("."), kind)
        if key not in known:
            known[key] = lookup(*key)
        return known[key]

    return ask


def answered(lookup: Lookup, domain: str, answer: Answer) -> Lookup:
    """*lookup* as it would be with *answer* as what there is of TXT records of *domain*."""

    def ask(name: str, kind: str) -> Answer:
        is_it = kind == "TXT" and name.lower().rstrip(".") == domain
        return answer if is_it else lookup(name, kind)

    return ask


def published(lookup: Lookup, domain: str, text: str) -> Lookup:
    """*lookup* as it would be with *text* as the one SPF record of *domain*."""

    def ask(name: str, kind: str) -> Answer:
        answer = lookup(name, kind)
        if kind != "TXT" or name.lower().rstrip(".") != domain:
            return answer
        others = tuple(value for value in answer.values if not is_spf(value))
        return Answer(outcome=Outcome.FOUND, values=(*others, text), ttl=answer.ttl)

    return ask
