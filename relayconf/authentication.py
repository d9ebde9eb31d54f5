"""What the receiver of a message noted in its header: whether SPF, DKIM and DMARC passed.

Sources: RFC 7208, 9.1 (Received-SPF); RFC 8601 (Authentication-Results).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import Literal

MOST_BYTES = 1 << 20
"""Bytes of a header that are read."""

_MOST_VALUE = 20_000
_METHODS = ("spf", "dkim", "dmarc")
_FAILED = frozenset({"fail", "hardfail", "softfail", "permerror", "policy"})

_RECEIVED_SPF = re.compile(r"\s*([A-Za-z]{1,20})")
_RESULT = re.compile(r"^\s*(spf|dkim|dmarc)(?:/[0-9]+)?\s*=\s*([A-Za-z]{1,20})", re.IGNORECASE)
_FIELD = re.compile(rb"^[!-9;-~]+:", re.MULTILINE)
_SERVER = re.compile(r"\s*([^\s;]{1,255})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One result: the method (`spf`), the receiver's word for it (`softfail`), what that is, and the header's line."""

    method: str
    word: str
    outcome: Literal["pass", "fail", "unknown"]
    evidence: str


def _noted(method: str, word: str, evidence: str) -> Noted:
    word = word.lower()
    outcome: Literal["pass", "fail", "unknown"] = "unknown"
    if word == "pass":
        outcome = "pass"
    elif word in _FAILED:
        outcome = "fail"
    return Noted(method=method, word=word, outcome=outcome, evidence=evidence)


def _values(message: Message, name: str) -> list[str]:
    """The field's values from the top down, each on one line."""
    return [" ".join(str(value)[:_MOST_VALUE].split()) for value in message.get_all(name, [])]


def _parts(value: str) -> list[str]:
    """The parts of an Authentication-Results field, comments left out: a semicolon may stand in them."""
    depth, plain = 0, []
    for char in value:
        depth += char == "("
        if not depth:
            plain.append(char)
        depth -= char == ")" and depth > 0
    return "".join(plain).split(";")


def _of_results(values: list[str]) -> Iterator[Noted]:
    """The results of the topmost field, and of those below it from the same server: others may be the sender's own."""
    server = None
    for value in values:
        first, *rest = _parts(value)
        found = _SERVER.match(first)
        name = found[1].lower() if found else ""
        server = name if server is None else server
        if name != server:
            continue
        for part in rest:
            if match := _RESULT.match(part):
                yield _noted(match[1].lower(), match[2], f"Authentication-Results: {value}")


def _fields(header: bytes) -> bytes:
    """From the first line that is a field on: mailboxes have a line of their own above it, and people paste more."""
    first = _FIELD.search(header)
    return header[first.start() :] if first else b""


def noted(header: bytes) -> tuple[Noted, ...]:
    """What *header*, as the receiver keeps it, notes: one result a method, the topmost, SPF first.

    The receiver writes above what came with the message, so what stands further down is believed less, or not at all.
    """
    message = BytesHeaderParser(policy=compat32).parsebytes(_fields(header[:MOST_BYTES]))
    found: dict[str, Noted] = {}
    for value in _values(message, "Received-SPF")[:1]:
        if match := _RECEIVED_SPF.match(value):
            found["spf"] = _noted("spf", match[1], f"Received-SPF: {value}")
    for result in _of_results(_values(message, "Authentication-Results")):
        found.setdefault(result.method, result)
    return tuple(found[method] for method in _METHODS if method in found)
