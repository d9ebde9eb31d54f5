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


@dataclass(frozen=True, kw_only=True)
class WaveOptions:
    """In which order hosts change: a number of hosts or their names first, and how many may fail after them."""

    canary: str | None = None
    max_failures: int | None = None
    all_at_once: bool = False


USUAL_WAVES = WaveOptions()
"""A canary of one host for each MTA where more than a few change."""
