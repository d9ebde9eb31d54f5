"""What the lab's SMTP servers write down: one JSON object a line for every message taken and every refusal."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field
from email.message import Message as EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that a server took.

    `server` is its name and `port` the listener; `user` and `password` are those of AUTH, empty without; `tls` is the
    version (`TLSv1.3`), empty without TLS; `time` is in seconds since 1970.
    """

    server: str
    port: int
    peer: str
    helo: str
    tls: str
    user: str
    password: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    time: float = field(default_factory=time.time)

    @property
    def headers(self) -> EmailMessage:
        """The parsed message: `message.headers["Subject"]`."""
        return BytesParser().parsebytes(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A command that a server refused: `535` at AUTH, `530` at MAIL, `550` at RCPT. `user` is the one tried at AUTH."""

    server: str
    port: int
    peer: str
    user: str
    command: str
    reply: str
    time: float = field(default_factory=time.time)


Record: TypeAlias = Message | Refusal


def _to_line(record: Record) -> bytes:
    data = asdict(record)
    if isinstance(record, Message):
        # Latin-1 maps every byte to one character and back
        data["content"] = record.content.decode("latin-1")
    return json.dumps(data).encode() + b"\n"


def _from_line(line: bytes) -> Record:
    data = json.loads(line)
    if "content" not in data:
        return Refusal(**data)
    content = data.pop("content").encode("latin-1")
    return Message(recipients=tuple(data.pop("recipients")), content=content, **data)


class Recorder:
    """The writing side; threads share one."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()

    def write(self, record: Record) -> None:
        """Add one line; it is complete for readers when this returns."""
        with self._lock:
            self._file.write(_to_line(record))


def read_records(path: Path, since: int = 0) -> tuple[Record, ...]:
    """All records from the byte offset *since* on; a line still being written is left for the next time."""
    with path.open("rb") as file:
        file.seek(since)
        return tuple(_from_line(line) for line in file if line.endswith(b"\n"))
