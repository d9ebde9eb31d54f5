"""The commands on what was done reach their functions with their options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.support.cli import run
from tests.support.journals import applied, wait_for_confirmation
from tests.support.local_host import INVENTORY, LocalHost, local_host
from tests.support.ssh_keys import ed25519
from tests.support.ssh_server import SshServer

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


def test_a_look_and_an_act_are_one_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over SSH."""
    monkeypatch.chdir(tmp_path)
    key = ed25519(Path.home() / ".ssh" / "id_ed25519")
    with SshServer(tmp_path / "server", authorized=key) as server:
        (Path.home() / ".ssh" / "known_hosts").write_text(server.known_hosts_line())
        ssh = f"address: 127.0.0.1\n    ssh: {{{{port: {server.port}}}}}"
        host = local_host(tmp_path, inventory=INVENTORY.replace("connection: local", ssh))
        transaction = applied(host)
        wait_for_confirmation(host, transaction)
        before = server.connections

        assert f"confirmed   {transaction}" in run("confirm").stdout
        assert server.connections == before + 1
        assert f"rolled back   {transaction}" in run("rollback", "--yes").stdout
        assert server.connections == before + 2
