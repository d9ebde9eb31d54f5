"""Hostile text made safe to show."""

from __future__ import annotations

import unicodedata

_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _shown(char: str) -> str:
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as `surrogateescape` carries it
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_safe(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) == "Zs"


def printable(value: str | bytes) -> str:
    r"""*value* as one line that cannot move a cursor, change a colour or turn the reading direction.

    Control characters (C0 and C1, line ends and tabs among them), invisible format characters (bidirectional controls,
    zero-width ones), line and paragraph separators, unassigned and private characters become `\n`, `\x1b`, `\u202e`;
    bytes that are no UTF-8 become `\xNN`. Letters of every script, all spaces and the backslash stay as they are.
    """
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    if text.isprintable():
        return text
    return "".join(char if _is_safe(char) else _shown(char) for char in text)
