"""Help appears at once: nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import sys

import pytest

LIMIT = 0.12
"""Seconds of CPU. Of the 0.07 that it takes, 0.01 are Python's own start and nearly all of the rest is typer."""

HEAVY = ("jinja2", "paramiko", "pydantic", "yaml", "rich", "asyncio", "concurrent.futures")


def _cpu(*arguments: str) -> float:
    """User and system seconds of one run, whose output goes nowhere."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    # Counting branches has a price of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    pid = os.posix_spawn(sys.executable, [sys.executable, *arguments], environment, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)

    assert status == 0
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"]], ids=" ".join)
def test_help_is_fast(arguments: list[str]) -> None:
    """One of twenty runs keeps to the limit; the others may have had noisy neighbours."""
    assert any(_cpu("-m", "relayconf", *arguments) <= LIMIT for _ in range(20))


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"]], ids=" ".join)
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    """Help needs none of the big libraries."""
    script = f"""
import sys, relayconf.__main__
sys.argv = {["relayconf", *arguments]!r}
try:
    relayconf.__main__.main()
except SystemExit:
    sys.exit(" ".join({set(HEAVY)!r} & set(sys.modules)) or 0)
"""

    assert _cpu("-c", script) > 0
