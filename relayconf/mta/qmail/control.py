"""How qmail reads a control file, on bytes.

Source: control.c and constmap.c, alike from qmail 1.03 to notqmail 1.09.
"""

from __future__ import annotations

from collections.abc import Iterator


def entries(content: bytes) -> list[bytes]:
    """The entries of a list file (`control_readfile`), in order.

    Lines end at LF. Blanks and tabs at the end go; a carriage return is text. A line that is then empty, or whose first
    byte is `#` or NUL, does not count. A NUL inside a line ends one entry and begins the next.
    """
    lines = [line for raw in content.split(b"\n") if (line := raw.rstrip(b" \t")) and line[0] not in b"#\0"]
    if b"\0" not in content:
        return lines
    return [entry for line in lines for entry in line.split(b"\0") if entry]


def first_line(content: bytes) -> bytes:
    """The value of a one-line file such as `me` (`control_readline`); comments are not known there."""
    return content.partition(b"\n")[0].rstrip(b" \t")


def pairs(content: bytes) -> dict[bytes, bytes]:
    """The entries of a file of `key:value` lines: folded key to value, as stored.

    Entries without a colon do not count, and the last of several with one key wins.
    """
    return {key.lower(): value for key, colon, value in [line.partition(b":") for line in entries(content)] if colon}


def fold(name: bytes) -> bytes:
    """*name* as keys are compared: A-Z in lower case, every other byte as it is."""
    return name.lower()


def suffixes(domain: bytes) -> Iterator[bytes]:
    """*domain* itself, then each of its endings that begins with a dot from long to short, then the empty key."""
    yield domain
    dot = domain.find(b".", 1)
    while dot >= 0:
        yield domain[dot:]
        dot = domain.find(b".", dot + 1)
    if domain:
        yield b""
