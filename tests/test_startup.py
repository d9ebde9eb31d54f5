"""Help appears at once: nothing heavy is imported before it is needed."""

from __future__ import annotations

import runpy
import subprocess
import sys

import pytest

from relayconf import __version__

HEAVY = (
    *("jinja2", "paramiko", "pydantic", "yaml", "rich", "asyncio", "concurrent.futures"),
    *("relayconf.providers", "dns", "spftrace"),
)


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"], ["spf", "plan", "--help"]], ids=" ".join)
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

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: " in done.stdout


def test_the_package_can_be_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m relayconf` is the command line."""
    monkeypatch.setattr(sys, "argv", ["relayconf", "--version"])
    monkeypatch.delitem(sys.modules, "relayconf.__main__", raising=False)

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("relayconf", run_name="__main__")

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"relayconf {__version__}\n"
