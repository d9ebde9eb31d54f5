"""Lines of an existing control/smtproutes that do something else than their author thought.

Findings name lines, never what is in them: it may be a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from relayconf.facts import Finding, Severity
from relayconf.mta.qmail.control import fold
from relayconf.mta.qmail.words import listing

_BOM = b"\xef\xbb\xbf"
_LABELS = rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_KEY = re.compile(rb"(?:\.?" + _LABELS + rb"|\[[0-9.]+\])?")
_CLEAN_LINE = re.compile(rb"(\.?" + _LABELS + rb")?:(?:" + _LABELS + rb"(?::[0-9]+)?)?")
_RELAY = re.compile(_LABELS + rb"|\[[0-9.]+\]")
_PORT = re.compile(rb"[0-9]+")
_TEXT_BEHIND = re.compile(rb"[| \t]")

_REMARKS: Mapping[str, str] = {
    "bom": "begins with a byte order mark, which makes its key one that nothing matches",
    "cr": "holds a carriage return, which qmail takes for part of the name",
    "no-colon": "has no colon and is ignored",
    "dead": "has a key that is no recipient's domain (blank, wildcard sign, trailing dot or foreign character)",
    "duplicate": "repeats the key of an earlier line; the last one wins",
    "no-port": "has a colon but no port number behind the relay, so port 0 (are two lines glued together?)",
    "name": "has a relay that can be neither a name nor an IPv4 address, so its mail bounces",
    "extra": "has text behind relay and port (credentials?): classic qmail ignores it, or takes it for part of the "
    "relay's name and sends it to DNS, log and bounces",
}


@dataclass(slots=True)
class _Lines:
    """Line numbers by what is wrong with them, and the keys seen so far."""

    numbers: dict[str, list[int]] = field(default_factory=dict)
    keys: set[bytes] = field(default_factory=set)

    def add(self, what: str, number: int) -> None:
        self.numbers.setdefault(what, []).append(number)

    def see_key(self, key: bytes, number: int) -> None:
        if key in self.keys:
            self.add("duplicate", number)
        self.keys.add(key)


def _value_faults(value: bytes) -> Iterator[str]:
    visible = _TEXT_BEHIND.split(value, maxsplit=1)[0]
    host, colon, port = visible.partition(b":")
    if colon and not _PORT.match(port):
        yield "no-port"
    if visible and not _RELAY.fullmatch(host):
        yield "name"
    if len(visible) < len(value):
        yield "extra"


def _check_line(lines: _Lines, line: bytes, number: int) -> None:
    if number == 1 and line.startswith(_BOM):
        lines.add("bom", number)
        return
    if b"\r" in line:
        lines.add("cr", number)
        return
    if not line or line[0] in b"#\0":
        return
    key, colon, value = line.partition(b":")
    if not colon:
        lines.add("no-colon", number)
        return
    lines.see_key(fold(key), number)
    if not _KEY.fullmatch(key):
        lines.add("dead", number)
    for fault in _value_faults(value):
        lines.add(fault, number)


def _finding(what: str, numbers: list[int]) -> Finding:
    place = f"line {numbers[0]}" if len(numbers) == 1 else f"lines {listing(map(str, numbers))}"
    text = f"smtproutes as it is on the host, {place}: {_REMARKS[what]}"
    return Finding(code=f"qmail-smtproutes-{what}", severity=Severity.WARNING, text=text)


def lint(content: bytes) -> tuple[Finding, ...]:
    """What is wrong with the lines of *content*, each kind once with its line numbers, which count from 1."""
    lines = _Lines()
    for number, raw in enumerate(content.split(b"\n"), start=1):
        line = raw.rstrip(b" \t")
        clean = _CLEAN_LINE.fullmatch(line)
        if clean:
            lines.see_key(fold(clean.group(1) or b""), number)
        else:
            _check_line(lines, line, number)
    found = [_finding(what, lines.numbers[what]) for what in _REMARKS if what in lines.numbers]
    if content and not content.endswith(b"\n"):
        text = "smtproutes as it is on the host has no newline at its end: a line appended to it is glued to the last"
        found.append(Finding(code="qmail-smtproutes-no-newline", severity=Severity.NOTE, text=text))
    return tuple(found)
