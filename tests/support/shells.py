"""A folder for the front of PATH in which `sh`, and if wished `sudo`, are what a test wants them to be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

Sudo = Literal["real", "no password", "asks", "absent"]

SHELLS = ("dash", "bash", "busybox")

_SUDO = {
    "no password": '[ "$1" = -n ] || exit 99\nshift\nexec "$@"\n',
    "asks": 'echo "sudo: a password is required" >&2\nexit 1\n',
    # What a shell says of a command that it does not find, and how it exits.
    "absent": 'echo "sh: 1: exec: sudo: not found" >&2\nexit 127\n',
}


def shell_folder(folder: Path, *, shell: str, sudo: Sudo = "real") -> Path:
    """Fill *folder* and return it. *shell* is a command's name; raises FileNotFoundError when it is not installed."""
    found = shutil.which(shell)
    if found is None:
        raise FileNotFoundError(shell)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sh").symlink_to(found)
    if sudo != "real":
        (folder / "sudo").write_text(f"#!/bin/sh\n{_SUDO[sudo]}")
        (folder / "sudo").chmod(0o755)
    return folder
