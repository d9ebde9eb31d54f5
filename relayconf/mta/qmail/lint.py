"""Lines of an existing control/smtproutes that do something else than their author thought.

Findings name lines, never what is in them: it may be a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from relayconf.facts import Finding, Severity
from relayconf.model import IMPLICIT_TLS_PORTS
from relayconf.mta.qmail.control import fold
from relayconf.mta.qmail.flavours import CLASSIC, Around, Flavour
from relayconf.mta.qmail.words import listing

BOM = b"\xef\xbb\xbf"
ON_THE_HOST = "smtproutes as it is on the host"

_LABELS = rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_KEY = re.compile(rb"(?:\.?" + _LABELS + rb"|\[[0-9.]+\])?")
_LETTERS_KEY = re.compile(rb"\.?[A-Za-z0-9_\x80-\xff-]+(?:\.[A-Za-z0-9_\x80-\xff-]+)*")
_CLEAN_LINE = re.compile(rb"(\.?" + _LABELS + rb")?:(?:" + _LABELS + rb"(?::[0-9]{1,4})?)?")
_RELAY = re.compile(_LABELS + rb"|\[[0-9.]+\]")
_IPV6 = re.compile(rb"\[[0-9A-Fa-f:.]+\]")
_NUMBERS = re.compile(rb"\[?([0-9.]+)\]?")
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
    "extra": "has text behind relay and port (credentials?): {program} ignores it, or takes it for part of the "
    "relay's name and sends it to DNS, log and bounces",
    "no-password": "has a user name without a password: the line behind it is sent in its place",
    "torn-port": "has no port, so that the one in its credentials counts",
    "numbers": "has an address of other than four numbers from 0 to 255",
    "big-port": "has a port above 65535",
    "implicit-tls": "has a port where TLS begins at once, which {program} cannot do",
    "behind-port": "has text behind its port, which is ignored",
    "zeros": "has an address with zeros in front of its numbers, which count as decimal",
    "case": "has a relay in capital letters, which files that enforce TLS are not found by",
    "blanks": "has blanks at its end, which qmail strips",
}

_THOROUGH = frozenset({"numbers", "big-port", "implicit-tls", "behind-port", "zeros", "case", "blanks"})
"""Kinds that are told of only when the file itself is what is asked about."""

_WARNINGS = frozenset({"behind-port", "zeros", "case", "blanks"})


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


def _host_faults(flavour: Flavour, host: bytes) -> Iterator[str]:
    if not _RELAY.fullmatch(host) and not (flavour.ipv6 and _IPV6.fullmatch(host)):
        yield "name"
    numbers = _NUMBERS.fullmatch(host)
    if numbers:
        parts = numbers.group(1).split(b".")
        if len(parts) != 4 or any(not part or len(part) > 9 or int(part) > 255 for part in parts):
            yield "numbers"
        elif any(part != b"0" and part.startswith(b"0") for part in parts):
            yield "zeros"
    elif host != host.lower():
        yield "case"


def _port_faults(flavour: Flavour, text: bytes) -> Iterator[str]:
    digits = _PORT.match(text)
    if digits is None:
        if flavour.read(b"relay" + flavour.port_mark.encode() + text, _around(flavour)).port == 0:
            yield "no-port"
        return
    number = int(digits.group()[:9])
    if number > 65535:
        yield "big-port"
    if number in IMPLICIT_TLS_PORTS and not flavour.implicit_tls:
        yield "implicit-tls"
    if digits.end() < len(text):
        yield "behind-port"


def _around(flavour: Flavour) -> Around:
    return Around(environment=frozenset({flavour.needs_variable}))


def _value_faults(flavour: Flavour, value: bytes) -> Iterator[str]:
    hop = flavour.read(value, _around(flavour))
    if hop.user:
        if not hop.password:
            yield "no-password"
        relay = value.partition(flavour.auth_mark.encode())[0]
        if flavour.read(relay, _around(flavour)).port != hop.port:
            yield "torn-port"
        value = relay
    visible = _TEXT_BEHIND.split(value, maxsplit=1)[0]
    host, mark, port = visible.partition(flavour.port_mark.encode())
    if mark:
        yield from _port_faults(flavour, port)
    if visible:
        yield from _host_faults(flavour, host)
    if len(visible) < len(value):
        yield "extra"


def is_key(flavour: Flavour, key: bytes) -> bool:
    """Whether *key* is one that some recipient or bounce can be looked up by."""
    if _KEY.fullmatch(key) or (flavour.bounce_route and key == b"!@"):
        return True
    return flavour.unicode_keys and bool(_LETTERS_KEY.fullmatch(key))


def _check_line(lines: _Lines, flavour: Flavour, line: bytes, number: int) -> None:
    if number == 1 and line.startswith(BOM):
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
    if not is_key(flavour, key):
        lines.add("dead", number)
    for fault in dict.fromkeys(_value_faults(flavour, value)):
        lines.add(fault, number)


def place_of(numbers: list[int]) -> str:
    """`line 3`, or `lines 3, 5`."""
    return f"line {numbers[0]}" if len(numbers) == 1 else f"lines {listing(map(str, numbers))}"


def _numbers(content: bytes, flavour: Flavour, *, thorough: bool) -> Mapping[str, list[int]]:
    lines = _Lines()
    for number, raw in enumerate(content.split(b"\n"), start=1):
        line = raw.rstrip(b" \t")
        clean = None if thorough or flavour.port_mark != ":" else _CLEAN_LINE.fullmatch(line)
        if clean:
            lines.see_key(fold(clean.group(1) or b""), number)
            continue
        _check_line(lines, flavour, line, number)
        if line != raw and not line.startswith(b"#"):
            lines.add("blanks", number)
    return {what: found for what, found in lines.numbers.items() if thorough or what not in _THOROUGH}


def lint(content: bytes, flavour: Flavour = CLASSIC) -> tuple[Finding, ...]:
    """What is wrong with the lines of *content*, each kind once with its line numbers, which count from 1.

    These are warnings: the file is there, and a new one will take its place.
    """
    found = [
        Finding(code=f"qmail-smtproutes-{what}", severity=Severity.WARNING, text=text)
        for what, text in _texts(content, flavour, ON_THE_HOST, thorough=False)
    ]
    if content and not content.endswith(b"\n"):
        text = f"{ON_THE_HOST} has no newline at its end: a line appended to it is glued to the last"
        found.append(Finding(code="qmail-smtproutes-no-newline", severity=Severity.NOTE, text=text))
    return tuple(found)


def _texts(content: bytes, flavour: Flavour, name: str, *, thorough: bool) -> Iterator[tuple[str, str]]:
    numbers = _numbers(content, flavour, thorough=thorough)
    for what, remark in _REMARKS.items():
        if what in numbers:
            yield what, f"{name}, {place_of(numbers[what])}: {remark.format(program=flavour.program)}"


def lint_thoroughly(content: bytes, flavour: Flavour, name: str = "smtproutes") -> tuple[Finding, ...]:
    """The same and more of the file *name* for its own sake: errors where mail goes wrong, warnings where it may."""
    return tuple(
        Finding(
            code=f"qmail-{name}-{what}",
            severity=Severity.WARNING if what in _WARNINGS else Severity.ERROR,
            text=text,
        )
        for what, text in _texts(content, flavour, name, thorough=True)
    )
