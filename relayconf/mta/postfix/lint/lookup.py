"""Faults of lookup tables: their names in main.cf, the files behind them, and the lines in those."""

from __future__ import annotations

import re
from collections.abc import Iterator

from relayconf.errors import MapError
from relayconf.mta.postfix import maps
from relayconf.mta.postfix.lint.codes import Fault, Place, fault
from relayconf.mta.postfix.lint.configuration import COMPILED, SOURCES, Configuration, Table
from relayconf.mta.postfix.lint.services import Service
from relayconf.mta.postfix.lint.vocabulary import TYPES, kinds
from relayconf.text import printable

# Lists that name tables, domains and files side by side.
_MIXED = re.compile(
    r"mydestination|mynetworks|relay_domains|virtual_\w+_domains|smtpd_\w*restrictions|alias_database|\w+_checks"
)
_INDENTED = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]+[^\s#]")
_FILES = frozenset({"texthash", "regexp", "pcre", "cidr"})
_PACKAGED = frozenset({"cdb", "ldap", "lmdb", "mongodb", "mysql", "pcre", "pgsql", "sqlite"})
"""Types that some distributions ship as packages of their own."""

_WHOLE_QUEUE = frozenset(
    {"transport_maps", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"}
)


def _names(config: Configuration, service: Service | None) -> Iterator[str]:
    for name in config.settings if service is None else service.options:
        if (name.endswith("_maps") and kinds().get(name)) or _MIXED.fullmatch(name) or name.startswith("relayconf_"):
            yield name


def every_table(config: Configuration) -> Iterator[Table]:
    """Every table that the files name, each once for every place; other words of mixed lists are left out."""
    for service in (None, *config.services):
        for name in _names(config, service):
            for table in config.tables(name, service):
                is_table = table.kind in TYPES or name.endswith("_maps")
                if is_table and not name.startswith("relayconf_"):
                    yield table


def _effect(parameter: str) -> str:
    if parameter in _WHOLE_QUEUE:
        return "all mail is deferred"
    return "what asks it defers or refuses mail"


def forms(config: Configuration) -> Iterator[Fault]:
    """Words that are no table."""
    for table in every_table(config):
        word = f"{table.parameter}: {printable(table.word)}"
        if not table.kind:
            text = f"{word} has no type in front, such as `hash:`; {_effect(table.parameter)}"
            yield fault("table-form", table.place, text, f"hash:{printable(table.word)}")
        elif table.kind not in TYPES:
            text = f"{word}: no Postfix has the type {printable(table.kind)}; {_effect(table.parameter)}"
            yield fault("table-type", table.place, text, "postconf -m lists the types")
        elif config.around.types is not None and not _is_there(table, config.around.types):
            text = f"{word}: this Postfix lacks the type {table.kind}; {_effect(table.parameter)}"
            yield fault(
                "table-type", table.place, text, f"the package postfix-{table.kind}", "postconf -m lists the types"
            )


def _is_there(table: Table, types: frozenset[str]) -> bool:
    return table.kind in types or table.kind not in _PACKAGED


def paths(table: Table) -> tuple[str, ...]:
    """The files that a table lives in: its source, and what postmap makes of it."""
    if not table.path.startswith("/"):
        return ()
    return (table.path, *(table.path + end for end in COMPILED.get(table.kind, ())))


def _build(table: Table) -> str:
    return f"{'postalias' if 'alias' in table.parameter else 'postmap'} {table.kind}:{table.path}"


def _absent(config: Configuration, table: Table) -> tuple[str, str, str] | None:
    """Code, what is wrong with the table's files, and the way out."""
    source, compiled = (config.seen(path) for path in (*paths(table), "", "")[:2])
    if table.kind in _FILES and source is not None and not source.present:
        return "table-missing", "there is no such file", "make the file"
    if compiled is None:
        return None
    if not compiled.present:
        if source is not None and not source.present:
            return "table-missing", "there is neither a source nor a compiled table", f"make the file, {_build(table)}"
        return "table-unbuilt", "nobody built the table", _build(table)
    if config.around.is_live and source is not None and source.present and source.time > compiled.time:
        return (
            "table-stale",
            "its source is newer than what postmap made of it, which counts",
            _build(table),
        )
    return None


def files(config: Configuration) -> Iterator[Fault]:
    """Tables whose files are absent, or older than their sources."""
    for table in {(table.word, table.parameter): table for table in every_table(config)}.values():
        found = _absent(config, table)
        if found is not None:
            code, what, way = found
            effect = "" if code == "table-stale" else f"; {_effect(table.parameter)}"
            text = f"{table.parameter}: {printable(table.word)}: {what}{effect}"
            yield fault(code, table.place, text, printable(way))


def lines(config: Configuration) -> Iterator[Fault]:
    """What `postmap` swallows with a warning, or without one."""
    for table in {table.path: table for table in every_table(config)}.values():
        seen = config.seen(table.path)
        if (
            table.kind not in SOURCES
            or "alias" in table.parameter.partition("_")[0]
            or seen is None
            or not seen.content
        ):
            continue
        file = config.named(table.path)
        if _INDENTED.match(seen.content):
            text = "the file begins with an indented line, which is ignored"
            yield fault("table-line", Place(file=file), text, "take the blanks out in front of it")
        try:
            source = maps.parse(seen.content)
        except MapError as error:
            yield fault("table-line", Place(file=file), printable(error.message), "take the byte out")
            continue
        yield from _source(table, file, source)


def _source(table: Table, file: str, source: maps.MapSource) -> Iterator[Fault]:
    for problem in source.problems:
        place = Place(file=file, line=problem.line)
        if not problem.text.startswith("ignored: duplicate"):
            yield fault("table-line", place, printable(problem.text), "`KEY VALUE`, one entry a line")
            continue
        what, way = printable(problem.text.removeprefix("ignored: ")), "take one of them out"
        if table.kind == "texthash":
            text = f"{what}: it makes the whole texthash table unavailable; {_effect(table.parameter)}"
            yield fault("table-unavailable", place, text, way)
        else:
            yield fault("table-duplicate", place, f"{what}: the first one counts", way)
