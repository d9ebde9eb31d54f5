"""Run shellcheck over all shell: the files, and the scripts that relayconf puts together from them for a host."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from relayconf.helper import helper
from relayconf.model import Direct, Host, MtaName, Origin
from relayconf.mtas import MTAS
from relayconf.shell import DEPLOY, DOCTOR, OBSERVE, UNDO, assemble

ROOT = Path(__file__).parents[1]
_FOLDERS = ("relayconf", "tests", "tools", "demo", "benchmarks")
_SHELLCHECK = Path(sysconfig.get_path("scripts")) / "shellcheck"
_HOST = Host(
    name="host", address="host", mta=MtaName.QMAIL, origin=Origin(file="", line=1, column=1), default=(Direct(),)
)


def files() -> Iterator[Path]:
    """The shell files of the checkout."""
    yield ROOT / ".ci" / "run"
    for folder in _FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.sh"))


def scripts() -> Iterator[tuple[str, str]]:
    """Every script that can reach a host, by a name for it. Its parts use each other's names; here all are known."""
    yield DOCTOR[-1].name, assemble(*DOCTOR)
    for name, mta in MTAS.items():
        for task in (OBSERVE, DEPLOY, UNDO):
            yield f"{name}-{task[-1].name}", assemble(mta.SHELL, *task)
        yield f"{name}-helper.sh", helper(_HOST, mta)


def _check(*arguments: Path | str) -> bool:
    return subprocess.run([_SHELLCHECK, "--severity=style", *arguments], cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """0 when shellcheck has nothing to say."""
    passed = _check(*files())
    with tempfile.TemporaryDirectory() as folder:
        for name, text in scripts():
            path = Path(folder) / name
            path.write_text(text, encoding="utf-8")
            # `a && b || c` is meant, the helper quotes a script, and no task needs all of the core and of the MTA.
            passed &= _check("--shell=sh", "--exclude=SC2015,SC2016,SC2034,SC2329", path)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
