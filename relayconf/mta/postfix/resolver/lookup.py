"""What is asked of a list of tables for an address, and of a list of domains for a domain.

Source: maps.c, mail_addr_find.c, match_list.c and match_ops.c of Postfix 3.5 to 3.11; transport(5), postconf(5).
Each key is asked of all tables before the next key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from relayconf.errors import MainCfError
from relayconf.mta.postfix.logical_lines import logical_lines
from relayconf.mta.postfix.resolver.dictionaries import Access, Table
from relayconf.mta.postfix.resolver.opening import Opener
from relayconf.mta.postfix.resolver.outcomes import LookupFailure, Unknowable
from relayconf.mta.postfix.resolver.settings import Settings
from relayconf.mta.postfix.resolver.tokens import quoted
from relayconf.mta.postfix.tables import split

Parents: TypeAlias = Literal["none", "dotted", "plain"]
"""Whether a domain stands for itself alone, `.domain` for what is below it, or the domain for both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """The key that was found, and its value."""

    key: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """How `user+extension` is taken apart: postconf(5), recipient_delimiter and owner_request_special."""

    delimiters: str
    double_bounce_sender: str
    owner_request_special: bool

    def _is_special(self, local: str) -> bool:
        lower = local.lower()
        if lower in {"postmaster", "mailer-daemon"} or local.casefold() == self.double_bounce_sender.casefold():
            return True
        if "-" not in self.delimiters or not self.owner_request_special:
            return False
        return lower.startswith("owner-") or (lower.endswith("-request") and lower != "-request")

    def without(self, address: str) -> str | None:
        """*address* without its extension; None where it has none."""
        local, at, domain = address.rpartition("@") if "@" in address else (address, "", "")
        end = next((place for place, char in enumerate(local) if char in self.delimiters), 0)
        return None if not end or self._is_special(local) else f"{local[:end]}{at}{domain}"


class Maps:
    """The tables of one parameter, such as transport_maps."""

    def __init__(self, name: str, tables: tuple[Table, ...], extensions: Extensions) -> None:
        self.name = name
        self._tables = tables
        self._extensions = extensions

    def __bool__(self) -> bool:
        return bool(self._tables)

    def find(self, key: str, *, is_part: bool = False) -> Hit | None:
        """The value of *key*; parts of addresses are for tables of whole keys. Raises LookupFailure, Unknowable."""
        if not key:
            return None
        for table in self._tables:
            if is_part and not table.is_fixed:
                continue
            try:
                value = table.get(key)
            except (LookupFailure, Unknowable) as error:
                raise type(error)(f"{self.name}: {error}") from None
            if value is not None:
                if not value:
                    raise LookupFailure(f"{self.name}: an empty value for `{key}`")
                return Hit(key=key, value=value)
        return None

    def _either(self, address: str, *, is_part: bool, is_local: bool = False) -> Hit | None:
        """In its written form, then as it is."""
        written = quoted(address, is_local=is_local)
        found = self.find(written, is_part=is_part)
        return found if found or written == address else self.find(address, is_part=is_part)

    def _whole(self, address: str, bare: str | None) -> Hit | None:
        found = self._either(address, is_part=False)
        return found if found or bare is None else self._either(bare, is_part=True)

    def for_recipient(self, address: str, parents: Parents) -> Hit | None:
        """By transport(5): the address, without its extension, its domain, the domain's parents, `*`."""
        found = self._whole(address, self._extensions.without(address))
        key = address.rpartition("@")[2]
        while found is None and key:
            found = self.find(key, is_part=True)
            dot = key.find(".", 1)
            key = key[dot + (parents == "plain") :] if dot > 0 else ""
        return found or self.find("*")

    def for_sender(self, address: str, is_here: Callable[[str], bool]) -> Hit | None:
        """By the address, without its extension, by the local part where its domain *is_here*, by `@domain`."""
        bare = self._extensions.without(address)
        found = self._whole(address, bare)
        if found or "@" not in address:
            return found
        domain = address.rpartition("@")[2]
        if is_here(domain):
            for whole in (address, bare):
                local = "" if whole is None else whole.rpartition("@")[0]
                found = found or self._either(local, is_part=True, is_local=True)
        return found or self.find(f"@{domain}", is_part=True)


class Domains:
    """The list of domains in one parameter, such as mydestination: names, `type:table`, `/file`, `!` for exceptions."""

    def __init__(self, name: str, words: str, opener: Opener, parents: Parents) -> None:
        self.name = name
        self._access = opener.access
        self._parents = parents
        self._patterns = tuple(self._parsed(words, opener, is_in=True))

    def _parsed(self, words: str, opener: Opener, *, is_in: bool) -> Iterator[tuple[str, Table | None, bool]]:
        for word in split(words):
            item = word.lstrip("!")
            is_listed = is_in != bool((len(word) - len(item)) % 2)
            if word.startswith("#"):
                return
            if not item:
                raise MainCfError(f"{self.name} has a `!` with nothing behind it", hint="Postfix's programs die of it")
            if item.startswith("/"):
                yield from self._file(item, opener, is_in=is_listed)
            elif ":" in item and not item.startswith("["):
                yield item, opener.open(item), is_listed
            else:
                yield self._access.fold(item), None, is_listed

    def _file(self, path: str, opener: Opener, *, is_in: bool) -> Iterator[tuple[str, Table | None, bool]]:
        content = opener.files.read(path)
        if content is None:
            yield path, opener.open(f"nofile:{path}"), True
            return
        for line in logical_lines(content):
            yield from self._parsed(line.text.decode("utf-8", "surrogateescape"), opener, is_in=is_in)

    def _below(self, domain: str) -> Iterator[str]:
        yield domain
        dot = domain.find(".", 1)
        while dot > 0 and self._parents != "none":
            domain = domain[dot + (self._parents == "plain") :]
            yield domain
            dot = domain.find(".", 1)

    def _fits(self, domain: str, pattern: str, table: Table | None) -> bool:
        if table is None:
            return pattern in self._below(domain)
        keys = self._below(domain) if table.is_fixed else (domain,)
        try:
            return any(key and table.get(key) is not None for key in keys)
        except (LookupFailure, Unknowable) as error:
            raise type(error)(f"{self.name}: {error}") from None

    def match(self, domain: str) -> str | None:
        """The entry that has *domain*; None when none has, or an exception does. Raises LookupFailure, Unknowable."""
        folded = self._access.fold(domain)
        for pattern, table, is_listed in self._patterns:
            if self._fits(folded, pattern, table):
                return pattern if is_listed else None
        return None


class Lookups:
    """Makes the lists that *settings* ask for. `notes` has what is odd about the tables' files."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._utf8 = settings.is_on("smtputf8_enable")
        self.notes: list[str] = []

    def _opener(self, *, folds: bool, substitutes: bool = False) -> Opener:
        access = Access(folds=folds, utf8=self._utf8, substitutes=substitutes)
        return Opener(files=self._settings.files, access=access, notes=self.notes)

    def maps(self, name: str, *, substitutes: bool = False) -> Maps:
        """The tables of the parameter *name*."""
        settings, opener = self._settings, self._opener(folds=True, substitutes=substitutes)
        extensions = Extensions(
            delimiters=settings.value("recipient_delimiter"),
            double_bounce_sender=settings.value("double_bounce_sender"),
            owner_request_special=settings.is_on("owner_request_special"),
        )
        return Maps(name, tuple(opener.open(text) for text in split(settings.value(name))), extensions)

    def domains(self, name: str, parents: Parents = "none") -> Domains:
        """The list of domains of the parameter *name*."""
        return Domains(name, self._settings.value(name), self._opener(folds=False), parents)

    def parents(self, name: str) -> Parents:
        """Whether the parameter *name* is in parent_domain_matches_subdomains."""
        return "plain" if self.domains("parent_domain_matches_subdomains").match(name) else "dotted"
