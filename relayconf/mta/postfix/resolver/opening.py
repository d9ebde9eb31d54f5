"""From `type:name` in a parameter to the table, read from its source (DATABASE_README; postmap(1))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from relayconf.errors import MapError
from relayconf.mta.postfix import maps
from relayconf.mta.postfix.resolver import rules
from relayconf.mta.postfix.resolver.dictionaries import (
    Access,
    Checked,
    Dead,
    Pipe,
    Rows,
    RuleList,
    Same,
    Table,
    Union,
    is_torn,
)
from relayconf.mta.postfix.resolver.outcomes import LookupFailure, Unknowable
from relayconf.mta.postfix.resolver.settings import DEFAULT_TYPE, Files
from relayconf.mta.postfix.tables import split

COMPILED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("hash", "btree"), (".db", ".lmdb")),
    **dict.fromkeys(("dbm", "sdbm"), (".pag",)),
    "lmdb": (".lmdb",),
    "cdb": (".cdb",),
    DEFAULT_TYPE: (".db", ".lmdb", ".cdb"),
}
"""The types that `postmap` compiles, and what the table's name ends in then; hash is lmdb where 3.11 is told so."""

_ELSEWHERE = frozenset(
    (
        *("environ", "internal", "ldap", "memcache", "mongodb", "mysql", "netinfo", "nis", "nisplus", "pgsql"),
        *("socketmap", "sqlite", "tcp", "unix"),
    )
)
"""The types whose answers are not in a file."""

_FAILURES = {"fail": "fail:{name}", "nofile": "{name} is not there"}
_PAIR = re.compile(r'\s*(?P<key>(?:\\.|"(?:[^"\\]|\\.)*"|[^\s"\\=])+)\s*=\s*(?P<value>.*?)\s*', re.DOTALL)


def _braced(name: str) -> str | None:
    """The inside of `{…}`; None when *name* is something else."""
    depth = 0
    for place, char in enumerate(name):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0:
            return name[1:-1] if place == len(name) - 1 and place else None
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Opens tables; `notes` gets what is odd about their files."""

    files: Files
    access: Access
    notes: list[str]

    def _compiled(self, kind: str, path: str) -> float | None:
        """When `postmap` made the table; None when it has not."""
        times = (self.files.changed(path + ending) for ending in COMPILED[kind])
        return max((time for time in times if time is not None), default=None)

    def _source(self, kind: str, path: str) -> bytes:
        source = self.files.read(path)
        if source is None:
            if kind in COMPILED and self._compiled(kind, path) is not None:
                raise Unknowable(f"the source of {kind}:{path} is not beside it")
            raise LookupFailure(f"{kind}:{path} is not there")
        if kind in COMPILED:
            self._compare(kind, path)
        return source

    def _compare(self, kind: str, path: str) -> None:
        """Postfix reads the compiled table, not its source."""
        compiled = self._compiled(kind, path)
        if compiled is None:
            self.notes.append(f"{path}{COMPILED[kind][0]} is not there: until postmap has made it, all mail waits")
        elif compiled < (self.files.changed(path) or 0):
            self.notes.append(f"{path} is newer than its compiled table: postmap has not been run")

    def _rows(self, kind: str, path: str) -> Table:
        data = self._source(kind, path)
        access = self.access
        try:
            if kind in COMPILED and data.isascii():
                return Rows(answers=maps.table(data))
            source = maps.parse(data)
        except MapError as error:
            raise Unknowable(f"{kind}:{path}: {error.message}") from None
        folds = access.folds or kind in COMPILED
        answers: dict[str, str] = {}
        for entry in source.entries:
            if access.utf8 and is_torn(entry.key + entry.value):
                continue
            key = access.fold(entry.key) if folds else entry.key
            if key in answers and kind == "texthash":
                raise LookupFailure(f"texthash:{path}, line {entry.line}: a duplicate, with which Postfix takes no row")
            answers.setdefault(key, entry.value)
        return Rows(answers=answers)

    def _inline(self, name: str) -> Table:
        answers = {}
        for part in split(_braced(name) or ""):
            inside = _braced(part) if part.startswith("{") else part
            match = _PAIR.fullmatch(inside or "")
            if match is None:
                raise LookupFailure("inline: a table that is malformed")
            answers[self.access.fold(match["key"]) if self.access.folds else match["key"]] = match["value"]
        if not answers:
            raise LookupFailure("inline: a table that is malformed")
        return Rows(answers=answers)

    def _several(self, kind: str, name: str) -> Table:
        parts = split(_braced(name) or "")
        if not parts or (kind != "randmap" and any(":" not in part for part in parts)):
            raise LookupFailure(f"{kind}: a table that is malformed")
        if kind == "randmap":
            if len(set(parts)) > 1:
                raise Unknowable(f"randmap: one of {len(set(parts))} values by chance")
            return Same(answer=parts[0], is_fixed=False)
        tables = [self.open(part) for part in parts]
        return Pipe(tables=tables) if kind == "pipemap" else Union(tables=tables)

    def _rules(self, kind: rules.Kind, path: str) -> Table:
        data = self._source(kind, path)
        return RuleList(rules=rules.parse(kind, data, substitutes=self.access.substitutes))

    def _static(self, name: str) -> Table:
        inside = _braced(name) if name.startswith("{") else name
        if inside is None:
            raise LookupFailure("static: a table that is malformed")
        return Same(answer=inside.strip() if name.startswith("{") else inside)

    def _opened(self, kind: str, name: str) -> Table:
        if not name:
            raise LookupFailure("a table without a name")
        if kind in COMPILED or kind == "texthash":
            return self._rows(kind, name)
        if kind in _ELSEWHERE:
            raise Unknowable(f"{kind}:{name} has to be asked")
        match kind:
            case "regexp" | "pcre" | "cidr":
                return self._rules(kind, name)
            case "static" | "inline":
                return self._static(name) if kind == "static" else self._inline(name)
            case "pipemap" | "unionmap" | "randmap":
                return self._several(kind, name)
            case "proxy" | "debug":
                return self.open(name)
            case _:
                raise LookupFailure(_FAILURES.get(kind, f"there is no table type `{kind}`").format(name=name))

    def open(self, text: str) -> Table:
        """The table that *text* names, `type:name`. What cannot be opened fails when it is asked."""
        kind, _, name = text.partition(":")
        try:
            table = self._opened(kind, name)
        except (LookupFailure, Unknowable) as failure:
            return Dead(failure=failure)
        return Checked(table=table, access=self.access)
