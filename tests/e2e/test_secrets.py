"""No secret of a host reaches anything that others can see: output, process list, files, logs."""

from __future__ import annotations

import re
import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from relayconf.exits import ExitCode
from tests.support.cli import Admin
from tests.support.qmail_tree import make_qmail
from tests.support.ssh_keys import write_ed25519
from tests.support.ssh_server import SshServer
from tests.support.witness import Witness

PASSWORDS = ("hunter2-one", "hunter2|two;three", "hunter2:four")
OLD = (
    f":relay.example:587|user|{PASSWORDS[0]}\n"
    f"a.example:relay.example;587|user|{PASSWORDS[1]}\n"
    f"b.example:relay.example:587 user {PASSWORDS[2]}\n"
).encode()


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Iterator[tuple[Admin, Path]]:
    key = write_ed25519(tmp_path / "client_key")
    make_qmail(tmp_path / "qmail", smtproutes=OLD)
    (tmp_path / "server").mkdir()
    admin = Admin(folder=tmp_path / "admin")
    admin.folder.mkdir()
    with SshServer(tmp_path / "server", authorized=paramiko.Ed25519Key.from_private_key_file(str(key))) as server:
        admin.trust(server.known_hosts_line())
        admin.write(
            "version: 1\nrelays: {isp: {host: mail.asahi-net.or.jp, tls: none}}\n"
            f"hosts: {{edge: {{address: 127.0.0.1, mta: qmail, relay: isp, qmail_home: {tmp_path / 'qmail'}, "
            f"state_directory: {tmp_path / 'state'}, ssh: {{port: {server.port}, identity_file: {key}}}}}}}\n"
        )
        yield admin, tmp_path


def _world_readable(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o007:
            yield path


def test_passwords_of_the_host_stay_on_the_host(place: tuple[Admin, Path]) -> None:
    """Plan and apply replace a file full of passwords; nobody but its readers ever sees one."""
    admin, folder = place
    shown = []
    with Witness() as witness:
        for words in (["plan"], ["plan", "--json"], ["apply", "--yes", "--take-over"], ["plan"]):
            ran = admin.run(*words)
            assert ran.code == ExitCode.OK, ran.err
            shown.append(ran.out + ran.err)

    assert "‹secret " in shown[0]
    assert len(set(re.findall("‹secret ([0-9a-f]{4})›", shown[0]))) == 3
    for password in PASSWORDS:
        # The flavours' separators tear a password in different ways, so every piece of it counts.
        for piece in re.split("[|;:]", password):
            if piece.startswith("hunter2"):
                assert all(piece not in text for text in shown)
                assert all(piece.encode() not in text for text in witness.seen)
                assert all(piece.encode() not in path.read_bytes() for path in _world_readable(folder))
    assert any(b"relayconf" in text for text in witness.seen)
    assert (folder / "qmail/control/smtproutes").read_bytes().endswith(b":mail.asahi-net.or.jp\n")
    assert stat.S_IMODE((folder / "state").stat().st_mode) == 0o700


def test_a_literal_password_in_the_inventory_is_refused_without_echo(place: tuple[Admin, Path]) -> None:
    """The four ways out are named, the password is not."""
    admin, _ = place
    admin.write(
        "version: 1\nrelays: {isp: {host: relay.example, port: 587, auth: {username: u, password: hunter2-lit}}}\n"
        "hosts: {edge: {mta: qmail, relay: isp}}\n"
    )

    ran = admin.run("check")

    assert ran.code == ExitCode.ERROR
    assert "a literal password is refused" in ran.err
    assert all(way in ran.err for way in ("env", "file", "command", "keyring"))
    assert "hunter2" not in ran.out + ran.err


def test_a_reader_that_leaves_early_hears_no_complaint(place: tuple[Admin, Path]) -> None:
    """`relayconf schema | head` ends quietly, with more to say than a pipe holds."""
    admin, _ = place
    many = f"for n in $(seq 20); do {shlex.join(admin.command('schema'))} || echo ended with $? >&2; done"
    done = subprocess.run(
        ["sh", "-c", f"({many}) | head -c 1"],
        cwd=admin.folder,
        env=admin.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert set(done.stderr.splitlines()) == {"ended with 1"}
