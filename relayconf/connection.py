"""How a host is reached: values of the inventory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Become: TypeAlias = Literal["sudo", "helper"]
"""How scripts run as root: whatever comes in by `sudo sh`, or no others than a fixed helper holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssh:
    """How a host is reached. `None` leaves the choice to `~/.ssh/config` and its defaults."""

    user: str | None = None
    port: int | None = None
    identity_file: str | None = None
    proxy_jump: str | None = None
    become: Become | None = None
