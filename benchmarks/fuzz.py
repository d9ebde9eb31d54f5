"""Damaged inventories, answers, reports, journals, plan files, bounces: a result, an explained error, or a crash.

    python benchmarks/fuzz.py [CASES] [FIRST]

CASES (200000) cases from the number FIRST (0) on, as many of each family (tests/fuzz/cases.py), on all cores. Each
crash is told with its family and number, which make it again: `run("observe", [154])`. Exits with 1 when there was one.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.fuzz.cases import FAMILIES, Outcome, run  # noqa: E402  the checkout is not on the path before

STEP = 500
SHOWN = 5


def _last(crash: str) -> tuple[str, ...]:
    """Where it was raised, and what: crashes of one cause are alike in it."""
    lines = crash.rstrip().splitlines()
    places = [line.strip() for line in lines if line.lstrip().startswith("File ")]
    return places[-1], lines[-1].partition(":")[0]


def _tell(family: str, outcome: Outcome) -> None:
    seconds, slowest = outcome.slowest
    ends = ", ".join(f"{end} {count}" for end, count in outcome.ends.most_common())
    print(f"{family}: {outcome.ends.total()} cases: {ends}; the slowest took {seconds:.2f} s ({slowest})", flush=True)
    causes: dict[tuple[str, ...], list[str]] = {}
    for name, crash in outcome.crashes.items():
        causes.setdefault(_last(crash), []).append(name)
    for cause, names in causes.items():
        print(f"\n{len(names)} times {' '.join(cause)}: {', '.join(names[:SHOWN])}\n{outcome.crashes[names[0]]}")


def main() -> int:
    """Run, print what the cases came to."""
    cases, first = int((sys.argv[1:] or ["200000"])[0]), int((sys.argv[2:] or ["0"])[0])
    each = -(-cases // len(FAMILIES))
    begun, crashes = time.monotonic(), 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for family in FAMILIES:
            outcome = Outcome()
            starts = range(first, first + each, STEP)
            ranges = [range(start, min(start + STEP, first + each)) for start in starts]
            for part in pool.map(run, [family] * len(ranges), ranges):
                outcome.add(part)
            _tell(family, outcome)
            crashes += len(outcome.crashes)
    print(f"\n{each * len(FAMILIES)} cases, {crashes} crashes, {time.monotonic() - begun:.0f} s")
    return int(crashes > 0)


if __name__ == "__main__":
    sys.exit(main())
