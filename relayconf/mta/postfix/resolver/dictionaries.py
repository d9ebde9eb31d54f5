"""Lookup tables by how they answer, whatever their type is called (DATABASE_README)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from relayconf.mta.postfix.resolver import rules
from relayconf.mta.postfix.resolver.outcomes import LookupFailure, Unknowable


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a table is opened: whether it folds keys itself, whether text must be UTF-8, whether `$1` is allowed."""

    folds: bool
    utf8: bool
    substitutes: bool = False

    def fold(self, key: str) -> str:
        """*key* in lower case, as Postfix compares it."""
        if self.utf8 or key.isascii():
            return key.casefold()
        return key.encode("utf-8", "surrogateescape").lower().decode("utf-8", "surrogateescape")


class Table(Protocol):
    """One table. Only one that compares whole keys is asked for parts of an address."""

    @property
    def is_fixed(self) -> bool:
        """Whether it compares whole keys."""

    def get(self, key: str) -> str | None:
        """The answer, None when there is none. Raises LookupFailure and Unknowable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table of keys and values."""

    answers: Mapping[str, str] = field(repr=False)
    is_fixed: bool = True

    def get(self, key: str) -> str | None:
        """As `Table` says."""
        return self.answers.get(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """A table with one answer for every key."""

    answer: str = field(repr=False)
    is_fixed: bool = True

    def get(self, key: str) -> str | None:  # noqa: ARG002  whatever the key is
        """As `Table` says."""
        return self.answer


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleList:
    """A table of rules, of which the first that fits answers."""

    rules: tuple[rules.Rule, ...]
    is_fixed: bool = False

    def get(self, key: str) -> str | None:
        """As `Table` says."""
        return rules.ask(self.rules, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """A table that has no answers at all."""

    failure: LookupFailure | Unknowable
    is_fixed: bool = False

    def get(self, key: str) -> str | None:
        """As `Table` says."""
        kind = type(self.failure)
        raise kind(f"{self.failure} ({key})" if kind is Unknowable else str(self.failure))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe:
    """The answer of each table is the key for the next."""

    tables: Sequence[Table]

    @property
    def is_fixed(self) -> bool:
        """As the first of them."""
        return self.tables[0].is_fixed

    def get(self, key: str) -> str | None:
        """As `Table` says."""
        found: str | None = key
        for table in self.tables:
            found = None if found is None else table.get(found)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """The answers of all tables, with commas between."""

    tables: Sequence[Table]

    @property
    def is_fixed(self) -> bool:
        """As the first of them."""
        return self.tables[0].is_fixed

    def get(self, key: str) -> str | None:
        """As `Table` says."""
        found = ""
        for table in self.tables:
            answer = table.get(key)
            if answer is not None:
                found += f",{answer}" if found else answer
        return found or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A table behind the folding of keys and the insistence on UTF-8."""

    table: Table
    access: Access

    @property
    def is_fixed(self) -> bool:
        """As the first of them."""
        return self.table.is_fixed

    def get(self, key: str) -> str | None:
        """As `Table` says."""
        if self.access.utf8 and is_torn(key):
            return None
        found = self.table.get(self.access.fold(key) if self.access.folds and self.is_fixed else key)
        if found is not None and self.access.utf8 and is_torn(found):
            raise LookupFailure("a value that is not UTF-8")
        return found


def is_torn(text: str) -> bool:
    """Whether *text* has bytes that are no UTF-8."""
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)
