"""Which parameters of main.cf are relayconf's, what it set them to, and what the admin had there before.

The record is a file of the state directory, one parameter a line: name, value set, date, and each of its entries in
main.cf before (none where it had none), separated by tabs. Backslash, tab, newline and carriage return are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from relayconf.errors import MainCfError
from relayconf.mta.postfix import main_cf
from relayconf.mta.postfix.main_cf import Parameter
from relayconf.mta.postfix.names import PREFIX
from relayconf.mta.postfix.tables import MAP_NAMES, foreign, is_ours, split

_ESCAPES = {b"\\": b"\\\\", b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r"}
_UNESCAPES = {escaped: plain for plain, escaped in _ESCAPES.items()}
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_SPECIAL = re.compile(rb"[\\\t\n\r]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """One parameter: the value that relayconf gave it, since when, and its entries before that, byte for byte."""

    applied: str
    date: str
    originals: tuple[bytes, ...] = ()


Record = Mapping[str, Owned]


def _escape(text: bytes) -> bytes:
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)


def _unescape(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda match: _UNESCAPES.get(match[0], match[0]), text)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def read(content: bytes | None) -> dict[str, Owned]:
    """The record in *content*; None, an absent file, owns nothing. Lines of another shape are left out."""
    record = {}
    for line in (content or b"").split(b"\n"):
        fields = [_unescape(field) for field in line.split(b"\t")]
        if len(fields) >= 3:
            name, applied, date = (_decode(field) for field in fields[:3])
            record[name] = Owned(applied=applied, date=date, originals=tuple(fields[3:]))
    return record


def write(record: Record) -> bytes | None:
    """The record as a file, in the names' order; None when nothing is owned."""
    lines = []
    for name, owned in sorted(record.items()):
        fields = (_encode(name), _encode(owned.applied), _encode(owned.date), *owned.originals)
        lines.append(b"\t".join(_escape(field) for field in fields) + b"\n")
    return b"".join(lines) or None


def squeeze(value: str) -> str:
    """*value* with every run of white space as one blank, as Postfix compares nothing but the words."""
    return " ".join(value.split())


def original_value(name: str, originals: tuple[bytes, ...]) -> str | None:
    """The value that *originals* gave to the parameter; None: it was not set."""
    return main_cf.parse(b"".join(originals))[name].value if originals else None


def check(record: Record) -> Record:
    """*record*, when all of it can be given back.

    Raises MainCfError for entries from before that do not set the parameter they stand for.
    """
    for name, owned in record.items():
        if owned.originals and name not in main_cf.parse(b"".join(owned.originals)):
            raise MainCfError(
                f"the record of what relayconf set, postfix-parameters, is damaged at {name[:80]!a}",
                hint="mend it on the host; removed, what relayconf set counts as the admin's own from then on",
            )
    return record


def is_changed(name: str, live: str | None, applied: str) -> bool:
    """Whether somebody gave the parameter another value than *applied*. Tables behind ours are the admin's own."""
    if live is None:
        return True
    if name in MAP_NAMES:
        ours = [part for part in split(applied) if is_ours(part)]
        return list(split(live))[: len(ours)] != ours
    return squeeze(live) != squeeze(applied)


def _originals(text: bytes, parameters: Mapping[str, Parameter], name: str) -> tuple[bytes, ...]:
    """What stands in main.cf for a parameter that is not in the record; a table of ours there has lost its record."""
    if name not in parameters:
        return ()
    value = parameters[name].value
    if not any(is_ours(part) for part in split(value)):
        return main_cf.entries(text, name)
    rest = ", ".join(foreign(value))
    return (_encode(f"{name} = {rest}\n"),) if rest else ()


def _restored(text: bytes, live: str | None, name: str, owned: Owned) -> bytes:
    """main.cf with the earlier value of a parameter; a value that a human gave it since then stays."""
    if live is None:
        return text
    before = original_value(name, owned.originals)
    if name in MAP_NAMES:
        rest = foreign(live)
        if rest == split(before or ""):
            return main_cf.restore(text, name, owned.originals)
        return main_cf.edit(text, {name: ", ".join(rest)}) if rest else main_cf.edit(text, {}, (name,))
    if is_changed(name, live, owned.applied):
        return text
    return main_cf.restore(text, name, owned.originals)


def _is_as_before(value: str, originals: tuple[bytes, ...], name: str) -> bool:
    return squeeze(value) == squeeze(original_value(name, originals) or "")


def apply(text: bytes, record: Record, settings: Mapping[str, str], date: str) -> tuple[bytes, dict[str, Owned]]:
    """main.cf with *settings* and without what *record* owns beyond them, and the record of that.

    A parameter that is to have the value it had before relayconf came is not owned: its entries come back byte for
    byte. Parameters that are relayconf's by name need no record. *date* goes to what is set anew. Raises MainCfError as
    `main_cf.merge` does.
    """
    parameters = main_cf.parse(text)
    after: dict[str, Owned] = {}
    for name, value in settings.items():
        if name.startswith(PREFIX):
            continue
        known = record.get(name)
        originals = _originals(text, parameters, name) if known is None else known.originals
        if not _is_as_before(value, originals, name):
            same = known is not None and squeeze(known.applied) == squeeze(value)
            after[name] = Owned(applied=value, date=known.date if known and same else date, originals=originals)
    for name, owned in record.items():
        if name not in after:
            live = parameters[name].value if name in parameters else None
            # What the wish names has the last word, also over a human's value.
            applied = live or "" if name in settings else owned.applied
            text = _restored(text, live, name, replace(owned, applied=applied))
    ours = {name for name in parameters if name.startswith(PREFIX)}
    kept = {name: value for name, value in settings.items() if name in after or value or name.startswith(PREFIX)}
    return main_cf.merge(text, kept, ours - settings.keys()), after
