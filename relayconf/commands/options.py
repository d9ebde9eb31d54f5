"""What the command line asks of a command that works on hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the commands that work on hosts have in common."""

    inventory: Path
    hosts: Sequence[str] = ()
    templates: Path | None = None
    parallel: int = 20
    accept_new: bool = False
    json: bool = False
