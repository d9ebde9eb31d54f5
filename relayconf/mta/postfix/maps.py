"""The sources of Postfix's indexed lookup tables: transport, SASL passwords, TLS policies, generic (postmap(1)).

For `hash`, `btree`, `lmdb`, `cdb` and `texthash`; `regexp`, `pcre` and `cidr` tables have other formats. Text is UTF-8
with `surrogateescape`. A value may be a password: it is in no message and no `repr`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from relayconf.errors import MapError
from relayconf.mta.postfix.logical_lines import LogicalLine, logical_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEntry:
    """One entry as written: key with its letters' case, value trimmed; `line` is where it starts, from 1."""

    key: str
    value: str = field(repr=False)
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapProblem:
    """What `postmap` warns about, without the value; `line` is where the entry starts, from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapSource:
    """A source as `postmap` reads it: all entries in order, duplicates included, and its warnings."""

    entries: tuple[MapEntry, ...]
    problems: tuple[MapProblem, ...]

    @property
    def table(self) -> Mapping[str, str]:
        """What the table answers: keys in ASCII lower case, the first of duplicates, in the source's order.

        In `texthash` a duplicate makes the daemons refuse the whole table instead (`problems` has it).
        """
        answers: dict[str, str] = {}
        for entry in self.entries:
            answers.setdefault(_folded(entry.key), entry.value)
        return answers


# A key ends at white space that is neither quoted nor escaped; quotes and backslashes are part of it.
_KEY = re.compile(rb'(?:\\(?:.|\Z)|"(?:[^"\\]|\\.)*+"|[^\s"\\])*+')
_PLAIN_KEY = re.compile(rb'(?:\\[^\s\0]|"(?:[^"\\\s\0]|\\[^\s\0])*+"|[^\s"\\\0])++')


def _folded(key: str) -> str:
    return key.encode("utf-8", "surrogateescape").lower().decode("utf-8", "surrogateescape")


def _entry(line: LogicalLine) -> MapEntry | MapProblem:
    match = _KEY.match(line.text)
    key = match[0] if match else b""
    rest = line.text[len(key) :]
    if rest.startswith(b'"'):
        return MapProblem(line=line.number, text="ignored: a quote in the key is not closed")
    value = rest.strip()
    if not value:
        return MapProblem(line=line.number, text="ignored: no value")
    texts = (part.decode("utf-8", "surrogateescape") for part in (key, value))
    return MapEntry(key=next(texts), value=next(texts), line=line.number)


def _warnings(entries: Iterable[MapEntry]) -> Iterable[MapProblem]:
    first: dict[str, int] = {}
    for entry in entries:
        earlier = first.setdefault(_folded(entry.key), entry.line)
        if earlier != entry.line:
            yield MapProblem(line=entry.line, text=f"ignored: duplicate of line {earlier}: {entry.key!a}")
        if entry.key.endswith(":"):
            yield MapProblem(line=entry.line, text=f"the key ends in a colon, as in an alias file: {entry.key!a}")
        try:
            f"{entry.key} {entry.value}".encode()
        except UnicodeEncodeError:
            yield MapProblem(line=entry.line, text="not UTF-8: ignored where smtputf8_enable is on")


def parse(data: bytes) -> MapSource:
    """The entries and warnings of a source, as `postmap` of Postfix 3.2 and later sees them.

    Raises MapError for a NUL, behind which Postfix does not look.
    """
    nul = data.find(b"\0")
    if nul >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise MapError(f"a lookup table's source holds a NUL in line {line}")
    read = [_entry(line) for line in logical_lines(data)]
    entries = tuple(entry for entry in read if isinstance(entry, MapEntry))
    ignored = [problem for problem in read if isinstance(problem, MapProblem)]
    problems = sorted([*ignored, *_warnings(entries)], key=lambda problem: problem.line)
    return MapSource(entries=entries, problems=tuple(problems))


def table(data: bytes) -> Mapping[str, str]:
    """What the source answers, as `parse` has it, in a fraction of the time where each line is an entry by itself.

    Raises MapError as `parse` does.
    """
    answers: dict[str, str] = {}
    if b"\0" in data:
        return parse(data).table
    for line in data.split(b"\n"):
        if not line or line.startswith(b"#"):
            continue
        words = line.split(None, 1)
        if len(words) != 2 or line[:1].isspace() or b'"' in words[0] or b"\\" in words[0]:
            return parse(data).table
        key = words[0].lower().decode("utf-8", "surrogateescape")
        answers.setdefault(key, words[1].rstrip().decode("utf-8", "surrogateescape"))
    return answers


def _bytes(text: str, what: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MapError(f"not UTF-8: {what}") from None


def _check_key(key: str) -> None:
    encoded = _bytes(key, f"the lookup key {key!a}")
    if not _PLAIN_KEY.fullmatch(encoded):
        raise MapError(f"a lookup key cannot hold white space, NUL, or an open quote or backslash: {key!a}")
    if key.startswith("#"):
        raise MapError(f"a lookup key cannot start with `#`: {key!a}")
    if key.endswith(":"):
        raise MapError(f"a lookup key cannot end in a colon: {key!a}")


def _check_value(key: str, value: str) -> None:
    encoded = _bytes(value, f"the value of {key!a}")
    if b"\n" in encoded or b"\0" in encoded:
        raise MapError(f"a value cannot hold a newline or NUL: that of {key!a}")
    if not encoded or encoded != encoded.strip():
        raise MapError(f"a value cannot be empty, or start or end with white space: that of {key!a}")


def write(entries: Iterable[tuple[str, str]]) -> str:
    """The source with these keys and values, one a line, in their order; `parse` gives the same back.

    Raises MapError for what the format cannot hold in every release, and for keys that differ in case alone.
    """
    lines = []
    seen: set[str] = set()
    for key, value in entries:
        _check_key(key)
        _check_value(key, value)
        if key.casefold() in seen:
            raise MapError(f"duplicate lookup key: {key!a}")
        seen.add(key.casefold())
        lines.append(f"{key}  {value}\n")
    return "".join(lines)
