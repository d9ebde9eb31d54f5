"""Runs what the documentation claims: consoles, inventories, and the targets of make.

A fenced block is one of these; anything else is a mistake:

- ```yaml after `<!-- inventory -->`: becomes `inventory.yaml`, which `relayconf check` must accept;
- ```console: lines with `$ ` are run by sh in the page's folder, the lines below are what they print, stdout and stderr
  together; `…` stands for any text within a line, and alone on a line for any lines;
- ```console after `<!-- host: NAME -->`: the same, after `stand` has made that host of the inventory;
- ```sh: `make` and a target that exists, with or without a comment;
- ```text, or any block after `<!-- not run: why -->`: shown only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

_FENCE = re.compile(r"^(?:<!-- (?P<mark>.+?) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block, its language, and the comment on the line above it."""

    line: int
    language: str
    mark: str
    body: str

    @property
    def shown_only(self) -> bool:
        """Whether nothing is claimed that could be run."""
        return self.language == "text" or self.mark.startswith("not run: ")

    @property
    def host(self) -> str | None:
        """The host that the block's commands talk to."""
        return self.mark.removeprefix("host: ") if self.mark.startswith("host: ") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line of a console block, and what it is said to print."""

    line: str
    expected: str


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a Markdown page."""
    for match in _FENCE.finditer(text):
        yield Block(
            line=text.count("\n", 0, match.start("language")) + 1,
            language=match["language"],
            mark=match["mark"] or "",
            body=match["body"],
        )


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block, in order."""
    _, *parts = re.split(r"^\$ ", block.body, flags=re.MULTILINE)
    for part in parts:
        line, _, expected = part.partition("\n")
        yield Command(line=line, expected=expected)


def matches(expected: str, actual: str) -> bool:
    """Whether *actual* is what *expected* says, `…` standing for anything."""
    pattern = re.escape(expected)
    pattern = re.sub(r"^…(\\\n|\n|$)", "(?s:.*)", pattern, flags=re.MULTILINE)
    return re.fullmatch(pattern.replace("…", ".*"), actual) is not None


def stand(name: str, folder: Path) -> None:
    """Make the host *name* of the page's inventory: a qmail home in *folder*, worked on by this machine's own sh.

    Its route table is the one that qmail was installed with, so that a page can show what changes.
    """
    home = folder / "hosts" / name
    if home.exists():
        return
    (home / "control").mkdir(parents=True)
    for file, text in {"me": f"{name}.example.com", "locals": "localhost", "rcpthosts": "localhost"}.items():
        (home / "control" / file).write_text(f"{text}\n", encoding="ascii")
    inventory = folder / "inventory.yaml"
    document = yaml.safe_load(inventory.read_text(encoding="utf-8"))
    document["hosts"][name] |= {
        "connection": "local",
        "qmail_home": str(home),
        "state_directory": str(home / "state"),
    }
    inventory.write_text(yaml.safe_dump(document), encoding="utf-8")


def run(command: Command, folder: Path, environment: Mapping[str, str] = os.environ) -> tuple[int, str]:
    """The exit status and the output of *command*, run in *folder* with this `relayconf` first on PATH."""
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{environment.get('PATH', os.defpath)}"
    completed = subprocess.run(
        ["sh", "-c", command.line],
        cwd=folder,
        env={**environment, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    return completed.returncode, completed.stdout.decode()
