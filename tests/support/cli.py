"""relayconf as its user runs it, in a process of its own with a home of its own; or, for its options, in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner, Result

from relayconf.cli import app

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*words: str) -> Result:
    """Run the app in this process."""
    return CliRunner().invoke(app, list(words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """Somebody's laptop: a folder with an inventory, which is also the home. It asks no DNS by itself."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=lambda: {"LANG": "C.UTF-8", "RELAYCONF_NO_SPF": "1"})

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT), **self.settings}

    def command(self, *words: str) -> list[str]:
        """The command line of `relayconf WORDS`."""
        return [sys.executable, "-m", "relayconf", *words]

    def run(self, *words: str, stdin: str = "") -> Ran:
        """Run `relayconf WORDS` here."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def trust(self, *lines: str) -> None:
        """Write ~/.ssh/known_hosts."""
        ssh = self.folder / ".ssh"
        ssh.mkdir(mode=0o700, exist_ok=True)
        (ssh / "known_hosts").write_text("".join(lines), encoding="ascii")

    def write(self, inventory: str) -> None:
        """Write inventory.yaml."""
        (self.folder / "inventory.yaml").write_text(inventory, encoding="utf-8")
