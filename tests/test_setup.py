"""`make` on a machine that lacks something says in one line what to install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEBIAN = "Debian, Ubuntu: apt-get install"
NO_INDEX = "pip could not install what pyproject.toml asks for: is PyPI, or the index that pip is set to, reachable?"
SETUP = Path(__file__).parents[1] / "tools" / "setup.sh"


def _setup(folder: Path, **programs: str) -> tuple[int, str]:
    """Run setup.sh in *folder* with no program but *programs*, given as shell text."""
    path = folder / "path"
    path.mkdir()
    for name, text in programs.items():
        (path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (path / name).chmod(0o755)
    shell = shutil.which("sh")
    assert shell is not None
    completed = subprocess.run(
        [shell, SETUP], cwd=folder, env={"PATH": str(path)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert completed.stdout == ""
    return completed.returncode, completed.stderr


@pytest.mark.parametrize("programs", [{}, {"python3": "exit 1"}], ids=["none", "old"])
def test_no_python(tmp_path: Path, programs: dict[str, str]) -> None:
    """Without Python 3.11 or later, or with an older one alone, nothing is made."""
    assert _setup(tmp_path, **programs) == (
        1,
        f"relayconf: install Python 3.11 or later with venv ({DEBIAN} python3 python3-venv), or uv\n",
    )
    assert not (tmp_path / ".venv").exists()


def test_no_venv(tmp_path: Path) -> None:
    """Debian's python3 without python3-venv is recognised."""
    python = f'case "$*" in *ensurepip*) exit 1 ;; esac; exec "{sys.executable}" "$@"'

    assert _setup(tmp_path, python3=python) == (
        1,
        f"relayconf: install venv for python3 ({DEBIAN} python3-venv)\n",
    )


def test_no_index(tmp_path: Path) -> None:
    """When pip cannot install, the last line says what to look at."""
    python = f'case "$*" in *"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python ;; *"pip --version"*) exit 1 ;; \
*"-m pip"*) echo "ERROR: no index" >&2; exit 1 ;; *) exec "{sys.executable}" "$@" ;; esac'
    mkdir, cp = (f'exec {shutil.which(name)} "$@"' for name in ("mkdir", "cp"))
    status, talk = _setup(tmp_path, python3=python, mkdir=mkdir, cp=cp)

    assert (status, talk.splitlines()[1:]) == (1, ["ERROR: no index", f"relayconf: {NO_INDEX}"])
