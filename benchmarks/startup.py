"""CPU seconds until help appears, a route is told, and an inventory with 100,000 domains is checked. Best of ten runs.

Promised: `relayconf --help` and `relayconf plan --help` at most 0.12 s, a route by the files of a mail server at most
0.3 s, 100,000 domains loaded within 0.5 s. Each run is a fresh process.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

RUNS = 10
INVENTORY = """\
version: 1
relays: {isp: {host: mail.example.net, tls: none}}
hosts: {edge: {mta: qmail, relay: isp}}
domains_from: [{file: domains.txt, host: 192.0.2.10}]
"""
MAIN_CF = """\
myhostname = mail.example.org
relayhost = [relay.example]:587
transport_maps = texthash:{folder}/transport
"""


def cpu(*arguments: str) -> float:
    """User and system seconds of one run of this Python, whose output goes nowhere."""
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    pid = os.posix_spawn(sys.executable, [sys.executable, *arguments], os.environ, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"failed: {arguments}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print a line for each."""
    with tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder) / "inventory.yaml"
        inventory.write_text(INVENTORY)
        (Path(folder) / "domains.txt").write_text("".join(f"d{number}.example.com\n" for number in range(100_000)))
        (Path(folder) / "main.cf").write_text(MAIN_CF.format(folder=folder))
        (Path(folder) / "transport").write_text("".join(f"d{number}.example.com smtp:[a]\n" for number in range(1000)))
        load = f"from pathlib import Path; from relayconf.inventory import load; load(Path({str(inventory)!r}))"
        jobs = {
            "python -c pass": ["-c", "pass"],
            "relayconf --help": ["-m", "relayconf", "--help"],
            "relayconf plan --help": ["-m", "relayconf", "plan", "--help"],
            "relayconf route --config, 1,000 transports": [
                *("-m", "relayconf", "route", "a@b.example", "u@d999.example.com", "--config", folder)
            ],
            "load 100,000 domains, in a fresh process": ["-c", load],
            "relayconf check of them, rendering included": ["-m", "relayconf", "check", "-i", str(inventory)],
        }
        best = dict.fromkeys(jobs, float("inf"))
        for _ in range(RUNS):
            for name, arguments in jobs.items():
                best[name] = min(best[name], cpu(*arguments))
    for name, seconds in best.items():
        sys.stdout.write(f"{seconds:6.3f} s  {name}\n")


if __name__ == "__main__":
    main()
