"""SMTP replies read from a socket, bounded in time and in length: the other side may say anything, or nothing."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass

_MOST_LINE = 2048
_MOST_LINES = 100

_CODE = re.compile(rb"([2-5][0-9]{2})([ -]?)(.*)", re.DOTALL)


class Broken(Exception):
    """The dialogue cannot go on; the text says why, without a word of the other side."""


class Silent(Broken):
    """Nobody spoke in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply: its code, and the text of each line. The text is a stranger's."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Code and text on one line."""
        return f"{self.code} {' '.join(self.lines)}".strip()


class Wire:
    """One connection. *seconds* is the time for each reply, *most* for all of them together."""

    def __init__(self, connection: socket.socket, *, seconds: float, most: float) -> None:
        self.connection = connection
        self._seconds = seconds
        self._end = time.monotonic() + most
        self._buffer = b""

    def _more(self, until: float) -> None:
        left = min(until, self._end) - time.monotonic()
        if left <= 0:
            raise Silent("no reply in time")
        self.connection.settimeout(left)
        try:
            data = self.connection.recv(4096)
        except TimeoutError:
            raise Silent("no reply in time") from None
        except OSError as error:
            raise Broken(f"the connection broke off ({type(error).__name__})") from None
        if not data:
            raise Broken("the other side closed the connection")
        self._buffer += data

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > _MOST_LINE:
                raise Broken("a line without end")
            self._more(until)
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def reply(self) -> Reply:
        """The next reply (RFC 5321 4.2). Raises Broken, and Silent where nothing came in time."""
        until = time.monotonic() + self._seconds
        lines: list[str] = []
        while len(lines) < _MOST_LINES:
            match = _CODE.fullmatch(self._line(until))
            if match is None:
                raise Broken("what it says is no SMTP")
            lines.append(match[3].decode("utf-8", "surrogateescape"))
            if match[2] != b"-":
                return Reply(code=int(match[1]), lines=tuple(lines))
        raise Broken("a reply without end")

    def command(self, text: str) -> Reply:
        """Send one command, and read the reply to it. Raises Broken."""
        self.connection.settimeout(self._seconds)
        try:
            self.connection.sendall(text.encode("utf-8") + b"\r\n")
        except OSError as error:
            raise Broken(f"the connection broke off ({type(error).__name__})") from None
        return self.reply()
