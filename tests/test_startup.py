"""Help appears at once: nothing heavy is imported before it is needed."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

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


def test_a_route_by_files_needs_no_inventory_and_no_template(tmp_path: Path) -> None:
    """Nor what reads them."""
    (tmp_path / "main.cf").write_text("myhostname = h.test\n")
    arguments = ["relayconf", "route", "a@b", "u@x.test", "--config", str(tmp_path)]
    script = f"""
import sys, relayconf.__main__
sys.argv = {arguments!r}
try:
    relayconf.__main__.main()
finally:
    heavy = {{"jinja2", "yaml", "paramiko", "relayconf.inventory"}} & set(sys.modules)
    print(" ".join(heavy), file=sys.stderr, end="")
"""

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "x.test" in done.stdout


def test_the_package_can_be_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m relayconf` is the command line."""
    monkeypatch.setattr(sys, "argv", ["relayconf", "--version"])
    monkeypatch.delitem(sys.modules, "relayconf.__main__", raising=False)

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("relayconf", run_name="__main__")

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"relayconf {__version__}\n"
