"""The checks of `lint` at plan time: what was wrong on a host before the plan, and what the plan would make wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from relayconf.facts import Facts, Finding, Severity
from relayconf.files import DesiredFile
from relayconf.mta.postfix.lint import lint
from relayconf.mta.postfix.lint.codes import Fault
from relayconf.mta.postfix.lint.configuration import Around, Configuration, Seen, configuration
from relayconf.mta.postfix.names import MAIN_CF, MAPS, MASTER_CF, SOURCES, in_use

LARGEST = 100_000
"""Bytes of a table that is looked into at most: plans are made for many hosts, and our tables are proved anyway."""

_DEFAULTS = {
    "postfix.config_directory": "config_directory",
    "postfix.queue_directory": "queue_directory",
    "postfix.database_type": "default_database_type",
    "postfix.myhostname": "myhostname",
}
_TOLD = {
    "postfix-relay-self": "postfix-relay-self",
    "postfix-relayhost-beaten": "postfix-default-transport",
    "postfix-transport-key": "postfix-wildcards",
    "postfix-tls-wrapped": "postfix-wrappermode",
    "postfix-tls-no-ca": "postfix-no-ca",
}
"""Codes for which the checks of the wish have a better word, and its code."""

_MILDER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.NOTE, Severity.NOTE: Severity.NOTE}
# Lines and generations differ before and after, and mean nothing here.
_MOVES = re.compile(r"\b(lines? |\w+:)[0-9]+(, [0-9]+)*|(?<=relayconf/)[0-9]+(?=/)")


def _around(facts: Facts, tables: Mapping[str, bytes]) -> Around:
    values = {name: value for name, value in facts.values.items() if value != "-"}
    types = values.get("postfix.types")
    files = {
        path: Seen(present=True, content=content if len(content) <= LARGEST else None)
        for path, content in tables.items()
    }
    return Around(
        files=files,
        types=frozenset(types.split()) if types else None,
        defaults={name: values[fact] for fact, name in _DEFAULTS.items() if fact in values},
    )


def _content(facts: Facts, path: str) -> bytes | None:
    found = facts.files.get(path)
    return None if found is None else found.content


def _before(facts: Facts) -> Configuration:
    """The host as it is, with the tables of the generation in use."""
    main, master = _content(facts, MAIN_CF) or b"", _content(facts, MASTER_CF)
    empty = configuration(main, master, _around(facts, {}))
    tables = {f"{empty.value(MAPS)}/{name}": content for name in SOURCES if (content := _content(facts, in_use(name)))}
    return replace(empty, around=_around(facts, tables))


def _after(facts: Facts, desired: Sequence[DesiredFile]) -> Configuration:
    """The host as the plan leaves it."""
    last = {file.path: file.content for file in desired}
    kept = _before(facts).around.files
    tables = {path: seen.content for path, seen in kept.items() if seen.content is not None}
    tables |= {file.target: file.content for file in desired if file.target and file.content is not None}
    main = last.get(MAIN_CF) or b""
    return configuration(main, last.get(MASTER_CF), _around(facts, tables))


def _key(fault: Fault) -> tuple[str, str, str]:
    return fault.code, _MOVES.sub("", fault.place.file), _MOVES.sub("", fault.text)


def _is_told(fault: Fault, told: Mapping[str, str]) -> bool:
    """Whether the checks of the wish have said it; of parameters that are set twice they name those that are ours."""
    if fault.code == "postfix-misspelt":
        return "postfix-setting-unknown" in told
    if fault.code == "postfix-duplicate":
        return fault.text.split()[0] in re.split(r"[\s,]+", told.get("postfix-duplicates", ""))
    return _TOLD.get(fault.code) in told


def findings(facts: Facts, desired: Sequence[DesiredFile], told: Collection[Finding]) -> Iterator[Finding]:
    """What stays wrong, said to have been so before, and what becomes wrong, whose errors refuse the plan.

    *told* is what is said already. What the plan puts right is not worth a word.
    """
    if not desired:
        return
    texts = {finding.code: finding.text for finding in told}
    before = {_key(fault): fault.finding for fault in lint(_before(facts))}
    for fault in lint(_after(facts, desired)):
        if _is_told(fault, texts):
            continue
        old = before.get(_key(fault))
        if old is None:
            yield fault.finding
        else:
            yield replace(old, severity=_MILDER[old.severity], text=f"was so before: {old.text}")
