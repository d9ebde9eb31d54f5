"""relayconf's diff beside `diff -u` and difflib: CPU seconds on the same files, all in one run and in turn.

    python benchmarks/diff.py [LINES] [ROUNDS]

Reading the files is not counted for the two in this process; `diff` reads its own. Medians of all rounds; difflib runs
in the first one only, as it takes its time. Each diff of relayconf is given to patch(1) once, which must find it right.
"""

from __future__ import annotations

import difflib
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from relayconf.diff import count, unified
from relayconf.masking import Masker

MASKER = Masker(bytes(32))
RANDOM = random.Random(1)  # noqa: S311  the same files in every run


def _lines(number: int) -> list[bytes]:
    return [b"domain%07d.example.com:[relay-%d.example.net]:587 a bit of text" % (n, n % 7) for n in range(number)]


def _changed(lines: list[bytes], number: int) -> list[bytes]:
    after = list(lines)
    for place in RANDOM.sample(range(len(after)), number):
        after[place] = b"changed %d" % place
    return after


def _moved(lines: list[bytes], removed: int, added: int) -> list[bytes]:
    gone = set(RANDOM.sample(range(len(lines)), removed))
    after = [line for n, line in enumerate(lines) if n not in gone]
    for n in sorted(RANDOM.sample(range(len(after)), added), reverse=True):
        after.insert(n, b"new %d" % n)
    return after


def _relayconf(before: Path, after: Path) -> float:
    old, new = before.read_bytes(), after.read_bytes()
    start = time.process_time()
    unified(old, new, before_spans=(), after_spans=(), masker=MASKER)
    return time.process_time() - start


def _difflib(before: Path, after: Path) -> float:
    old, new = (path.read_text().split("\n") for path in (before, after))
    start = time.process_time()
    list(difflib.unified_diff(old, new, lineterm=""))
    return time.process_time() - start


def _gnu(before: Path, after: Path) -> float:
    start = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["diff", "-u", before, after], stdout=subprocess.DEVNULL, check=False)
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


def _sizes(before: Path, after: Path) -> str:
    """Lines added and removed, by relayconf and by GNU diff; relayconf's hunks must make the one file the other."""
    old, new = before.read_bytes(), after.read_bytes()
    hunks = unified(old, new, before_spans=(), after_spans=(), masker=MASKER)
    text = "\n".join(("--- a", "+++ b", *hunks, ""))
    patched = before.with_name("patched")
    subprocess.run(
        ["patch", "--silent", "-o", patched, before], input=text.encode(), check=True, stdout=subprocess.DEVNULL
    )
    if patched.read_bytes() != new:
        sys.exit("the hunks do not make the one file the other")
    gnu = subprocess.run(["diff", "-u", before, after], stdout=subprocess.PIPE, check=False, text=True).stdout
    return "+{} -{} (diff: +{} -{})".format(*count(hunks), *count(gnu.splitlines()[2:]))


def _measure(name: str, before: Path, after: Path, rounds: int) -> None:
    tools: Mapping[str, Callable[[Path, Path], float]] = {"relayconf": _relayconf, "diff -u": _gnu, "difflib": _difflib}
    spent: dict[str, list[float]] = {tool: [] for tool in tools}
    for number in range(rounds):
        for tool, run in tools.items():
            if number == 0 or tool != "difflib":
                spent[tool].append(run(before, after))
    ours, *others = (median(times) for times in spent.values())
    ratios = "".join(
        f"  {tool} {other:6.2f} s ({ours / other:5.2f})"
        for tool, other in zip(["diff -u", "difflib"], others, strict=True)
    )
    print(f"{name:<28} relayconf {ours:5.2f} s{ratios}  {_sizes(before, after)}", flush=True)


def main() -> None:
    """Measure and print: seconds, and in brackets relayconf's share of the other's."""
    lines, rounds = (int(text) for text in (sys.argv[1:] + ["1000000", "3"][len(sys.argv) - 1 :]))
    base = _lines(lines)
    cases: Mapping[str, Callable[[], list[bytes]]] = {
        "10 lines changed": lambda: _changed(base, 10),
        "10,000 lines changed": lambda: _changed(base, min(10_000, lines)),
        "500 gone, 1,000 new": lambda: _moved(base, 500, 1000),
        "halves swapped": lambda: base[lines // 2 :] + base[: lines // 2],
        "all other lines": lambda: [b"x" + line for line in base],
    }
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        before.write_bytes(b"\n".join(base) + b"\n")
        for name, build in cases.items():
            after.write_bytes(b"\n".join(build()) + b"\n")
            _measure(name, before, after, rounds)


if __name__ == "__main__":
    main()
