"""The host itself: can its MTA log in, is its clock right, what waits in its queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from relayconf.doctor.values import Code, Level, Symptom
from relayconf.model import MtaName

CLOCK_LIMIT = 120
"""Seconds that a clock may differ: more than a slow connection explains, far less than makes a certificate invalid."""

QUEUE_LIMIT = 3600
"""Seconds that a message may wait before it is worth a warning."""


def clock(host: str | None, here: float) -> Symptom:
    """Whether the clock of the host, in seconds since 1970 as it says, agrees with the one *here*."""
    if host is None or not host.isascii() or not host.isdigit() or len(host) > 15:
        return Symptom(code=Code.CLOCK_UNKNOWN, level=Level.UNKNOWN, text="the host's clock could not be read")
    off = int(host) - here
    if abs(off) <= CLOCK_LIMIT:
        text = "the host's clock agrees with that of this machine"
        return Symptom(code=Code.CLOCK_RIGHT, level=Level.OK, text=text)
    how = "ahead of" if off > 0 else "behind"
    text = (
        f"the host's clock is {round(abs(off))} s {how} that of this machine: certificates and dates of mail look wrong"
    )
    return Symptom(code=Code.CLOCK_WRONG, level=Level.WARNING, text=text)


def _waits(count: int, age: int | None) -> Symptom:
    if count == 0:
        return Symptom(code=Code.QUEUE_EMPTY, level=Level.OK, text="no mail waits")
    old = age is not None and age > QUEUE_LIMIT
    since = "" if age is None else f", the oldest for {timedelta(seconds=age)}"
    text = f"{count} message{'s wait' if count > 1 else ' waits'}{since}"
    return Symptom(code=Code.QUEUE_WAITS, level=Level.WARNING if old else Level.INFO, text=text)


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 12 else None


def queue(mta: MtaName, facts: Mapping[str, str], counted: str | None) -> Symptom:
    """What waits: as `observe` tells of Postfix (*facts*), as was *counted* in the queue of qmail."""
    words = (facts.get("postfix.queue", "") if mta is MtaName.POSTFIX else counted or "").split()
    numbers = [_number(word) for word in words]
    if not numbers or numbers[0] is None:
        text = "how much mail waits is not known"
        return Symptom(code=Code.QUEUE_UNKNOWN, level=Level.UNKNOWN, text=text)
    return _waits(numbers[0], numbers[1] if len(numbers) > 1 else None)


def sasl(mta: MtaName, facts: Mapping[str, str], *, needed: bool) -> Iterator[Symptom]:
    """Whether Postfix has the plug-ins for a password, where some relay wants one (*needed*)."""
    if mta is not MtaName.POSTFIX or not needed:
        return
    match facts.get("postfix.sasl"):
        case "yes":
            text = "the SASL plug-ins for a password are there"
            yield Symptom(code=Code.SASL_PRESENT, level=Level.OK, text=text)
        case "no":
            text = "a relay wants a password, and Postfix has no SASL plug-in for one"
            yield Symptom(code=Code.SASL_MISSING, level=Level.ERROR, text=text)
        case _:
            text = "whether the SASL plug-ins for a password are there is not known"
            yield Symptom(code=Code.SASL_UNKNOWN, level=Level.UNKNOWN, text=text)
