"""The commands on what was done reach their functions with their options."""

from __future__ import annotations

import json

import pytest

from relayconf.exits import ExitCode
from tests.support.cli import run
from tests.support.local_host import LocalHost

COMMON = ("--parallel", "3", "--accept-new", "-i", "inventory.yaml", "edge")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("status", "status"),
        ("history", "history"),
        ("rollback", "way-back"),
        ("recover", "recover"),
        ("confirm", "confirm"),
    ],
)
def test_each_command(host: LocalHost, name: str, kind: str) -> None:
    """With the options that they have in common, on a host that was never touched."""
    done = run(name, "--json", *COMMON)

    assert done.exit_code == ExitCode.OK
    assert json.loads(done.stdout)["kind"] == kind
    assert not (host.folder / "state").exists()


def test_a_rollback(host: LocalHost) -> None:
    """With options of its own."""
    assert run("apply", "--yes").exit_code == ExitCode.OK
    (transaction,) = (host.folder / "state" / "txn").iterdir()

    assert run("rollback").exit_code == ExitCode.USAGE
    assert run("rollback", "--yes", "--to", "nosuch", *COMMON).exit_code == ExitCode.HOST_FAILED
    assert run("rollback", "--yes", "--to", transaction.name, *COMMON).stdout == "edge   nothing to roll back\n"
    assert f"rolled back   {transaction.name}" in run("rollback", "--yes", *COMMON).stdout
    assert not (host.control / "smtproutes").exists()
