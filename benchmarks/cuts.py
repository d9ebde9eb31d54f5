"""Applies and rollbacks that are cut short on real hosts, a thousand times: whole old or whole new afterwards, or not.

    python benchmarks/cuts.py [CUTS] [SECONDS] [SEED]

As root on Debian; the hosts are the lab's (tests/lab): two with Postfix, two with a qmail tree; one of each for lines
that fall silent, which may take a minute a cut; and one of each for applies whose end must come without a next contact:
those to be confirmed, and those whose client comes back. It ends after CUTS (1000) cuts, or after SECONDS (1800), with
a table. Every fault is printed with host, number and SEED (1), which choose the same cut again. Exits with 1 when there
was one.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.cuts.cutting import KINDS, SILENT  # noqa: E402  the checkout is not on the path before
from tests.e2e.cuts.rounds import play  # noqa: E402  the same
from tests.e2e.cuts.scene import WAYS, Scene, lab_spec  # noqa: E402  the same
from tests.e2e.cuts.tally import Verdict, table  # noqa: E402  the same
from tests.lab import Lab, why_not  # noqa: E402  the same

MTAS = ("postfix", "qmail")
LOUD = tuple(name for name, kind in KINDS.items() if name != SILENT and kind.promise == "contact")
ALONE = tuple(name for name, kind in KINDS.items() if kind.promise != "contact")
HOSTS = {f"{mta}{number}": kinds for number, kinds in enumerate((LOUD, LOUD, (SILENT,), ALONE), 1) for mta in MTAS}


class Run:
    """All hosts, until there are enough verdicts."""

    def __init__(self, lab: Lab, folder: Path, *, cuts: int, seconds: float, seed: str) -> None:
        self.verdicts: list[Verdict] = []
        self.stop = threading.Event()
        self._lab, self._folder = lab, folder
        self._cuts, self._end, self._seed = cuts, time.monotonic() + seconds, seed

    def _is_over(self) -> bool:
        enough = sum(verdict.is_cut for verdict in self.verdicts) >= self._cuts
        return enough or self.stop.is_set() or time.monotonic() > self._end

    def host(self, name: str, port: int) -> None:
        """Play rounds on the host *name*, whose proxy is at *port*."""
        mta = name.rstrip("0123456789")
        scene = Scene(self._lab, self._folder / name, host=name, mta=mta, port=port)
        scene.prepare(WAYS[mta], back=WAYS[mta])
        print(f"{name} is prepared", flush=True)
        number = 0
        while not self._is_over():
            verdict = play(scene, WAYS[mta], HOSTS[name], seed=f"{self._seed}/{name}", number=number)
            self.verdicts.append(verdict)
            number += 1
            if verdict.faults:
                print(verdict, flush=True)
            if len(self.verdicts) % 50 == 0:
                print(f"{len(self.verdicts)} rounds", flush=True)


def main() -> int:
    """Run, print a table."""
    cuts, seconds = int((sys.argv[1:] or ["1000"])[0]), float((sys.argv[2:] or ["1800"])[0])
    seed = (sys.argv[3:] or ["1"])[0]
    if reason := why_not():
        sys.exit(reason)
    begun = time.monotonic()
    spec = lab_spec(**{name: name.rstrip("0123456789") for name in HOSTS})
    with tempfile.TemporaryDirectory() as folder, Lab.up(spec) as lab:
        run = Run(lab, Path(folder), cuts=cuts, seconds=seconds, seed=seed)
        signal.signal(signal.SIGTERM, lambda *_: run.stop.set())
        with ThreadPoolExecutor(len(HOSTS)) as pool:
            hosts = [pool.submit(run.host, name, 2201 + index) for index, name in enumerate(HOSTS)]
        failed = [error for host in hosts if (error := host.exception())]
    print(f"\nseed {seed}, {time.monotonic() - begun:.0f} s\n{table(run.verdicts, MTAS)}")
    print(*(f"a host was given up: {error!r}" for error in failed), sep="\n")
    return int(bool(failed) or any(verdict.faults for verdict in run.verdicts))


if __name__ == "__main__":
    sys.exit(main())
