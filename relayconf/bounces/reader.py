"""From whatever was given, a bounce, a log or a pasted line, to its rejections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from relayconf.bounces.dsn import bounce
from relayconf.bounces.postfix import log_line, queue_line
from relayconf.bounces.qmail import QmailLog
from relayconf.bounces.rejection import Rejection, rejection
from relayconf.rejections import classify

MOST_BYTES = 1 << 18
"""What is read of a bounce. The reasons stand in front of the copy of the message."""

_MOST_LINE = 1 << 20
_MOST_CHUNKS = 200

_LAST_LINE = re.compile(r"(?:\S{1,80}: )?[45][0-5]\d(?: |$)")
_REPLY = re.compile(r"(?<![\w.#\[-])[45][0-5]\d[ -](?:[45]\.\d{1,3}\.\d{1,3}|[A-Za-z<\[])|#[45]\.\d{1,3}\.\d{1,3}")


def lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of *stream*, one at a time; what a line has beyond a MiB is left out."""
    whole = True
    while line := stream.readline(_MOST_LINE):
        if whole:
            yield line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        whole = line.endswith(b"\n")


def read_log(log: Iterable[str]) -> Iterator[Rejection]:
    """The rejections in a log of Postfix or qmail, or in `postqueue -j`, one by one as they are read."""
    qmail = QmailLog()
    for line in log:
        if line.startswith("{"):
            yield from queue_line(line)
        elif (found := log_line(line)) or (found := qmail.line(line)):
            yield found
    if last := qmail.end():
        yield last


def _chunks(text: str) -> Iterator[str]:
    """Pasted text in pieces: a blank line ends one, and so does the last line of a reply in front of another reply."""
    chunk: list[str] = []
    for line in text.splitlines():
        replied = any(_LAST_LINE.match(item) for item in chunk)
        if chunk and (not line.strip() or (replied and re.match(r"(?:\S{1,80}: )?[45][0-5]\d[ -]", line))):
            yield "\n".join(chunk)
            chunk = []
        # More lines than this are no reply, and each is looked at again for the next one.
        if line.strip() and len(chunk) < 30:
            chunk.append(line)
    if chunk:
        yield "\n".join(chunk)


def _pasted(text: str) -> Iterator[Rejection]:
    for number, chunk in enumerate(_chunks(text)):
        if number == _MOST_CHUNKS:
            return
        if _REPLY.search(chunk) or classify(chunk[:2000]):
            yield rejection(chunk)


def read(data: bytes) -> tuple[Rejection, ...]:
    """The rejections of one bounce, of some lines of a log, or of pasted text; of its first 256 KiB."""
    data = data[:MOST_BYTES]
    text = data.decode("utf-8", "surrogateescape")
    return bounce(data) or tuple(read_log(text.splitlines())) or tuple(_pasted(text))
