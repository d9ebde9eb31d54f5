"""What texts of rejections mean: categories with their cures, and the phrases and codes that tell them.

The facts are data, `rejections.json`. Phrases are matched as plain text, so no text of a stranger can make that slow.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import TypedDict

GAP = "…"
"""Stands in a phrase for any text between its parts."""


class Speaker(StrEnum):
    """Who rejected it."""

    RECEIVER = "receiver"
    RELAY = "relay"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One kind of rejection: its stable code, and in words what it is, what it means and what to do."""

    code: str
    title: str
    meaning: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a text is, and who usually says so; None where its codes alone tell it."""

    category: Category
    by: Speaker | None


class _Words(TypedDict):
    title: str
    meaning: str
    cure: str


class _Rule(TypedDict):
    category: str
    by: str
    phrases: list[str]


class _Data(TypedDict):
    categories: dict[str, _Words]
    rules: list[_Rule]
    subjects: dict[str, str]
    replies: dict[str, str]


@cache
def _data() -> _Data:
    data: _Data = json.loads(files("relayconf").joinpath("rejections.json").read_text(encoding="utf-8"))
    return data


@cache
def categories() -> dict[str, Category]:
    """Every category by its code."""
    return {code: Category(code=code, **words) for code, words in _data()["categories"].items()}


@cache
def _rules() -> tuple[tuple[Verdict, tuple[tuple[str, ...], ...]], ...]:
    return tuple(
        (
            Verdict(category=categories()[rule["category"]], by=Speaker(rule["by"])),
            tuple(tuple(part.strip() for part in phrase.split(GAP)) for phrase in rule["phrases"]),
        )
        for rule in _data()["rules"]
    )


def _plain(text: str) -> str:
    """*text* in lower case, on one line, without the reply code that each line of a reply repeats."""
    line = " ".join(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    code = re.search(r"(?<![\d.])[45][0-5]\d[ -]", line)
    if code is None:
        return line
    again = re.compile(rf" {code[0][:3]}[ -](?:[245]\.\d{{1,3}}\.\d{{1,3}} )?")
    return line[: code.end()] + again.sub(" ", line[code.end() :])


def _holds(line: str, parts: tuple[str, ...]) -> bool:
    """Whether *line* has all *parts*, one behind the other."""
    at = 0
    for part in parts:
        found = line.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _by_codes(reply: int | None, enhanced: str | None) -> str | None:
    subject = (enhanced or "").partition(".")[2]
    return _data()["subjects"].get(subject) or _data()["replies"].get(str(reply))


@lru_cache(maxsize=1024)
def classify(text: str, *, reply: int | None = None, enhanced: str | None = None) -> Verdict | None:
    """What *text* says, else its SMTP *reply* code or its *enhanced* status code (RFC 3463); None: unknown."""
    line = _plain(text)
    for verdict, phrases in _rules():
        if any(_holds(line, parts) for parts in phrases):
            return verdict
    code = _by_codes(reply, enhanced)
    return None if code is None else Verdict(category=categories()[code], by=None)
