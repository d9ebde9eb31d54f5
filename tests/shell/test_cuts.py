"""The shell is killed at every external command: the host heals at the next contact, whole old or whole new."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from relayconf.errors import ConnectionLost, StalePlan
from relayconf.files import DesiredFile
from tests.shell.sandbox import APPLETS, LOCAL, LOCALS, NEW, OLD, ROUTES, VIRTUAL, Sandbox, shells

# By default a sample of the cuts; `RELAYCONF_CUTS=all` makes every one.
STRIDE = 1 if os.environ.get("RELAYCONF_CUTS") == "all" else 18

# Commands of one pipeline run at once: each claims its number by making a file that must not exist.
SHIM = """#!/bin/dash
read -r die when only <{count}/die
[ "${{only:-{name}}}" = {name} ] || exec {real} "$@"
set -fC
n=1
until {{ command : >{count}/n/$n; }} 2>/dev/null; do n=$((n + 1)); done
read -r line </proc/$$/stat
victim() {{ kill -9 $6; }}
if [ $n = "$die" ] && [ $when = before ]; then victim $line; fi
{real} "$@"
status=$?
if [ $n = "$die" ] && [ $when = after ]; then victim $line; fi
exit $status
"""


class Cutter:
    """A PATH whose every command counts, and kills the session's shell at the one that is wanted."""

    def __init__(self, folder: Path, *, busybox: bool) -> None:
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        for name in (*APPLETS, "nice") if not busybox else APPLETS:
            real = shutil.which("busybox") if busybox else shutil.which(name)
            if real and name not in {"dd", "[", "test", "echo", "printf", "sh", "busybox"}:
                shim = folder / "bin" / name
                shim.write_text(SHIM.format(count=folder, name=name, real=f"{real} {name}" if busybox else real))
                shim.chmod(0o755)
        self.path = f"{folder / 'bin'}:{os.environ['PATH']}"

    def arm(self, number: int, when: str, only: str = "") -> None:
        """Die before or after command *number*, or the run *number* of the command *only*; 0 is never."""
        shutil.rmtree(self.folder / "n", ignore_errors=True)
        (self.folder / "n").mkdir()
        (self.folder / "die").write_text(f"{number} {when} {only}\n")

    @property
    def counted(self) -> int:
        """How many commands ran."""
        return len(list((self.folder / "n").iterdir()))


WANTED = (
    DesiredFile(path=ROUTES, content=NEW),
    DesiredFile(path=VIRTUAL, content=b"shop.kamata-net.com:shop\n", mode=0o604),
    DesiredFile(path=LOCAL, content=None),
)
PHASED = (
    DesiredFile(path=ROUTES, content=b":half.way\n"),
    DesiredFile(path=VIRTUAL, content=b"shop.kamata-net.com:shop\n", mode=0o604, phase=1),
    DesiredFile(path=ROUTES, content=NEW, phase=1),
    DesiredFile(path=LOCAL, content=None, phase=2),
)


def cut_once(root: Path, shell: str, cutter: Cutter, patch: pytest.MonkeyPatch, *, number: int, when: str) -> bool:
    """One deploy that dies at command *number*, and its recovery. False when it did not come to that command."""
    shutil.rmtree(root, ignore_errors=True)
    host = Sandbox(root=root, shell=shell).build(smtproutes=OLD)
    (host.control / "smtproutes").chmod(0o604)
    if os.geteuid() == 0:
        os.chown(host.control / "smtproutes", 12345, 54321)
    old = host.snapshot()
    changes = host.changes(*PHASED)
    owner = (old["smtproutes"][2], old["smtproutes"][3])
    mine = (os.geteuid(), host.control.stat().st_gid)
    new = {name: entry for name, entry in old.items() if name != "locals"}
    new |= {"smtproutes": (NEW, 0o604, *owner), "virtualdomains": (b"shop.kamata-net.com:shop\n", 0o604, *mine)}
    cutter.arm(number, when)
    with patch.context() as inner:
        inner.setenv("PATH", cutter.path)
        try:
            host.deploy(changes)
        except ConnectionLost:
            died = True
        else:
            died = False
            assert host.snapshot() == new
    host.deploy([], "20261124T101600Z-000000")
    assert host.snapshot() in (old, new), f"mixed after a cut {when} command {number}"
    assert host.is_clean(), f"left over after a cut {when} command {number}"
    assert host.observe().unfinished is None
    return died


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("shell", shells())
def test_killed_at_a_command(shell: str, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After kill -9 at any external command, one contact makes every file the old or every file the new one."""
    cutter = Cutter(tmp_path / "cutter", busybox=shell.startswith("busybox"))
    cutter.arm(0, when)
    assert not cut_once(tmp_path / "host", shell, cutter, monkeypatch, number=0, when=when)
    total = cutter.counted
    assert total > 40, total

    # Another part of the commands in every shell, so that a run of the sample covers more of them.
    first = 1 + (sum(shell.encode()) + (when == "after")) % STRIDE
    for number in range(first, total + 1, STRIDE):
        cut_once(tmp_path / "host", shell, cutter, monkeypatch, number=number, when=when)


def test_recovery_is_cut_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recovery that is killed at any command is taken up by the next one."""
    cutter = Cutter(tmp_path / "cutter", busybox=False)
    root = tmp_path / "host"
    for number in range(1, 40, 6 if STRIDE > 1 else 1):
        shutil.rmtree(root, ignore_errors=True)
        host = Sandbox(root=root).build(smtproutes=OLD)
        old = host.snapshot()
        changes = host.changes(*PHASED)
        with monkeypatch.context() as inner:
            inner.setenv("PATH", cutter.path)
            cutter.arm(4, "after", "mv")  # the third swap, in the second phase
            with pytest.raises(ConnectionLost):
                host.deploy(changes)
            assert host.snapshot() != old
            for attempt in range(2):
                cutter.arm(number + 7 * attempt, "before")
                try:
                    host.deploy([], f"20261124T101{attempt}00Z-000000")
                except ConnectionLost:
                    continue
        host.deploy([], "20261124T102000Z-000000")

        assert host.snapshot() == old
        assert host.is_clean()


def roll_back_once(
    root: Path, shell: str, cutter: Cutter, patch: pytest.MonkeyPatch, *, number: int, when: str
) -> None:
    """One rollback that dies at command *number*, and its recovery: all of the newer or all of the older state."""
    shutil.rmtree(root, ignore_errors=True)
    host = Sandbox(root=root, shell=shell).build(smtproutes=OLD)
    (host.control / "smtproutes").chmod(0o604)
    old = host.snapshot()
    host.deploy(host.changes(*PHASED))
    new = host.snapshot()
    cutter.arm(number, when)
    with patch.context() as inner:
        inner.setenv("PATH", cutter.path)
        try:
            report = host.undo("rollback")
        except ConnectionLost:
            pass
        else:
            assert report[-1] == "end 0", report
            assert host.snapshot() == old
    host.undo("recover")
    assert host.snapshot() in (old, new), f"mixed after a cut {when} command {number}"
    assert host.is_clean(), f"left over after a cut {when} command {number}"
    assert host.observe().unfinished is None
    stands = "rolled-back" if host.snapshot() == old else "applied"
    assert host.undo("history")[0].split("\t")[1] == stands
    assert bool({name for name in host.observe().values if name.startswith("applied.")}) is (stands == "applied")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("shell", shells())
def test_rollback_is_cut(shell: str, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rollback that is killed at any external command is finished, or had not begun."""
    cutter = Cutter(tmp_path / "cutter", busybox=shell.startswith("busybox"))
    roll_back_once(tmp_path / "host", shell, cutter, monkeypatch, number=0, when=when)
    total = cutter.counted
    assert total > 40, total
    first = 1 + (sum(shell.encode()) + (when == "after")) % STRIDE
    for number in range(first, total + 1, STRIDE):
        roll_back_once(tmp_path / "host", shell, cutter, monkeypatch, number=number, when=when)


def test_stale_after_recovery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that saw the half-done state is stale once the transaction is rolled back."""
    cutter = Cutter(tmp_path / "cutter", busybox=False)
    host = Sandbox(root=tmp_path / "host").build(smtproutes=OLD)
    changes = host.changes(*WANTED)
    with monkeypatch.context() as inner:
        inner.setenv("PATH", cutter.path)
        cutter.arm(2, "after", "mv")  # the first swap
        with pytest.raises(ConnectionLost):
            host.deploy(changes)
    assert host.observe().unfinished == "20261124T101500Z-3fa2c1"
    assert (host.control / "smtproutes").read_bytes() == NEW

    with pytest.raises(StalePlan, match=r"qmail:smtproutes: its content is another"):
        host.deploy(host.changes(DesiredFile(path=ROUTES, content=b":other\n")), "20261124T101600Z-000000")

    assert (host.control / "smtproutes").read_bytes() == OLD
    assert (host.control / "locals").read_bytes() == LOCALS
