"""The order in which hosts change: a canary first, then the rest, and how many may fail on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from relayconf.model import Host

FEW = 3
"""Hosts that may change at once without a canary, however small the inventory is."""

MANY = 10
"""Hosts that never change at once without a canary unless that is wanted."""

SHARE = 4
"""One host of so many of the inventory is the most that changes at once without a canary unless that is wanted."""

_TOLERATED = 20  # one host of so many may fail

Canary: TypeAlias = int | Sequence[str] | None
"""How many hosts are the canary, or which; None: one for each MTA where more than `FEW` hosts change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Hosts that change together, in the inventory's order; when more than `allowed` failed no further one is begun."""

    hosts: tuple[str, ...]
    allowed: int
    is_canary: bool = False

    def exceeded(self, failed: Sequence[str]) -> str | None:
        """Why no further host is to be begun now that *failed* have, in the order of their ends; None: go on."""
        if len(failed) <= self.allowed:
            return None
        if self.is_canary:
            return f"the canary {failed[0]} failed"
        count = f"{len(failed)} host{'' if len(failed) == 1 else 's'}"
        return f"{count} had failed (at most {self.allowed} may)" if self.allowed else f"{count} had failed (none may)"


def _one_for_each_mta(hosts: Iterable[Host]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for host in hosts:
        first.setdefault(host.mta, host.name)
    return tuple(first.values())


def _canary(pending: Sequence[Host], wish: Canary) -> frozenset[str]:
    spread = _one_for_each_mta(pending)
    names = [host.name for host in pending]
    if isinstance(wish, int):
        return frozenset(list(dict.fromkeys([*spread, *names]))[:wish])
    if named := frozenset(names) & frozenset(wish or ()):
        return named
    return frozenset(spread if len(pending) > FEW else ())


def make_waves(pending: Sequence[Host], *, canary: Canary = None, max_failures: int | None = None) -> tuple[Wave, ...]:
    """The waves of *pending*, the hosts that change, in the inventory's order: each host is in exactly one.

    No host of the canary may fail; after it *max_failures* may, or else one of twenty, but always one. A number of
    hosts is spread over the MTAs first. When none of the hosts named changes, the canary is the usual one.
    """
    first = _canary(pending, canary)
    allowed = max(1, len(pending) // _TOLERATED) if max_failures is None else max_failures
    waves = (
        Wave(hosts=tuple(host.name for host in pending if host.name in first), allowed=0, is_canary=True),
        Wave(hosts=tuple(host.name for host in pending if host.name not in first), allowed=allowed),
    )
    return tuple(wave for wave in waves if wave.hosts)


def is_at_once(waves: Sequence[Wave], fleet: int) -> bool:
    """Whether so many of the inventory's *fleet* hosts change in a single wave that somebody has to want that."""
    if len(waves) != 1 or len(waves[0].hosts) <= FEW:
        return False
    return len(waves[0].hosts) >= MANY or len(waves[0].hosts) * SHARE > fleet
