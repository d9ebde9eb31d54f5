"""Hosts for the scripts, in every shell of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.sandbox import OLD, Sandbox, busybox_path, shells


@pytest.fixture(name="host", params=shells())
def _host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A host with one route, once for each shell; busybox has its own applets in front of the PATH."""
    shell = str(request.param)
    if shell == "busybox sh":
        monkeypatch.setenv("PATH", busybox_path(tmp_path / "applets"))
    return Sandbox(root=tmp_path, shell=shell).build(smtproutes=OLD)


@pytest.fixture(name="dash")
def _dash(tmp_path: Path) -> Sandbox:
    """The same host for one shell."""
    return Sandbox(root=tmp_path).build(smtproutes=OLD)
