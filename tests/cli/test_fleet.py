"""Commands that work on hosts reach their functions with their options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from relayconf.cli import app
from relayconf.exits import ExitCode
from tests.support.local_host import LocalHost, local_host


@pytest.fixture(name="host")
def _host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalHost:
    host = local_host(tmp_path)
    monkeypatch.chdir(tmp_path)
    return host


def run(*words: str) -> Result:
    """Run the app in this process."""
    return CliRunner().invoke(app, list(words))


def test_plan_and_apply(host: LocalHost) -> None:
    """With every option of theirs."""
    common = ("--parallel", "3", "--accept-new", "-i", "inventory.yaml", "edge")
    assert run("plan", "--exit-code", *common).exit_code == ExitCode.CHANGES_PENDING
    assert json.loads(run("plan", "--json", *common).stdout)["kind"] == "plan"
    assert "Plan: 1 host changes" in run("apply", "--dry-run", *common).stdout
    assert not (host.control / "smtproutes").exists()

    assert run("apply", "--yes", *common).stdout.endswith("Apply: 1 changed\n")
    assert (host.control / "smtproutes").exists()
