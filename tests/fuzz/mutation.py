"""Small damage to text and bytes: what a slip, another program or an enemy makes of something that was right."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

Edit: TypeAlias = Callable[[bytes, random.Random, Sequence[bytes]], bytes]

# what parsers stumble over, beside the words of the format itself
_ODD: Final[Sequence[bytes]] = (
    b"", b" ", b"\t", b"\n", b"\r\n", b"\0", b"\x1b[2J", b"\xff", b"\xc3", b"\xe2\x80\xae", b"\xef\xbb\xbf",
    b"\xc2\x85", b"\xe2\x80\xa8", b"-1", b"0", b"007", b"1e9", b"99999999999999999999", b"0x10", b"\xd9\xa3",
    b"\xc2\xb2", b"nan", b"null", b"~", b"true", b"[", b"]", b"{", b"}", b"{}", b"[]", b":", b": ", b"- ", b"#", b"'",
    b'"', b"\\", b"|", b">", b"&a ", b"*a", b"<<: ", b"!!python/object ", b"---\n", b"%", b"$", b"${", b"${x}",
    b"$(id)", b"`", b";", b"/", b"..", b"../", b"//", b".", b"@", b"*", b"=", b" = ", b",", b"[::1]", b"a" * 300,
    b"{{ x }}", b"{% x %}",
)  # fmt: skip


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randint(0, len(data))


def _span(data: bytes, chance: random.Random, most: int = 40) -> tuple[int, int]:
    start = _place(data, chance)
    return start, min(len(data), start + chance.randint(0, most))


def _insert(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.choice(words) + data[at:]


def _replace(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance, 12)
    return data[:start] + chance.choice(words) + data[end:]


def _delete(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _copy(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    at = _place(data, chance)
    return data[:at] + data[start:end] + data[at:]


def _flip(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _truncate(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    return data[: _place(data, chance)]


def _word(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    """Another word in the place of what stands between two blanks."""
    parts = data.split(b" ")
    parts[chance.randrange(len(parts))] = chance.choice(words)
    return b" ".join(parts)


def _shape(word: bytes) -> tuple[bool, ...]:
    """Numbers, addresses, names with dots and plain words are told apart."""
    return word.isdigit(), b"@" in word, b"." in word, word.endswith(b":")


def _token(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    """Another word of the same shape in the place of one: what was well-formed mostly stays so."""
    tokens = list(_TOKEN.finditer(data))
    if not tokens:
        return data
    token = chance.choice(tokens)
    alike = [word for word in words if _shape(word) == _shape(token[0])]
    return data[: token.start()] + chance.choice(alike or words) + data[token.end() :]


def _lines(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    """A line goes, comes twice, moves, or is indented otherwise."""
    lines = data.splitlines(keepends=True) or [b"\n"]
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case _:
            lines[at] = chance.choice([b" ", b"  ", b"\t", chance.choice(words)]) + lines[at]
    return b"".join(lines)


_TOKEN: Final = re.compile(rb"[\w.@-]+")
_EDITS: Final[Sequence[Edit]] = (_insert, _replace, _delete, _copy, _flip, _truncate, _word, _word, _lines, _lines)


def retell(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    """*data* with one or two of its words replaced by *words* of its format that look alike."""
    for _ in range(chance.randint(1, 2)):
        data = _token(data, chance, words)
    return data


def mutate(data: bytes, chance: random.Random, words: Sequence[bytes] = ()) -> bytes:
    """*data* after one to six edits; *words* of its format are put in as often as odd ones."""
    for _ in range(chance.randint(1, 6)):
        pool = words if words and chance.random() < 0.5 else _ODD
        data = chance.choice(_EDITS)(data, chance, pool)
    return data
