"""The machine's own trivial-rewrite, asked about a configuration that is not live."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FOLDERS = ("/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix/bin", "/usr/local/libexec/postfix")
PROGRAM = shutil.which("trivial-rewrite", path=":".join(_FOLDERS))

_CLASSES = {256: "local", 512: "alias", 1024: "virtual", 2048: "relay", 4096: "default"}
_FLAGS = {2: "routed", 4: "error", 8: "fail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What it answers; of what it refuses and of what fails, only that."""

    address: str
    transport: str
    nexthop: str
    address_class: str
    flags: tuple[str, ...]


def ask(folder: Path, sender: str, recipient: str) -> Reply | None:
    """The answer for one message by the configuration in *folder*; None when the program dies of it."""
    query = f"request\0resolve\0sender\0{sender}\0address\0{recipient}\0\0"
    done = subprocess.run(
        [PROGRAM or "trivial-rewrite", "-S", "-n", "rewrite"],
        input=query.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
        env={**os.environ, "MAIL_CONFIG": str(folder)},
        timeout=60,
    )
    fields = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    if len(fields) < 10:
        return None
    number = int(fields[9])
    return Reply(
        transport=fields[3],
        nexthop=fields[5],
        address=fields[7],
        address_class=next((name for bit, name in _CLASSES.items() if number & bit), ""),
        flags=tuple(name for bit, name in _FLAGS.items() if number & bit),
    )
