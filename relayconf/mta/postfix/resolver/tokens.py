"""Addresses as lists of RFC 822 tokens, the way Postfix takes them apart and puts them together.

Source: RFC 822, section 3.3; tok822_parse.c and quote_822_local.c of Postfix 3.5 to 3.11, which treat `%`, `!` and `|`
as operators too, and leave unfinished quotes and brackets as they are. Text is UTF-8 with `surrogateescape`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

BLANKS = " \t\r\n"
_OPERATORS = frozenset('|%!()<>@,;:\\".[]')
# What makes a local part need quotes; `@` here too, though it may stand in one.
_NEEDS_QUOTES = frozenset('()<>@,;:\\"[] ')


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token: an operator (`text` is its character), or a word, without its quotes, brackets and backslashes.

    `is_glued` marks a word that never gets a blank between itself and the next word.
    """

    kind: Literal["operator", "atom", "quoted", "literal", "comment"]
    text: str
    is_glued: bool = False


def operator(text: str) -> Token:
    """The token for one operator."""
    return Token(kind="operator", text=text)


def is_control(char: str) -> bool:
    """Whether *char* is one of ASCII's control characters."""
    return char < " " or char == "\x7f"


def _collect(text: str, start: int, is_part: Callable[[str], bool]) -> tuple[str, int]:
    """The word from *start* on and where it ends; a backslash takes the next character as it is."""
    word, place = [], start
    while place < len(text):
        char = text[place]
        if char == "\\":
            place += 1
            if place == len(text):
                break
            char = text[place]
        elif not is_part(char):
            break
        word.append(" " if char in BLANKS else char)
        place += 1
    return "".join(word), place


def _comment(text: str, start: int) -> tuple[str, int]:
    """The comment whose `(` is before *start*, in its written form, and where it ends."""
    level, place = 1, start
    while place < len(text) and level:
        char = text[place]
        level += {"(": 1, ")": -1}.get(char, 0)
        place += 2 if char == "\\" else 1
    return text[start - 1 : place], min(place, len(text))


def _atom(word: str) -> Token:
    needs_quotes = any(char == " " or is_control(char) or char in _OPERATORS for char in word)
    return Token(kind="quoted" if needs_quotes else "atom", text=word)


def _next(text: str, place: int) -> tuple[Token, int]:
    char = text[place]
    if char == "(":
        word, end = _comment(text, place + 1)
        return Token(kind="comment", text=word), end
    if char in '["':
        closing: str = "]" if char == "[" else '"'
        word, end = _collect(text, place + 1, lambda found: found != closing)
        return Token(kind="literal" if char == "[" else "quoted", text=word), end + 1
    if char != "\\" and char in _OPERATORS:
        return operator(char), place + 1
    word, end = _collect(text, place, lambda found: found not in BLANKS and found not in _OPERATORS)
    return _atom(word), end


def scan(text: str) -> list[Token]:
    """The tokens of an address in its written form; white space between them is lost."""
    tokens, place = [], 0
    while place < len(text):
        if text[place] in BLANKS:
            place += 1
            continue
        token, place = _next(text, place)
        tokens.append(token)
    return tokens


def internal(tokens: Sequence[Token]) -> str:
    """The address without quotes: what is looked up and handed on."""
    parts = []
    for place, token in enumerate(tokens):
        parts.append(f"[{token.text}]" if token.kind == "literal" else token.text)
        following = tokens[place + 1] if place + 1 < len(tokens) else None
        if following is None or token.is_glued:
            continue
        words = token.kind != "operator" and following.kind != "operator"
        if words or token == operator(",") or following == operator("<"):
            parts.append(" ")
    return "".join(parts)


def _is_dot_string(local: str) -> bool:
    if not local or local.startswith(".") or local.endswith(".") or ".." in local:
        return False
    return not any(char in _NEEDS_QUOTES or is_control(char) for char in local)


def quoted(address: str, *, is_local: bool = False) -> str:
    """The written form of an *address* without quotes, or of a local part by itself: with quotes where it needs them.

    A source route in front stays as it is.
    """
    start = address.find(":") + 1 if address.startswith("@") else 0
    end = -1 if is_local else address.rfind("@", start)
    if end < 0:
        end = len(address)
    local = address[start:end]
    if _is_dot_string(local):
        return address
    escaped = re.sub(r'["\\\r]', lambda match: f"\\{match[0]}", local)
    return f'{address[:start]}"{escaped}"{address[end:]}'
