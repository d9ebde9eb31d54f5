"""Many hosts at once, some of them broken: each is named with what to do, and none stops the others."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from relayconf.exits import ExitCode
from tests.support.cli import Admin
from tests.support.qmail_tree import make_qmail, snapshot
from tests.support.ssh_keys import ed25519, write_ed25519
from tests.support.ssh_server import SshServer

HOSTS = 20
DOWN, WRONG_KEY, SUDO_ASKS = "mx03", "mx08", "mx15"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Twenty hosts, their homes, and the laptop that manages them."""

    admin: Admin
    homes: dict[str, Path]


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _entry(name: str, port: int, folder: Path, *, become: bool) -> str:
    sudo = ", become: sudo" if become else ""
    return (
        f"  {name}: {{address: 127.0.0.1, ssh: {{port: {port}{sudo}}}, "
        f"qmail_home: {folder / 'qmail'}, state_directory: {folder / 'state'}}}\n"
    )


@pytest.fixture(name="fleet")
def _fleet(tmp_path: Path) -> Iterator[Fleet]:
    key = write_ed25519(tmp_path / "client_key")
    authorized = paramiko.Ed25519Key.from_private_key_file(str(key))
    admin = Admin(folder=tmp_path / "admin")
    admin.folder.mkdir()
    known, homes = [], {}
    text = (
        f"version: 1\nmta: qmail\nrelay: isp\nssh: {{identity_file: {key}}}\n"
        "relays: {isp: {host: mail.asahi-net.or.jp, tls: none}}\n"
        "domains: {kamata-net.com: {host: 192.168.0.100}}\nhosts:\n"
    )
    with ExitStack() as stack:
        for number in range(1, HOSTS + 1):
            name = f"mx{number:02}"
            folder = tmp_path / name
            (folder / "server").mkdir(parents=True)
            make_qmail(folder / "qmail")
            homes[name] = folder / "qmail" / "control"
            if name == DOWN:
                text += _entry(name, _closed_port(), folder, become=False)
                continue
            server = stack.enter_context(
                SshServer(folder / "server", authorized=authorized, sudo="asks" if name == SUDO_ASKS else "no password")
            )
            line = server.known_hosts_line()
            if name == WRONG_KEY:
                other = ed25519(folder / "other_key")
                line = f"[127.0.0.1]:{server.port} {other.get_name()} {other.get_base64()}\n"
            known.append(line)
            text += _entry(name, server.port, folder, become=name in {SUDO_ASKS, "mx01"})
        admin.trust(*known)
        admin.write(text)
        yield Fleet(admin=admin, homes=homes)


def test_three_broken_hosts_of_twenty_are_named_and_the_others_changed(fleet: Fleet) -> None:
    """Down, wrong host key, and a sudo that asks: 17 hosts change, 3 stay as they are, the exit code is 5."""
    broken = {name: snapshot(fleet.homes[name]) for name in (DOWN, WRONG_KEY, SUDO_ASKS)}

    ran = fleet.admin.run("apply", "--yes")

    assert ran.code == ExitCode.HOST_FAILED, ran.err
    assert "Plan: 17 hosts change, 0 refused, 3 failed, 0 unchanged" in ran.out
    assert ran.out.endswith("Apply: 17 changed, 3 failed\n"), ran.out
    _, _, after = ran.out.partition("Plan: 17")
    reasons = {
        name: next(line for line in after.splitlines() if line.startswith(f"{name}   failed, nothing changed: "))
        for name in broken
    }
    assert "refused" in reasons[DOWN]
    assert "host key" in reasons[WRONG_KEY]
    assert "sudo" in reasons[SUDO_ASKS]
    assert after.count("\n  hint: ") == 3
    for name, control in fleet.homes.items():
        if name in broken:
            assert snapshot(control) == broken[name]
        else:
            assert (control / "smtproutes").read_bytes().endswith(b":mail.asahi-net.or.jp\n")


def test_hosts_named_on_the_command_line_are_the_only_ones_touched(fleet: Fleet) -> None:
    """A range and a name; the others are not even contacted, so the broken ones do not matter."""
    ran = fleet.admin.run("apply", "--yes", "mx[01-02]", "mx20")

    assert ran.code == ExitCode.OK, ran.err
    assert ran.out.endswith("Apply: 3 changed\n")
    changed = {name for name, control in fleet.homes.items() if (control / "smtproutes").exists()}
    assert changed == {"mx01", "mx02", "mx20"}


def test_equal_diffs_of_many_hosts_are_shown_once(fleet: Fleet) -> None:
    """One route table, and one row for what is the same everywhere."""
    ran = fleet.admin.run("plan", "mx[01-02]", "mx[04-07]")

    assert ran.out.count("  the rest of the world ") == 1
    assert ran.err.count(": planned\n") == 6
