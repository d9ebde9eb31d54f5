"""Faults of single parameters, in main.cf and in the options of services."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from relayconf.errors import MainCfError
from relayconf.mta.postfix.lint.codes import Fault, Place, fault
from relayconf.mta.postfix.lint.configuration import Configuration
from relayconf.mta.postfix.lint.services import Service
from relayconf.mta.postfix.lint.vocabulary import ANY_CASE, OBSOLETE, ONE_OF, SOME_OF, is_known, kinds
from relayconf.mta.postfix.tables import split
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

# conv_time() looks at one letter behind the number and at nothing behind that.
_TIME = re.compile(r"\s*\+?[0-9]{1,9}([wdhms].*)?", re.DOTALL)
_REFERENCE = re.compile(r"\$[{(]?\s*([A-Za-z0-9_]+)")
_SIMILAR = 0.87

_PEOPLE = ("smtp", "relay", "sender_dependent", "transport", "default_transport", "mydestination", "lmtp", "fallback")


def broken_lines(config: Configuration) -> Iterator[Fault]:
    """Lines on which every program of Postfix dies."""
    for line in config.broken:
        text = "no `name = value`: every program of Postfix dies of it, and sendmail takes no mail"
        yield fault("main-line", Place(file="main.cf", line=line), text, "repair the line", "put a `#` in front of it")


def duplicates(config: Configuration) -> Iterator[Fault]:
    """Parameters that are set more than once."""
    for name, setting in config.settings.items():
        if setting.earlier:
            lines = f"line{'' if len(setting.earlier) == 1 else 's'} {listing(map(str, setting.earlier))}"
            text = f"{printable(name)} is set here and in {lines}: this one counts"
            yield fault("duplicate", config.place(name), text, f"take out what does not count: {lines}")


def misspelt(config: Configuration) -> Iterator[Fault]:
    """Names that Postfix does not know and that look like one about relays."""
    used = {name for setting in config.settings.values() for name in _REFERENCE.findall(setting.value)}
    candidates = [name for name in kinds() if name.startswith(_PEOPLE)]
    for name in config.settings:
        if is_known(name) or name in used or any(name in service.options for service in config.services):
            continue
        meant = difflib.get_close_matches(name, candidates, n=1, cutoff=_SIMILAR)
        if meant:
            text = f"Postfix has no parameter {printable(name)} and ignores it; it has {meant[0]}"
            yield fault("misspelt", config.place(name), text, f"write {meant[0]}")


def _value_fault(name: str, value: str) -> tuple[str, str, str] | None:
    """Code, what is wrong, and what could stand there."""
    kind = kinds().get(name)
    if kind == "boolean" and value.lower() not in {"yes", "no"}:
        return "boolean", "neither yes nor no", "yes, or no"
    if kind == "time" and not _TIME.fullmatch(value):
        return "time", "no time", "a number with s, m, h, d or w behind it"
    given: tuple[str, ...] = (value.lower() if name in ANY_CASE else value,)
    allowed = ONE_OF.get(name)
    if name in SOME_OF:
        given, allowed = tuple(part for part in re.split(r"[\s,|]+", value) if part), SOME_OF[name]
    wrong = [word for word in given if allowed is not None and word and word not in allowed]
    return ("value", "no such word", f"one of {', '.join(allowed or ())}") if wrong else None


def _checked(config: Configuration, name: str, service: Service | None) -> Iterator[Fault]:
    try:
        value = config.raw(name, service)
    except MainCfError as error:
        text = f"{printable(name)} cannot be expanded, and Postfix dies of it: {printable(error.message)}"
        yield fault("expansion", config.place(name, service), text, "close the brackets", "`$$` for a dollar sign")
        return
    found = _value_fault(name, value)
    if found is None:
        return
    code, what, instead = found
    who = f"the service {printable(service.name)} dies" if service else _who(name)
    text = f"{printable(name)} = {printable(value)}: {what}: {who}, and its mail waits in the queue"
    yield fault(code, config.place(name, service), text, instead)


def _who(name: str) -> str:
    if name.endswith("_ciphers"):
        return "no TLS begins"
    program = name.partition("_")[0]
    return f"{program} dies" if program in {"smtp", "smtpd", "lmtp"} else "what reads it dies"


def values(config: Configuration) -> Iterator[Fault]:
    """Values that stop the programs that read them."""
    for name in config.settings:
        yield from _checked(config, name, None)
    for service in config.services:
        for name in service.options:
            yield from _checked(config, name, service)


def obsolete(config: Configuration) -> Iterator[Fault]:
    """Parameters that newer releases take for something else, or for nothing."""
    for name, instead in OBSOLETE.items():
        newer = instead.partition(" ")[0]
        if config.is_set(name) and split(config.value(name)):
            beaten = f", and does nothing beside {newer}" if newer in config.settings else ""
            text = f"{name} is obsolete{beaten}"
            yield fault("obsolete", config.place(name), text, instead)
