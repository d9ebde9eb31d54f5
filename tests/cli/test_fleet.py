"""Commands that work on hosts reach their functions with their options."""

from __future__ import annotations

import json

from relayconf.exits import ExitCode
from tests.support.cli import run
from tests.support.local_host import LocalHost


def test_plan_and_apply(host: LocalHost) -> None:
    """With every option of theirs."""
    common = ("--parallel", "3", "--accept-new", "-i", "inventory.yaml", "edge")
    assert run("plan", "--exit-code", *common).exit_code == ExitCode.CHANGES_PENDING
    assert json.loads(run("plan", "--json", *common).stdout)["kind"] == "plan"
    assert "Plan: 1 host changes" in run("apply", "--dry-run", *common).stdout
    assert not (host.control / "smtproutes").exists()

    assert run("apply", "--yes", *common).stdout.endswith("Apply: 1 changed\n")
    assert (host.control / "smtproutes").exists()


def test_a_fingerprint_is_insisted_on_and_never_ignored(host: LocalHost) -> None:
    """Nor where nothing would be applied."""
    assert run("apply", "--yes", "--fingerprint", "0000-0000").exit_code == ExitCode.ERROR
    refused = run("apply", "--dry-run", "--fingerprint", "0000-0000")

    assert refused.exit_code == ExitCode.USAGE
    assert "--dry-run applies nothing" in refused.stderr
    assert not (host.control / "smtproutes").exists()


def test_a_plan_is_saved_and_applied(host: LocalHost) -> None:
    """Through the options; what makes no sense beside them is refused."""
    assert run("plan", "--out", "p.json", "edge").exit_code == ExitCode.OK
    for other in (("--dry-run",), ("--fingerprint", "0000-0000")):
        refused = run("apply", "--yes", "--plan", "p.json", *other)
        assert refused.exit_code == ExitCode.USAGE
        assert "--plan names the plan that is applied" in refused.stderr
    assert run("apply", "--yes", "--plan", "inventory.yaml").exit_code == ExitCode.ERROR
    assert not (host.control / "smtproutes").exists()

    assert run("apply", "--yes", "--plan", "p.json").stdout.endswith("Apply: 1 changed\n")
    assert (host.control / "smtproutes").exists()
