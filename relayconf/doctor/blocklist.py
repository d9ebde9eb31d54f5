"""What a list of addresses says of an address (RFC 5782), and whether it can be believed through this resolver."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

from relayconf.dns import reversed_address
from relayconf.doctor.names import Question
from relayconf.doctor.values import Code, Level, Symptom
from relayconf.spf.lookup import UNKNOWN, Answer, Outcome

LISTED, NOT_LISTED = "127.0.0.2", "127.0.0.1"
"""The entries that every list has, and has not, for tests (RFC 5782 5)."""

_LISTING = ipaddress.IPv4Network("127.0.0.0/24")
_ERRORS = ipaddress.IPv4Network("127.255.255.0/24")
_POLICY = frozenset({"127.0.0.10", "127.0.0.11"})

_MEANINGS = {
    "127.0.0.2": "SBL",
    "127.0.0.3": "CSS",
    "127.0.0.4": "XBL",
    "127.0.0.9": "DROP",
    "127.0.0.10": "PBL, by its owner",
    "127.0.0.11": "PBL, by Spamhaus",
    "127.0.0.30": "BCL",
}
"""docs.spamhaus.com, zones."""

_REFUSALS = {
    "127.255.255.252": "the zone's name is wrong",
    "127.255.255.254": "it does not answer this resolver: a public one, or one without a name of its own",
    "127.255.255.255": "this resolver asks too much",
}
"""Errors in the shape of a listing (the same page)."""


def question_of(address: str, zone: str) -> Question:
    """What to ask *zone* about *address*."""
    return f"{reversed_address(address)}.{zone}", "A"


def questions(addresses: Sequence[str], zone: str) -> tuple[Question, ...]:
    """What to ask *zone*: its test entries too, without which its silence means nothing."""
    return tuple(question_of(address, zone) for address in (LISTED, NOT_LISTED, *addresses))


def _within(answer: Answer, network: ipaddress.IPv4Network) -> tuple[str, ...]:
    return tuple(value for value in answer.values if ipaddress.ip_address(value) in network)


def _error(answer: Answer) -> str | None:
    """Why *answer* says nothing about an address; None where it does."""
    if answer.outcome in UNKNOWN:
        return f"its answer through the host's resolver is: {answer.outcome}"
    for value in _within(answer, _ERRORS):
        return f"it answers {value}: {_REFUSALS.get(value, 'an error')}"
    if answer.outcome is Outcome.FOUND and not _within(answer, _LISTING):
        return f"it answers {', '.join(answer.values)}, which is no listing"
    return None


def _unbelievable(answers: Mapping[Question, Answer], zone: str) -> str | None:
    """Why the list cannot be believed at all; None where its test entries are as they must be."""
    listed, clean = (answers[question_of(address, zone)] for address in (LISTED, NOT_LISTED))
    for answer in (listed, clean):
        if why := _error(answer):
            return why
    if listed.outcome is not Outcome.FOUND:
        return f"it does not have its own test entry {LISTED}: no such list, or a resolver that hides it"
    if clean.outcome is Outcome.FOUND:
        return f"it has even {NOT_LISTED}, which no list has"
    return None


def _unknown(address: str, zone: str, why: str) -> Symptom:
    text = f"whether {zone} lists it is not known: {why}"
    return Symptom(code=Code.DNSBL_UNKNOWN, level=Level.UNKNOWN, text=text, about=address)


def listing(address: str, zone: str, answers: Mapping[Question, Answer], *, direct: bool) -> Symptom:
    """What *zone* says of *address*, from *answers* to `questions`.

    Only 127.0.0.0/24 is a listing; 127.255.255.0/24 are errors of the query, and a resolver that fails leaves it
    unknown. *direct*: whether mail leaves from that address to the world.
    """
    answer = answers[question_of(address, zone)]
    if why := _unbelievable(answers, zone) or _error(answer):
        return _unknown(address, zone, why)
    if answer.outcome is not Outcome.FOUND:
        return Symptom(code=Code.DNSBL_CLEAN, level=Level.OK, text=f"{zone} does not list it", about=address)
    found = _within(answer, _LISTING)
    evidence = tuple(f"{value}: {_MEANINGS.get(value, 'listed')}" for value in found)
    level = Level.ERROR if direct else Level.INFO
    if _POLICY.issuperset(found):
        text = f"{zone} has it on a policy list: no mail server is to send directly from there"
        return Symptom(code=Code.DNSBL_POLICY, level=level, text=text, about=address, evidence=evidence)
    text = f"{zone} lists it because of abuse"
    return Symptom(
        code=Code.DNSBL_LISTED,
        level=Level.ERROR if direct else Level.WARNING,
        text=text,
        about=address,
        evidence=evidence,
    )
