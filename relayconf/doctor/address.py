"""The address that mail leaves from, and the names that go with it."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from relayconf.dns import reversed_address
from relayconf.doctor.attempts import Attempt, seen_address
from relayconf.doctor.names import Question
from relayconf.doctor.values import Code, Level, Symptom
from relayconf.spf.lookup import UNKNOWN, Answer, Outcome

MOST = 4
"""Addresses that are looked at."""

_GENERIC = re.compile(
    r"(?:^|[.-])(?:dyn(?:amic)?|dhcp|dial(?:up|in)?|ppp(?:oe)?|pool|dip|adsl|v?dsl|cable|broadband|flets|res(?:idential)?)"
    r"(?=[.\d-]|$)"
)


def _private(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_global
    except ValueError:
        return True


def egress(
    attempts: Sequence[Attempt], wanted: Sequence[str], sources: Sequence[str], *, proxied: bool
) -> tuple[tuple[str, ...], Symptom]:
    """The addresses that the world sees, and how that is known.

    What servers of the world answer to EHLO comes first, unless a proxy answers in their place; then what the inventory
    says (*wanted*); then the address that packets leave from, where it is no private one.
    """
    seen = Counter(address for item in attempts if (address := seen_address(item))) if not proxied else Counter()
    evidence = tuple(f"{item.host} sees {address}" for item in attempts if (address := seen_address(item)))
    strange = tuple(address for address in seen if wanted and address not in wanted)
    if strange:
        text = f"mail leaves from {', '.join(strange)}, but the inventory says {', '.join(wanted)}"
        symptom = Symptom(code=Code.EGRESS_DIFFERS, level=Level.WARNING, text=text, evidence=evidence)
        return tuple(dict.fromkeys((*seen, *wanted)))[:MOST], symptom
    public = tuple(source for source in sources if not _private(source))
    for found, how in (
        (tuple(seen), "as servers of the world see it"),
        (tuple(wanted), "as the inventory says"),
        (public, "as the host's own routes say"),
    ):
        if found:
            text = f"mail leaves from {', '.join(found)}, {how}"
            return found[:MOST], Symptom(code=Code.EGRESS_ADDRESS, level=Level.INFO, text=text, evidence=evidence)
    text = "the address that the world sees is not known: no server tells it, and the host's own is private"
    return (), Symptom(code=Code.EGRESS_UNKNOWN, level=Level.UNKNOWN, text=text)


def reverse_question(address: str) -> Question:
    """What to ask for the name of *address*."""
    zone = "ip6.arpa" if ":" in address else "in-addr.arpa"
    return f"{reversed_address(address)}.{zone}", "PTR"


def forward_questions(name: str) -> tuple[Question, Question]:
    """What to ask for the addresses of *name*."""
    return (name, "A"), (name, "AAAA")


def _leads_to(name: str, address: str, answers: Mapping[Question, Answer]) -> bool | None:
    """Whether *name* has *address*; None where that is not known."""
    found = [answers[question] for question in forward_questions(name) if question in answers]
    if any(_same(value, address) for answer in found for value in answer.values):
        return True
    return None if not found or any(answer.outcome in UNKNOWN for answer in found) else False


def _same(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return False


def is_generic(name: str, address: str) -> bool:
    """Whether *name* looks like those that providers give to lines: the address in it, or a word for such lines."""
    numbers = set(re.findall(r"\d+", name)) if "." in address else set()
    octets = [octet for octet in address.split(".") if octet]
    return _GENERIC.search(name.lower()) is not None or (len(octets) == 4 and len(numbers & set(octets)) > 2)


def _with_name(address: str, names: Sequence[str], answers: Mapping[Question, Answer], level: Level) -> Symptom:
    leads = {name: _leads_to(name, address, answers) for name in names}
    shown = ", ".join(names)
    if any(leads.values()):
        generic = [name for name in names if leads[name] and is_generic(name, address)]
        if len(generic) == sum(map(bool, leads.values())):
            text = f"its name {shown} looks like that of a line of customers, which many receivers refuse"
            return Symptom(code=Code.PTR_GENERIC, level=level, text=text, about=address)
        text = f"its name is {shown}, which leads back to it"
        return Symptom(code=Code.PTR_CONFIRMED, level=Level.OK, text=text, about=address)
    if None in leads.values():
        text = f"whether its name {shown} leads back to it is not known: the resolver gave no answer"
        return Symptom(code=Code.PTR_UNKNOWN, level=Level.UNKNOWN, text=text, about=address)
    text = f"its name {shown} does not lead back to it"
    return Symptom(code=Code.PTR_UNCONFIRMED, level=level, text=text, about=address)


def reverse(address: str, answers: Mapping[Question, Answer], *, direct: bool) -> Symptom:
    """Whether *address* has a name that leads back to it. *direct*: whether it is what receivers see."""
    answer = answers[reverse_question(address)]
    level = Level.WARNING if direct else Level.INFO
    if answer.outcome in UNKNOWN:
        text = f"whether it has a name is not known: {answer.outcome}"
        return Symptom(code=Code.PTR_UNKNOWN, level=Level.UNKNOWN, text=text, about=address)
    if answer.outcome is not Outcome.FOUND:
        return Symptom(code=Code.PTR_MISSING, level=level, text="it has no name (PTR)", about=address)
    return _with_name(address, answer.values[:MOST], answers, level)


def helo(name: str, addresses: Sequence[str], answers: Mapping[Question, Answer], *, direct: bool) -> Symptom:
    """Whether the *name* of HELO leads to one of *addresses*; the name is empty where it is not known."""
    level = Level.WARNING if direct else Level.INFO
    if not name:
        text = "the name in HELO is not known"
        return Symptom(code=Code.HELO_UNKNOWN, level=Level.UNKNOWN, text=text)
    leads = [_leads_to(name, address, answers) for address in addresses]
    if any(leads):
        text = f"HELO says {name}, which leads to the address that mail leaves from"
        return Symptom(code=Code.HELO_MATCHES, level=Level.OK, text=text, about=name)
    if None in leads or not leads:
        text = f"whether {name}, the name in HELO, leads to the host's address is not known"
        return Symptom(code=Code.HELO_UNKNOWN, level=Level.UNKNOWN, text=text, about=name)
    text = f"HELO says {name}, which does not lead to {' or '.join(addresses)}"
    return Symptom(code=Code.HELO_DIFFERS, level=level, text=text, about=name)
