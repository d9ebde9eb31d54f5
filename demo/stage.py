"""What both demonstrations share: headings, and relayconf run as a user runs it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def say(text: str) -> None:
    """Print *text* at once, so that it stands before what a program says."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def show(title: str) -> None:
    """A heading between the steps."""
    say(f"\n\033[1m{title}\033[0m" if sys.stdout.isatty() else f"\n{title}")


def relayconf(folder: Path, *words: str, enter: Sequence[str] = ()) -> str:
    """Run relayconf in *folder*, which is its home as well; what it prints is shown, and returned.

    *enter* is the command that leads into the network of the hosts. Ends the demonstration when relayconf fails.
    """
    show("$ " + shlex.join(["relayconf", *words]))
    hidden = ("RELAYCONF_", "XDG_", "SSH_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        [*enter, *(("env", "-C", folder) if enter else ()), sys.executable, "-m", "relayconf", *words],
        cwd=folder,
        env=environment | {"HOME": str(folder), "PYTHONPATH": str(ROOT), "RELAYCONF_NO_SPF": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    say(done.stdout)
    if done.returncode != 0:
        sys.exit(f"demo: relayconf ended with {done.returncode}")
    return done.stdout


def plan_says_no_changes(folder: Path, *, enter: Sequence[str] = ()) -> None:
    """The second plan. Ends the demonstration when it says anything else."""
    if "no changes" not in relayconf(folder, "plan", enter=enter):
        sys.exit("demo: the second plan should have said `no changes`")
