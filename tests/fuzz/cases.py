"""Fuzz cases by family and number: each number is the same case again, and comes to a word or to an error of ours."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from relayconf.errors import RelayconfError
from tests.fuzz import answers, bounces, inventories, journals, planfiles

Case: TypeAlias = Callable[[random.Random], str]

FAMILIES: Mapping[str, Case] = {
    "inventory": inventories.run,
    "observe": answers.observed,
    "report": answers.reported,
    "planfile": planfiles.run,
    "journal": journals.run,
    "bounce": bounces.run,
}


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How many cases came to which end; those that came to any other, with their tracebacks; and the slowest one."""

    ends: Counter[str] = field(default_factory=Counter)
    crashes: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")

    def add(self, other: Outcome) -> None:
        """Count *other* in."""
        self.ends += other.ends
        self.crashes |= other.crashes
        self.slowest = max(self.slowest, other.slowest)


def play(family: str, case: Case, numbers: Iterable[int]) -> Outcome:
    """Play *case* with these numbers; *family* names it."""
    outcome = Outcome()
    for number in numbers:
        name = f"{family} {number}"
        begun = time.perf_counter()
        try:
            end = case(random.Random(name))  # noqa: S311  a test's chance, to be had again
        except RelayconfError as error:
            end = type(error).__name__
        except Exception:  # noqa: BLE001  that is what is looked for
            end = "crash"
            outcome.crashes[name] = traceback.format_exc()
        outcome.ends[end] += 1
        outcome.slowest = max(outcome.slowest, (time.perf_counter() - begun, name))
    return outcome


def run(family: str, numbers: Iterable[int]) -> Outcome:
    """Play the cases of *family*."""
    return play(family, FAMILIES[family], numbers)
