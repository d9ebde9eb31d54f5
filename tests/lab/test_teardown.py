from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import CommandError, HostSpec, Lab, LabSpec
from tests.lab.lab import sweep
from tests.lab.machine import Place
from tests.lab.marks import needs_lab
from tests.lab.packages import CACHE

pytestmark = needs_lab

_ROOT = Path(__file__).parents[2]
_KINDS = ("net", "mnt", "pid", "uts", "ipc")
_SPEC = LabSpec(hosts=(HostSpec(name="mail1", mta="postfix"),))
_PARENT = """\
import os, sys, time
from tests.lab import CommandError, HostSpec, Lab, LabSpec
lab = Lab.up(LabSpec(hosts=(HostSpec(name="mail1", mta="postfix"),)))
lab.run(["sh", "-c", "sleep 1000 >/dev/null 2>&1 &"])
print(lab.directory, *lab.pids.values(), flush=True)
time.sleep(1000)
"""


def _is_zombie(process: Path) -> bool:
    """Whether it has ended and only waits for its parent, whoever that is by now, to take notice."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _environment() -> dict[str, str]:
    # these tests have a HOME of their own, and the layer of packages shall be made once
    return {**os.environ, "XDG_CACHE_HOME": str(CACHE.parent)}


def _namespaces_of(pid: int | str) -> set[str]:
    found = set()
    for kind in _KINDS:
        with suppress(OSError):
            found.add(str(Path(f"/proc/{pid}/ns/{kind}").readlink()))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traces:
    """What a lab that is up can be known by from outside."""

    directory: Path
    namespaces: frozenset[str]
    links: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, directory: Path, pids: list[int]) -> _Traces:
        namespaces = set().union(*map(_namespaces_of, pids)) - _namespaces_of("self")
        return cls(directory=directory, namespaces=frozenset(namespaces), links=tuple(socket.if_nameindex()))

    def left(self) -> list[str]:
        """Processes in the lab's namespaces, its mounts as seen from here, its folder."""
        pids = (path.name for path in Path("/proc").iterdir() if path.name.isdigit() and not _is_zombie(path))
        found = [f"process {pid}" for pid in pids if self.namespaces & _namespaces_of(pid)]
        found += [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(self.directory) in line]
        found += [str(path) for path in (self.directory,) if path.exists()]
        return found


def _await_nothing_left(traces: _Traces) -> None:
    deadline = time.monotonic() + 10
    while (left := traces.left()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def _traces_of(lab: Lab) -> _Traces:
    return _Traces.of(lab.directory, list(lab.pids.values()))


def test_down_leaves_nothing() -> None:
    """After `close` there is no process, namespace, mount, link or file of the lab."""
    lab = Lab.up(_SPEC)
    lab.run(["sh", "-c", "sleep 1000 >/dev/null 2>&1 &"])
    lab.host("mail1").run(["sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 &"])
    traces = _traces_of(lab)
    during = traces.left()

    lab.close()

    # hub, DNS, servers and mail1 have five or fewer namespaces each of their own
    assert len(traces.namespaces) >= 14
    assert len(during) > 10
    assert not [line for line in during if " - " in line]
    _await_nothing_left(traces)
    assert tuple(socket.if_nameindex()) == traces.links
    lab.close()


def test_a_failed_test_leaves_nothing() -> None:
    """An exception inside the `with` block takes the lab down, and is not hidden."""
    lab = Lab.up(_SPEC)
    traces = _traces_of(lab)

    with pytest.raises(ZeroDivisionError), lab:
        _ = 1 / 0

    _await_nothing_left(traces)


def test_a_killed_parent_leaves_nothing() -> None:
    """When the process that asked for the lab is killed -9, the lab goes, with what that had started in the hub."""
    command = [sys.executable, "-c", _PARENT]
    parent = subprocess.Popen(command, cwd=_ROOT, env=_environment(), stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout
        directory, *pids = parent.stdout.readline().split()
        traces = _Traces.of(Path(directory), [int(pid) for pid in pids])
        assert len(traces.left()) > 10

        parent.kill()

        _await_nothing_left(traces)


def test_a_killed_supervisor_leaves_nothing() -> None:
    """When the supervisor is killed -9, the kernel takes the hosts, and `close` the files."""
    lab = Lab.up(_SPEC)
    traces = _traces_of(lab)

    os.kill(lab.pids["supervisor"], signal.SIGKILL)
    lab.close()

    _await_nothing_left(traces)


def test_nothing_is_entered_after_the_end() -> None:
    """A host of a lab that is down is an error, even if another process had its number by now."""
    with Lab.up(_SPEC) as lab:
        host = lab.host("mail1")
    reused = Place(pid=os.getpid(), namespace="pid:[1]")

    for use in (lambda: host.run(["true"]), lambda: lab.run(["true"]), lab.inside, reused.living_pid):
        with pytest.raises(CommandError, match=r"the lab's process \d+ is no more"):
            use()


def test_the_next_lab_removes_what_was_left(tmp_path: Path) -> None:
    """A folder whose processes were all killed at once is swept; one in use, a young one and other files are not."""
    names = ("relayconf-lab-old", "relayconf-lab-used", "relayconf-lab-young", "other")
    old, used, young, other = (tmp_path / name for name in names)
    for directory in (old, used, young, other):
        directory.mkdir()
    for directory in (old, used, other):
        os.utime(directory, (0, 0))
    (tmp_path / "relayconf-lab-file").touch()
    lock = os.open(used, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)

        sweep(tmp_path)
    finally:
        os.close(lock)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other",
        "relayconf-lab-file",
        "relayconf-lab-used",
        "relayconf-lab-young",
    ]


def test_the_command_line_brings_up_and_down() -> None:
    """A lab made by hand outlives the command that made it, and ends with `down`."""

    def call(*arguments: str) -> str:
        command = [sys.executable, "-m", "tests.lab", f"--name=test-{os.getpid()}", *arguments]
        done = subprocess.run(command, cwd=_ROOT, env=_environment(), stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    up = call("up", "mail1:postfix", "--relay", "a.relays.test,ua=pa")
    try:
        directory = Path(up.splitlines()[-1])
        traces = _traces_of(Lab(directory))
        assert up.splitlines()[0] == "10.87.1.1    mail1"
        assert call("exec", "mail1", "hostname") == "mail1\n"
        assert call("run", "getent", "hosts", "mail1.lab.test").split() == ["10.87.1.1", "mail1.lab.test"]
    finally:
        call("down")
    _await_nothing_left(traces)
