"""An SPF record as its terms, each kept as it was written."""

from __future__ import annotations

import re
from dataclasses import dataclass

LOOKING_UP = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
"""Terms of which a check may meet ten (RFC 7208 4.6.4)."""

_TERM = re.compile(r"(?P<qualifier>[-+~?]?)(?P<name>[A-Za-z][A-Za-z0-9_.-]*)(?P<sign>[:=]?)(?P<argument>.*)", re.DOTALL)
_CIDR = re.compile(r"(?P<name>.*?)(?:/(?P<four>[0-9]{1,2}))?(?://(?P<six>[0-9]{1,3}))?")
_STRING_BYTES = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A mechanism or a modifier, verbatim in `text`."""

    text: str

    def _part(self, name: str) -> str:
        found = _TERM.fullmatch(self.text)
        return found[name] if found else ""

    @property
    def name(self) -> str:
        """In lower case; empty when it has none."""
        return self._part("name").lower()

    @property
    def qualifier(self) -> str:
        """`+` where none is written."""
        return self._part("qualifier") or "+"

    @property
    def is_modifier(self) -> bool:
        """Whether it is `name=value`: it then counts for the whole record, wherever it stands."""
        return self._part("sign") == "="

    @property
    def argument(self) -> str:
        """What follows the name, without the sign in between."""
        return self._part("argument")

    @property
    def has_macro(self) -> bool:
        """Whether it means something else for every message."""
        return "%" in self.argument

    @property
    def looks_up(self) -> bool:
        """Whether it counts among the ten."""
        return self.name in LOOKING_UP

    def target(self, domain: str) -> str:
        """The name that it asks for in the record of *domain*, in lower case, without the last dot."""
        name = self._name_and_cidr()["name"]
        return (name or domain).lower().rstrip(".")

    def prefix(self, version: int) -> int:
        """How many bits of an address of IP *version* an `a` or `mx` compares."""
        written = self._name_and_cidr()["four" if version == 4 else "six"]
        return int(written) if written else 32 if version == 4 else 128

    def _name_and_cidr(self) -> re.Match[str]:
        argument = self.argument
        found = _CIDR.fullmatch(argument)
        assert found is not None  # noqa: S101  the pattern takes every text of one line
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The terms of a record in their order, after the version as it was written."""

    terms: tuple[Term, ...] = ()
    version: str = "v=spf1"

    @property
    def text(self) -> str:
        """The record on one line, a space between its terms."""
        return " ".join([self.version, *(term.text for term in self.terms)])

    @property
    def all(self) -> Term | None:
        """The `all` that counts."""
        return next((term for term in self.terms if term.name == "all"), None)

    @property
    def redirect(self) -> Term | None:
        """The `redirect=`, which counts only where there is no `all`."""
        return next((term for term in self.terms if term.is_modifier and term.name == "redirect"), None)

    @property
    def reached(self) -> tuple[Term, ...]:
        """The mechanisms that a check can come to: those after the first `all` are dead."""
        end = next((n for n, term in enumerate(self.terms) if term.name == "all"), len(self.terms))
        return tuple(term for term in self.terms[:end] if not term.is_modifier)

    @property
    def last_slot(self) -> int:
        """The latest place for a mechanism that is to be reached: before `all`, or before what stands at the end."""
        for number, term in enumerate(self.terms):
            if term.name == "all":
                return number
        number = len(self.terms)
        while number and self.terms[number - 1].is_modifier:
            number -= 1
        return number

    def inserted(self, slot: int, text: str) -> Record:
        """The record with the term *text* before the term number *slot*."""
        return Record(version=self.version, terms=(*self.terms[:slot], Term(text=text), *self.terms[slot:]))


def parse(text: str) -> Record:
    """*text* as its terms; what they mean is not looked at, nor whether they are sound."""
    version, *terms = (part for part in text.split(" ") if part)
    return Record(version=version, terms=tuple(Term(text=term) for term in terms))


def chunks(text: str) -> tuple[bytes, ...]:
    """*text* as the strings of a TXT record: each at most 255 bytes, to be joined without a space (RFC 7208 3.3)."""
    data = text.encode("utf-8", "surrogateescape")
    return tuple(data[start : start + _STRING_BYTES] for start in range(0, len(data), _STRING_BYTES))


def _escaped(byte: int) -> str:
    char = chr(byte)
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() and byte < 0x80 else f"\\{byte:03d}"


def quoted(text: str) -> str:
    """*text* as a TXT record stands in a zone file (RFC 1035 5.1), in ASCII; its strings as `chunks` cuts them."""
    return " ".join(f'"{"".join(map(_escaped, chunk))}"' for chunk in chunks(text)) or '""'
