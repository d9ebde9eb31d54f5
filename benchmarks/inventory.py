"""CPU seconds that loading an inventory costs: a flat file of 100,000 domains, shared by 300 hosts.

Run from the repository: `python benchmarks/inventory.py`. Three lines: this module's imports, `load` alone, and a fresh
process that imports and loads.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DOMAINS = 100_000
INVENTORY = """\
version: 1
mta: qmail
relays: {isp: {host: mail.isp.example}}
relay: isp
domains_from: [domains.txt]
hosts:
  "node[001-300]": {}
"""


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print."""
    start = time.process_time()
    from relayconf.inventory import load  # noqa: PLC0415  its cost is what is measured

    print(f"imports        {time.process_time() - start:.3f} s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "inventory.yaml"
        path.write_text(INVENTORY, encoding="utf-8")
        domains = "".join(f"d{number}.some-example.com\n" for number in range(DOMAINS))
        (Path(folder) / "domains.txt").write_text(domains, encoding="utf-8")
        start = time.process_time()
        inventory = load(path)
        print(f"load           {time.process_time() - start:.3f} s")
        assert len(inventory.hosts["node300"].domains) == DOMAINS  # noqa: S101
        before = _children()
        code = "import pathlib, sys; from relayconf.inventory import load; load(pathlib.Path(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", code, path], check=True)
        print(f"fresh process  {_children() - before:.3f} s")


if __name__ == "__main__":
    main()
