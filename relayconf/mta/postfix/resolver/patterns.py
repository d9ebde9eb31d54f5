"""The regular expressions of regexp and pcre tables, for Python (regexp_table(5), pcre_table(5), POSIX.1-2017 9).

Only what means the same in all of them is translated; the rest is for the host to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from relayconf.mta.postfix.resolver.outcomes import Unknowable

_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "xdigit": "0-9A-Fa-f",
    "space": r" \t\n\r\f\v",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "cntrl": r"\x00-\x1f\x7f",
    "print": r" -~",
    "graph": r"!-~",
}
_WORDS = {"w": "[a-zA-Z0-9_]", "W": "[^a-zA-Z0-9_]", "s": r"[ \t\n\r\f\v]", "S": r"[^ \t\n\r\f\v]"}
_ANCHORS = {"<": r"\b(?=\w)", ">": r"\b(?<=\w)", "b": r"\b", "B": r"\B", "`": r"\A", "'": r"\Z"}
_CLASS = re.compile(r"\[:(\w+):\]")
_INTERVAL = re.compile(r"\{(?:[0-9]+,?[0-9]*|,[0-9]+)\}")
_PCRE_ESCAPES = frozenset("dDwWsSbBAznrtf")
_PCRE_GROUP = re.compile(r"\(\?(?![:=!>]|<[=!]|P<)|\(\*")
_PCRE_FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE, "x": re.VERBOSE}
_BEYOND = "a regular expression that only the host's own library can judge"


class BadPattern(Exception):
    """Not a regular expression: Postfix leaves the rule out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posix:
    """An extended regular expression, byte by byte as characters."""

    text: str
    multiline: bool

    def _class(self, place: int) -> tuple[str, int]:
        """The bracket expression that starts at *place*, and where it ends."""
        start = place + 1 + self.text.startswith("^", place + 1)
        parts: list[str] = ["[^" if start > place + 1 else "["]
        place = start
        while place < len(self.text):
            char = self.text[place]
            if char == "]" and place > start:
                return "".join([*parts, "]"]), place + 1
            match = _CLASS.match(self.text, place)
            if match and match[1] in _CLASSES:
                parts.append(_CLASSES[match[1]])
                place = match.end()
            elif self.text[place : place + 2] in {"[:", "[.", "[="}:
                raise Unknowable(_BEYOND)
            else:
                is_range = char == "-" and place > start and self.text[place + 1 : place + 2] not in {"]", ""}
                parts.append("-" if is_range else re.escape(char))
                place += 1
        raise BadPattern

    def _escape(self, place: int) -> tuple[str, int, bool]:
        if place + 1 == len(self.text):
            raise BadPattern
        char = self.text[place + 1]
        if char in _ANCHORS:
            return _ANCHORS[char], place + 2, False
        if char in "123456789":
            return f"(?:\\{char})", place + 2, True
        return _WORDS.get(char) or re.escape(char), place + 2, True

    def _piece(self, place: int) -> tuple[str, int, bool]:
        """What is at *place*, where it ends, and whether it can be repeated."""
        char = self.text[place]
        if char == "(":
            inside, end = self._alternatives(place + 1, nested=True)
            return f"({inside})", end, True
        if char == "[":
            return *self._class(place), True
        if char == "\\":
            return self._escape(place)
        if char in "^$":
            return (
                {"^": "^" if self.multiline else r"\A", "$": "$" if self.multiline else r"\Z"}[char],
                place + 1,
                False,
            )
        if char in "*+?{)":
            raise Unknowable(_BEYOND)
        return "." if char == "." else re.escape(char), place + 1, True

    def _repeated(self, piece: str, place: int, *, can_be: bool) -> tuple[str, int]:
        while self.text[place : place + 1] in {"*", "+", "?", "{"}:
            match = _INTERVAL.match(self.text, place)
            sign = match[0] if match else self.text[place]
            if not can_be or sign == "{":
                raise Unknowable(_BEYOND)
            piece, place = f"(?:{piece}){sign.replace('{,', '{0,')}", place + len(sign)
        return piece, place

    def _alternatives(self, place: int, *, nested: bool) -> tuple[str, int]:
        parts: list[str] = []
        while place < len(self.text):
            char = self.text[place]
            if char == ")" and nested:
                return "".join(parts), place + 1
            if char == "|":
                parts.append("|")
                place += 1
                continue
            piece, place, can_be = self._piece(place)
            piece, place = self._repeated(piece, place, can_be=can_be)
            parts.append(piece)
        if nested:
            raise BadPattern
        return "".join(parts), place

    def translated(self) -> str:
        return self._alternatives(0, nested=False)[0]


def _compiled(pattern: bytes, flags: re.RegexFlag) -> re.Pattern[bytes]:
    try:
        return re.compile(pattern, flags)
    except (re.error, RecursionError, OverflowError):
        raise BadPattern from None


def posix(text: str, *, options: str) -> re.Pattern[bytes]:
    """The pattern of a regexp table with its *options*, for keys as bytes.

    Raises BadPattern for what is none, and Unknowable for what Python cannot be trusted with.
    """
    if options.count("x") % 2:
        raise Unknowable("a basic regular expression, which only the host's own library can judge")
    multiline = options.count("m") % 2 == 1
    flags = re.RegexFlag(0) if options.count("i") % 2 else re.IGNORECASE
    flags |= re.MULTILINE if multiline else re.DOTALL
    characters = text.encode("utf-8", "surrogateescape").decode("latin-1")
    return _compiled(_Posix(text=characters, multiline=multiline).translated().encode("latin-1"), flags)


def perl(text: str, *, options: str) -> re.Pattern[bytes]:
    """The pattern of a pcre table with its *options*, for keys as bytes, which are ASCII.

    Raises BadPattern for what is none, and Unknowable for what Python does not know, or knows otherwise.
    """
    escapes = re.findall(r"\\(.)", text, re.DOTALL)
    is_beyond = any(char.isalnum() and char not in _PCRE_ESCAPES and not char.isdigit() for char in escapes)
    if is_beyond or not text.isascii() or _PCRE_GROUP.search(text) or "A" in options:
        raise Unknowable(_BEYOND)
    translated = _CLASS.sub(lambda match: _CLASSES.get(match[1], match[0]), text)
    translated = re.sub(r"\\.", lambda match: r"\Z" if match[0] == r"\z" else match[0], translated)
    if "[:" in translated or "[[" in translated:
        raise Unknowable(_BEYOND)
    flags = re.RegexFlag(0)
    for letter, flag in _PCRE_FLAGS.items():
        is_usual = letter in "is"
        flags |= flag if is_usual != (options.count(letter) % 2 == 1) else re.RegexFlag(0)
    try:
        return _compiled(translated.encode(), flags)
    except BadPattern:
        raise Unknowable(_BEYOND) from None
