"""The tables that main.cf names, by the text that they were made from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from relayconf.errors import MainCfError, MapError
from relayconf.mta.postfix import maps
from relayconf.mta.postfix.expansion import expand
from relayconf.mta.postfix.main_cf import Parameter
from relayconf.mta.postfix.tables import split

_FILES = frozenset({"hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash"})
"""Types whose source is a text of keys and values beside the compiled table, or the table itself."""

TABLES = (
    "transport_maps",
    "smtp_sasl_password_maps",
    "smtp_tls_policy_maps",
    "smtp_generic_maps",
    "sender_dependent_relayhost_maps",
    "sender_dependent_default_transport_maps",
)
DOMAINS = ("mydestination", "relay_domains", "virtual_alias_domains", "virtual_mailbox_domains")

_DEFAULTS = {
    "default_transport": "smtp",
    "relay_transport": "relay",
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "virtual_alias_maps": "$virtual_maps",
    "virtual_alias_domains": "$virtual_alias_maps",
    "virtual_mailbox_domains": "$virtual_mailbox_maps",
}
"""Postfix's own (postconf(5)), of what is asked for here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The tables of one parameter; `fixed` is what a `static:` one answers. Passwords are in no `repr`."""

    rows: Mapping[str, str] = field(repr=False)
    fixed: str | None = field(default=None, repr=False)

    def get(self, *keys: str) -> str | None:
        """The answer for the first of *keys* that has one."""
        return next((self.rows[key.lower()] for key in keys if key.lower() in self.rows), self.fixed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """main.cf with its variables replaced, and the sources of its tables by path; None: absent."""

    parameters: Mapping[str, Parameter] = field(repr=False)
    facts: Mapping[str, str]
    files: Mapping[str, bytes | None] = field(default_factory=dict, repr=False)
    unsaid: list[str] = field(default_factory=list)

    def _defaults(self) -> Mapping[str, str]:
        host = self.facts.get("postfix.myhostname", "localhost.localdomain")
        given = self.parameters.get("myhostname")
        name = given.value if given else host
        found = {
            "config_directory": self.facts.get("postfix.config_directory", "/etc/postfix"),
            "default_database_type": self.facts.get("postfix.database_type", "hash"),
            "myhostname": host,
            "mydomain": name.partition(".")[2] or name,
        }
        return {**_DEFAULTS, **found}

    def value(self, name: str) -> str:
        """The value of a parameter; empty for one that Postfix could not read either."""
        try:
            return expand(self.parameters, name, self._defaults()).strip()
        except MainCfError:
            self.unsaid.append(f"main.cf: the value of {name} cannot be read")
            return ""

    def is_on(self, name: str) -> bool:
        """Whether a switch is `yes`."""
        return self.value(name).lower() == "yes"

    def paths(self) -> Iterator[str]:
        """The files whose text is needed."""
        for name in (*TABLES, *DOMAINS):
            for word in split(self.value(name)):
                kind, path = _typed(word)
                if kind in _FILES or not kind:
                    yield posixpath.normpath(path)

    def _file(self, name: str, path: str) -> bytes:
        content = self.files.get(posixpath.normpath(path))
        if content is None:
            self.unsaid.append(f"main.cf, {name}: the text of the table {path} is not there")
        return content or b""

    def _rows(self, name: str, word: str) -> Mapping[str, str]:
        kind, path = _typed(word)
        if kind == "inline":
            return dict(_inline(path))
        if kind not in _FILES and kind:
            self.unsaid.append(f"main.cf, {name}: a table of type {kind} holds no rows that can be read")
            return {}
        try:
            return maps.table(self._file(name, path))
        except MapError as error:
            self.unsaid.append(f"{path}: {error.message}")
            return {}

    def lookup(self, name: str) -> Lookup:
        """The tables of the parameter *name*. What is in none that can be read is noted."""
        rows: dict[str, str] = {}
        for word in split(self.value(name)):
            if word.startswith("static:"):
                return Lookup(rows=rows, fixed=word.removeprefix("static:").strip("{} "))
            for key, value in self._rows(name, word).items():
                rows.setdefault(key, value)
        return Lookup(rows=rows)

    def domains(self, name: str) -> Iterator[str]:
        """The names of a list of domains, lower case; those of tables and files too."""
        for word in split(self.value(name)):
            if word.startswith("!"):
                self.unsaid.append(f"main.cf, {name}: {word} takes something out of the list")
            elif word.startswith("/"):
                text = self._file(name, word).decode("utf-8", "surrogateescape")
                lines = (line for line in text.splitlines() if not line.startswith("#"))
                yield from (found.lower() for line in lines for found in line.split())
            elif ":" in word:
                # The keys of a table of addresses and domains; a word alone is a user.
                yield from (key for key in self._rows(name, word) if "@" not in key and "." in key)
            else:
                yield word.lower()


def _typed(word: str) -> tuple[str, str]:
    """The type of the table that a *word* of a list names, and the rest; no type is a path alone, or a plain word."""
    kind, colon, path = word.removeprefix("proxy:").partition(":")
    if not colon:
        return ("", word) if word.startswith("/") else ("word", word)
    return kind, path


def _inline(text: str) -> Iterator[tuple[str, str]]:
    """`{ key = value, { key = words of text }, … }` (DATABASE_README)."""
    for part in split(text.strip().removeprefix("{").removesuffix("}").replace(" = ", "=")):
        inside = part.removeprefix("{").removesuffix("}")
        key, _, value = inside.partition("=")
        yield key.strip().lower(), value.strip()
