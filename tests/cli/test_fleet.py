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
