"""The deploy script in real shells: what it writes, what it refuses, and what it leaves behind."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.errors import DeployError, StalePlan
from relayconf.files import DesiredFile
from tests.shell.sandbox import LOCAL, LOCALS, NEW, OLD, ROUTES, TRANSACTION, VIRTUAL, Sandbox, running

STEPS = ("receive", "lock", "check", "save", "stage", "validate", "swap", "activate", "verify", "finalize")
TO_NEW = DesiredFile(path=ROUTES, content=NEW)


def test_create_update_delete(host: Sandbox) -> None:
    """A file is made, one is replaced and one goes; steps, state directory and report say so."""
    changes = host.changes(
        TO_NEW, DesiredFile(path=VIRTUAL, content=b"", mode=0o604), DesiredFile(path=LOCAL, content=None)
    )

    done = host.deploy(changes)

    uid, gid = os.geteuid(), host.control.stat().st_gid
    assert (done.transaction, done.steps, done.warnings) == (TRANSACTION, STEPS, ())
    assert host.snapshot() == {
        "me": (LOCALS, 0o644, uid, gid),
        "rcpthosts": (b"kamata-net.com\n", 0o644, uid, gid),
        "smtproutes": (NEW, 0o644, uid, gid),
        "virtualdomains": (b"", 0o604, uid, gid),
    }
    assert host.is_clean()


def test_transaction_on_the_host(host: Sandbox) -> None:
    """The journal names every step before it is taken, the old bytes are saved, and nobody else can read any of it."""
    host.deploy(host.changes(TO_NEW))

    folder = host.state / "txn" / TRANSACTION
    swapped = [f"swap {ROUTES}" if step == "swap" else step for step in STEPS]
    assert host.journal() == swapped
    assert sorted(path.name for path in folder.iterdir()) == [
        "before", "journal", "left", "manifest", "saved", "serial", "status", "stderr", "stdout", "undo"
    ]  # fmt: skip
    assert (folder / "saved" / "1").read_bytes() == OLD
    assert (folder / "status").read_text().startswith("applied\t2")
    assert (host.state / "undo").read_bytes() == (folder / "undo").read_bytes()
    assert {stat.S_IMODE(path.stat().st_mode) for path in host.state.rglob("*") if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in [host.state, *host.state.rglob("*")] if path.is_dir()} == {
        0o700
    }
    name, digest, transaction, _ = (host.state / "applied").read_text().split("\t")
    assert (name, digest, transaction) == (ROUTES, hashlib.sha256(NEW).hexdigest(), TRANSACTION)


def test_applied_is_carried_over(dash: Sandbox) -> None:
    """What is applied names every file once, with its latest transaction."""
    for number, name in enumerate((ROUTES, VIRTUAL, ROUTES)):
        content = f"x{number}.example:\n".encode()
        dash.deploy(dash.changes(DesiredFile(path=name, content=content)), f"20261124T10150{number}Z-000000")

    rows = [line.split("\t") for line in (dash.state / "applied").read_text().splitlines()]
    assert [(row[0], row[2]) for row in rows] == [
        (VIRTUAL, "20261124T101501Z-000000"),
        (ROUTES, "20261124T101502Z-000000"),
    ]
    assert dash.observe().values[f"applied.{ROUTES}"].startswith(hashlib.sha256(b"x2.example:\n").hexdigest())


def test_only_ten_transactions_stay(dash: Sandbox) -> None:
    """The ten that were applied last stay, by the host's own count: a client's clock may be years behind."""
    for number in range(12):
        content = f"x{number}.example:\n".encode()
        dash.deploy(dash.changes(DesiredFile(path=ROUTES, content=content)), f"20{40 - number}1125T101500Z-000000")

    left = sorted(path.name for path in (dash.state / "txn").iterdir())
    assert left == sorted(f"20{40 - number}1125T101500Z-000000" for number in range(2, 12))


def test_links_are_followed(host: Sandbox, tmp_path: Path) -> None:
    """A linked control directory and a linked file stay links; what they point to is replaced."""
    (tmp_path / "etc").mkdir()
    host.control.rename(tmp_path / "etc" / "qmail")
    host.control.symlink_to("../etc/qmail")
    (tmp_path / "elsewhere").mkdir()
    (host.control / "smtproutes").rename(tmp_path / "elsewhere" / "routes")
    (host.control / "smtproutes").symlink_to("../../elsewhere/routes")

    host.deploy(host.changes(TO_NEW))

    assert host.control.is_symlink()
    assert (host.control / "smtproutes").readlink() == Path("../../elsewhere/routes")
    assert (tmp_path / "elsewhere" / "routes").read_bytes() == NEW
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["routes"]


@pytest.mark.root
def test_owner_group_and_mode_are_kept(host: Sandbox) -> None:
    """An existing file keeps what it had, numbers without names included; a new one gets the directory's group."""
    os.chown(host.control / "smtproutes", 12345, 54321)
    (host.control / "smtproutes").chmod(0o640)
    os.chown(host.control, 0, 54322)

    host.deploy(host.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n")))

    assert host.snapshot()["smtproutes"] == (NEW, 0o640, 12345, 54321)
    assert host.snapshot()["virtualdomains"] == (b"a:b\n", 0o644, 0, 54322)


@pytest.mark.root
def test_owner_group_and_mode_are_set(dash: Sandbox) -> None:
    """What the wish names is what the file gets."""
    dash.deploy(dash.changes(replace(TO_NEW, mode=0o640, owner="daemon", group="mail")))

    entry = (dash.control / "smtproutes").stat()
    assert ((dash.control / "smtproutes").owner(), (dash.control / "smtproutes").group()) == ("daemon", "mail")
    assert stat.S_IMODE(entry.st_mode) == 0o640


def _edit(path: Path) -> None:
    path.write_bytes(b":by hand\n")


def _chmod(path: Path) -> None:
    path.chmod(0o600)


def _relink(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (_edit, "its content is another"),
        (Path.unlink, "it is gone"),
        (_chmod, "its mode is 600, not 644"),
        (_relink, "it is now {control}/moved, not {control}/smtproutes"),
    ],
)
def test_stale(dash: Sandbox, meddle: object, reason: str) -> None:
    """A value that is not as the plan saw it stops the deploy before anything is written."""
    assert callable(meddle)
    changes = dash.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n"))
    meddle(dash.control / "smtproutes")
    before = dash.snapshot()

    with pytest.raises(StalePlan) as caught:
        dash.deploy(changes)

    expected = reason.format(control=dash.control)
    assert caught.value.message == f"the host changed since the plan, nothing of it was written: {ROUTES}: {expected}"
    assert dash.snapshot() == before
    assert dash.is_clean()
    assert not list((dash.state / "txn").iterdir())


@pytest.mark.root
@pytest.mark.parametrize(
    ("ids", "reason"), [((1, 0), "its owner is daemon, not root"), ((0, 8), "its group is mail, not root")]
)
def test_stale_owner(dash: Sandbox, ids: tuple[int, int], reason: str) -> None:
    """Owner and group belong to the base, too."""
    changes = dash.changes(TO_NEW)
    os.chown(dash.control / "smtproutes", *ids)

    with pytest.raises(StalePlan, match=reason):
        dash.deploy(changes)


def test_stale_creation(host: Sandbox) -> None:
    """A file that came to be since the plan is not overwritten."""
    changes = host.changes(DesiredFile(path=VIRTUAL, content=b"a:b\n"))
    (host.control / "virtualdomains").write_bytes(b"by:hand\n")

    with pytest.raises(StalePlan, match=f"{VIRTUAL}: it is there now"):
        host.deploy(changes)

    assert (host.control / "virtualdomains").read_bytes() == b"by:hand\n"


def test_invalid_file_is_never_live(host: Sandbox) -> None:
    """What the MTA's own check refuses leaves the host as it was, and the transaction tells why."""
    before = host.snapshot()

    with pytest.raises(DeployError) as caught:
        host.deploy(host.changes(DesiredFile(path=ROUTES, content=b":relay\r\n")))

    assert str(caught.value) == f"validate: {ROUTES}: it contains a CR or NUL byte; the host is as it was before"
    assert host.snapshot() == before
    assert host.is_clean()
    assert (host.state / "txn" / TRANSACTION / "status").read_text().startswith("restored\t2")


@pytest.mark.root
def test_unreadable_file_is_never_live(dash: Sandbox) -> None:
    """A file of root's that the user of qmail-remote cannot read would defer all mail."""
    with pytest.raises(DeployError, match="with mode 600 and group root the user of qmail-remote could not read it"):
        dash.deploy(dash.changes(replace(TO_NEW, mode=0o600)))


def test_unknown_owner(dash: Sandbox) -> None:
    """An owner that the host does not have fails before the file is live."""
    before = dash.snapshot()

    with pytest.raises(
        DeployError, match=r"stage: .* cannot get mode 644, owner no-such-user and group 0?.*invalid user"
    ):
        dash.deploy(dash.changes(replace(TO_NEW, owner="no-such-user")))

    assert dash.snapshot() == before
    assert dash.is_clean()


def test_file_that_needs_a_restart(dash: Sandbox) -> None:
    """`envnoathost` is read at the start alone, so no deploy can make it live."""
    path = "qmail:envnoathost"
    with pytest.raises(
        DeployError, match=f"validate: {path}: {path} takes effect only when qmail-send is started again"
    ):
        dash.deploy(dash.changes(DesiredFile(path=path, content=b"a.example\n")))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b", ""])
def test_bad_transaction_name(dash: Sandbox, name: str) -> None:
    """A transaction's name cannot be a path."""
    with pytest.raises(DeployError, match="receive: the name of the transaction is unusable"):
        dash.deploy(dash.changes(TO_NEW), name)


def test_transaction_name_twice(dash: Sandbox) -> None:
    """A transaction is never written over."""
    dash.deploy(dash.changes(TO_NEW))

    with pytest.raises(DeployError, match=f"receive: a transaction {TRANSACTION} is there already"):
        dash.deploy(dash.changes(DesiredFile(path=ROUTES, content=OLD)))


def _as_link(state: Path) -> None:
    state.with_name("other").mkdir(mode=0o700)
    state.symlink_to("other")


def _as_open(state: Path) -> None:
    state.mkdir()
    state.chmod(0o750)


@pytest.mark.parametrize(
    ("make", "reason"),
    [(_as_link, "is a symbolic link"), (_as_open, "has mode 750, not 700"), (Path.touch, "is not a directory")],
)
def test_unsafe_state_directory(host: Sandbox, make: object, reason: str) -> None:
    """A state directory that others could reach into is not used."""
    assert callable(make)
    changes = host.changes(TO_NEW)
    make(host.state)

    with pytest.raises(DeployError, match=reason):
        host.deploy(changes)

    assert (host.control / "smtproutes").read_bytes() == OLD
    assert host.observe().values["state.directory"] == "unsafe"


@pytest.mark.root
def test_state_directory_of_another(dash: Sandbox) -> None:
    """Not even root trusts a state directory of another user."""
    dash.state.mkdir(mode=0o700)
    os.chown(dash.state, 1, 1)

    with pytest.raises(DeployError, match="belongs to daemon, not to uid 0"):
        dash.deploy(dash.changes(TO_NEW))


def test_missing_parent_of_the_state_directory(dash: Sandbox) -> None:
    """Directories above the state directory are the admin's."""
    lost = replace(dash, root=dash.root / "missing")
    changes = dash.changes(TO_NEW)

    with pytest.raises(DeployError, match=r"receive: the state directory .*/missing/state cannot be made: mkdir: .*"):
        lost.deploy(changes)


def test_waiting_mail_is_tried_again_when_wished(dash: Sandbox) -> None:
    """ALRM goes to the one qmail-send of this home, after qmail-tcpok; without the wish to nobody."""
    log = dash.root / "log"
    with running(dash.home, "qmail-send", f'trap "echo alrm >>{log}" ALRM; while :; do sleep 0.05; done'):
        tcpok = dash.home / "bin" / "qmail-tcpok"
        tcpok.write_text(f"#!/bin/sh\necho tcpok >>{log}\n")
        tcpok.chmod(0o755)
        dash.deploy(dash.changes(TO_NEW))
        unwished = log.exists()

        done = dash.deploy(dash.changes(replace(TO_NEW, content=OLD)), "20261124T101600Z-000000", flush=True)
        deadline = time.monotonic() + 5
        while log.read_text() != "tcpok\nalrm\n" and time.monotonic() < deadline:
            time.sleep(0.02)

    assert not unwished
    assert done.warnings == ()
    assert log.read_text() == "tcpok\nalrm\n"


def test_a_flush_that_fails_is_a_warning(dash: Sandbox) -> None:
    """What was applied stays applied."""
    done = dash.deploy(dash.changes(TO_NEW), flush=True)

    assert done.warnings == ("the queue was not flushed: no qmail-send runs here",)
    assert (dash.control / "smtproutes").read_bytes() == NEW
