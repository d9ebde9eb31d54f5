"""Commands that work on hosts reach their functions with their options."""

from __future__ import annotations

import json
from pathlib import Path

from relayconf.exits import ExitCode
from tests.support.cli import run
from tests.support.local_fleet import local_fleet
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


def test_waves(tmp_path: Path) -> None:
    """A canary that fails stops the rest, and so does a budget; each host that was not begun says why."""
    fleet = local_fleet(tmp_path, *"abcdef")
    fleet.jam("b", "d")
    common = ("--yes", "-i", str(tmp_path / "inventory.yaml"), "--parallel", "1")

    canary = run("apply", *common, "--canary", "b")
    assert canary.exit_code == ExitCode.HOST_FAILED
    assert "Waves: first b (canary), then 5 hosts; stops after more than 1 failure\n" in canary.stdout
    assert "\na c d e f   skipped, nothing changed: the canary b failed\n" in canary.stdout
    assert fleet.changed() == ()

    at_once = run("apply", *common, "--canary", "0")
    assert at_once.exit_code == ExitCode.USAGE
    assert "hint: leave `--canary` out for one host of each MTA first, or give `--all-at-once`" in at_once.stderr
    assert fleet.changed() == ()

    budget = run("apply", *common, "--json", "--canary", "0", "--max-failures", "1", "--all-at-once")
    assert budget.exit_code == ExitCode.HOST_FAILED
    hosts = {host["host"]: (host["status"], host["reason"]) for host in json.loads(budget.stdout)["hosts"]}
    never = ("skipped", "2 hosts had failed (at most 1 may)")
    done = {"a": ("changed", None), "b": ("failed", None), "c": ("changed", None), "d": ("failed", None)}
    assert hosts == {**done, "e": never, "f": never}
    assert fleet.changed() == ("a", "c")


def test_a_dry_run_tells_the_waves_that_are_wanted(tmp_path: Path) -> None:
    """Not the usual ones."""
    local_fleet(tmp_path, *"abcd")
    dry = run("apply", "--dry-run", "-i", str(tmp_path / "inventory.yaml"), "--canary", "2", "--max-failures", "3")

    assert "Waves: first a b (canary), then 2 hosts; stops after more than 3 failures\n" in dry.stdout


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


def test_flags_of_limits(host: LocalHost) -> None:
    """Each allows its own limit."""
    routes = host.control / "smtproutes"
    routes.write_bytes(b"other.test:192.0.2.9\n:mail.asahi-net.or.jp\n")
    (host.control / "rcpthosts").write_bytes(b"own.test\n")
    assert run("apply", "--yes").exit_code == ExitCode.HOST_FAILED
    assert run("apply", "--yes", "--take-over").exit_code == ExitCode.OK

    routes.write_bytes(b"own.test:192.0.2.9\n:mail.asahi-net.or.jp\n")
    assert "--overwrite-drift --allow-own-domains\n" in run("apply", "--yes", "--allow-weaker-tls").stdout
    assert run("apply", "--yes", "--overwrite-drift").exit_code == ExitCode.HOST_FAILED
    assert run("apply", "--yes", "--overwrite-drift", "--allow-own-domains").exit_code == ExitCode.OK

    text = host.inventory.read_text(encoding="utf-8")
    host.inventory.write_text(text.replace("relay: isp", "relay: direct"), encoding="utf-8")
    assert run("apply", "--yes").exit_code == ExitCode.HOST_FAILED
    assert run("apply", "--yes", "--allow-no-relay").exit_code == ExitCode.OK


def test_a_plan_without_secrets(host: LocalHost) -> None:
    """It has a fingerprint of its own."""
    real, blind = (run("plan", "--json", *more).stdout for more in ((), ("--without-secrets",)))

    assert json.loads(real)["fingerprint"] != json.loads(blind)["fingerprint"]
    assert host.inventory.exists()
