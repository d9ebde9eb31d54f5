"""A double of qmail-remote, for homes without a real one.

It is not qmail: it reads `control/smtproutes` beside it, knows the route syntax of the classic family and
`|user|password` of the AUTH patches, relays by IPv4 literal alone, and speaks just enough SMTP. What it keeps to is
the documented protocol of reports: NUL-terminated, `r`, `h` or `s` for the recipient, then one of `K`, `Z` and `D`;
and that a message whose last line has no end is refused after DATA. The strings by which flavours are told stand in
it, since it is a script of text.
"""

from __future__ import annotations

import shutil
import socket
import sys
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

RESOLVES = False
"""Whether it looks names up; in most tests whoever has them would be somebody outside."""

PARTIAL = "DSMTP cannot transfer messages with partial final lines. (#5.6.2)\n"
_FINGERPRINT = ("control/smtproutes", "control/authsenders", "AUTH LOGIN", "AUTH PLAIN", "EHLO ")


class _End(Exception):
    """The last report was made."""


def install(home: Path, *, resolves: bool = False) -> Path:
    """Put it into *home*, to be run by any user; where it *resolves*, relays may have names."""
    program = home / "bin" / "qmail-remote"
    program.parent.mkdir(exist_ok=True)
    shutil.copy(__file__, program)
    text = program.read_text().replace("RESOLVES = False", f"RESOLVES = {resolves}", 1)
    # Not the one of a virtual environment, whose folder may be closed to other users.
    python = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin") or sys.executable
    program.write_text(f"#!{python} -I\n{text}")
    program.chmod(0o755)
    return program


def _report(text: str) -> None:
    sys.stdout.buffer.write(text.encode() + b"\0")


def _end(text: str) -> NoReturn:
    _report(text)
    raise _End


def _route(control: Path, host: str) -> str:
    try:
        text = (control / "smtproutes").read_text()
        (control / "me").read_text()
    except FileNotFoundError:
        text = ""
    except OSError:
        _end("ZUnable to read control files. (#4.3.0)\n")
    table = dict(line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
    keys = [host, *(host[at:] for at, byte in enumerate(host) if byte == "."), ""]
    return next((table[key] for key in keys if key in table), "")


class _Line:
    """A line to the relay."""

    def __init__(self, address: str, port: int) -> None:
        self.address = address
        try:
            self.stream = socket.create_connection((address, port), timeout=20).makefile("rwb", 0)
        except OSError:
            _end("ZSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n")

    def ask(self, *words: str) -> str:
        """Send a line, if any is given; return the answer."""
        if words:
            self.stream.write(" ".join(words).encode() + b"\r\n")
        while True:
            line = self.stream.readline().decode()
            if not line:
                _end(f"ZConnected to {self.address} but connection died. (#4.4.2)\n")
            if line[3:4] != "-":
                return line.strip()

    def must(self, what: str, *words: str) -> None:
        """Send a line and end unless it is taken; *what* says how that is told."""
        answer = self.ask(*words)
        if answer[:1] not in {"2", "3"}:
            letter = "D" if answer.startswith("5") and "greeting" not in what else "Z"
            _end(f"{letter}Connected to {self.address} but {what}.\nRemote host said: {answer}\n")


def _deliver(control: Path, host: str, sender: str, recipient: str) -> None:
    relay, _, rest = _route(control, host).partition(":")
    port, *login = rest.split("|")
    name = relay.strip("[]")
    if RESOLVES and name:
        name = socket.gethostbyname(name)
    if not name.replace(".", "").isdigit():
        _end(f"DSorry, I couldn't find any host named {name or host}. (#5.1.2)\n")
    line = _Line(name, int(port or 25))
    line.must("greeting failed")
    line.must("my name was rejected", "HELO edge.kamata-net.com")
    if login:
        word = b64encode("\0".join(["", *login]).encode()).decode()
        line.must("authentication was rejected", "AUTH PLAIN", word)
    line.must("sender was rejected", f"MAIL FROM:<{sender}>")
    answer = line.ask(f"RCPT TO:<{recipient}>")
    if not answer.startswith("2"):
        letter = "h" if answer.startswith("5") else "s"
        _report(f"{letter}{name} does not like recipient.\nRemote host said: {answer}\n")
        _end(f"DGiving up on {name}.\n")
    _report("r")
    line.must("failed on DATA command", "DATA")
    message = sys.stdin.buffer.read()
    if message and not message.endswith(b"\n"):
        _end(PARTIAL)
    line.stream.write(message)
    line.must("failed after I sent the message", ".")
    _end(f"K{name} accepted message.\nRemote host said: 250 ok\n")


if __name__ == "__main__":
    with suppress(_End):
        _deliver(Path(__file__).parent.parent / "control", *sys.argv[1:4])
