"""File contents made fit for human eyes: secrets become digits, and nothing else can reach the terminal but text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from relayconf.plankey import keyed_digest
from relayconf.text import printable

DIGITS = 4
"""Hex digits that a masked secret shows: enough to see a change, no help to who wants to guess."""

_MARK, _MARK_END = "\u2039secret ", "\u203a"
_FORGED_MARK = "\\u2039secret "


def _tidy(spans: Sequence[tuple[int, int]], size: int) -> tuple[tuple[int, int], ...]:
    """*spans* in order, without empty ones, overlapping ones joined: what is secret to any of them stays secret."""
    tidy: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        start, end = max(first, 0), min(last, size)
        if start >= end:
            continue
        if tidy and start < tidy[-1][1]:
            tidy[-1] = (tidy[-1][0], max(tidy[-1][1], end))
        else:
            tidy.append((start, end))
    return tuple(tidy)


def _shown(piece: bytes) -> str:
    """*piece*, which holds no secret, as safe text; line ends and tabs stay."""
    text = piece.decode(errors="surrogateescape")
    if not text.isprintable() and not text.replace("\n", "").replace("\t", "").isprintable():
        parts = re.split(rb"([\n\t])", piece)
        text = "".join(part.decode() if part in {b"\n", b"\t"} else printable(part) for part in parts)
    # The file's own text must not pass for a secret that relayconf has masked.
    return text.replace(_MARK, _FORGED_MARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedContent:
    """A file's content that can be looked at only with its secrets masked."""

    _content: bytes = field(repr=False)
    _spans: tuple[tuple[int, int], ...]
    _key: bytes = field(repr=False)

    def _marks(self, span: tuple[int, int], start: int, end: int) -> str:
        """The mark of the secret at *span*, on every line of it between *start* and *end*."""
        digits = keyed_digest(self._key, "secret", self._content[slice(*span)])[:DIGITS]
        lines = self._content[start:end].split(b"\n")
        return "\n".join(f"{_MARK}{digits}{_MARK_END}" if line else "" for line in lines)

    def text(self, start: int, end: int) -> str:
        """Bytes *start* to *end* as text that is safe to print, with exactly as many line ends as they have.

        A secret that reaches over a line end is named on each of its lines.
        """
        parts: list[str] = []
        first = bisect_right(self._spans, start, key=lambda span: span[1])
        last = bisect_left(self._spans, end, key=lambda span: span[0])
        for span in self._spans[first:last]:
            inside, outside = max(span[0], start), min(span[1], end)
            parts += (_shown(self._content[start:inside]), self._marks(span, inside, outside))
            start = outside
        return "".join((*parts, _shown(self._content[start:end])))


@dataclass(frozen=True, slots=True)
class Masker:
    """Masks secrets with digits that depend on the secret and on *key* (`plankey.load_key`) alone.

    So the same secret has the same digits in all files, on all hosts, and in all runs with that key.
    """

    key: bytes = field(repr=False)

    def content(self, content: bytes, spans: Sequence[tuple[int, int]]) -> MaskedContent:
        """*content* to be looked at in parts. *spans* are the secrets' (start, end) byte offsets."""
        return MaskedContent(_content=content, _spans=_tidy(spans, len(content)), _key=self.key)

    def mask(self, content: bytes, spans: Sequence[tuple[int, int]]) -> str:
        """All of *content* as text, each of *spans* as `secret 3fa2` in single angle quotation marks.

        Line ends and tabs stay; every other byte that is not part of a printable character of UTF-8 (control
        characters, escape sequences, bidirectional controls) is escaped, so that nothing acts on a terminal.
        """
        return self.content(content, spans).text(0, len(content))
