"""The few Linux system calls that Python 3.11 does not offer: namespaces, mounts, pivot_root(2), prctl(2)."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntFlag
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_PR_SET_PDEATHSIG = 1
_MNT_DETACH = 2

MACHINES = tuple(_PIVOT_ROOT)
"""Processor architectures whose number of pivot_root(2) is known here."""


class Namespace(IntFlag):
    """The CLONE_NEW* bits of unshare(2) and setns(2)."""

    MOUNT = 0x00020000
    UTS = 0x04000000
    IPC = 0x08000000
    PID = 0x20000000
    NET = 0x40000000


class MountFlag(IntFlag):
    """The MS_* bits of mount(2)."""

    NONE = 0
    READ_ONLY = 1
    NO_SUID = 2
    NO_DEV = 4
    NO_EXEC = 8
    BIND = 4096
    RECURSIVE = 16384
    PRIVATE = 1 << 18


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(namespaces: Namespace) -> None:
    """Leave these namespaces for new ones; PID is for the next children, the others for the calling thread."""
    _check(_libc.unshare(int(namespaces)), f"unshare {namespaces!r}")


def setns(descriptor: int, namespace: Namespace) -> None:
    """Let the calling thread (for PID: its next children) join the namespace that *descriptor* stands for."""
    _check(_libc.setns(descriptor, int(namespace)), f"setns {namespace!r}")


def mount(source: str, target: Path, kind: str, flags: MountFlag = MountFlag.NONE, data: str = "") -> None:
    """Add a file system to the tree. Raises OSError naming the target."""
    arguments = (source.encode(), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), data.encode())
    _check(_libc.mount(*arguments), f"mount {target}")


def make_mounts_private() -> None:
    """Stop mounts made from here on from showing in the mount namespace we came from, and the other way round."""
    mount("none", Path("/"), "none", MountFlag.RECURSIVE | MountFlag.PRIVATE)


def unmount(target: Path) -> None:
    """Take *target* out of the tree at once; its contents go when the last user does."""
    _check(_libc.umount2(os.fsencode(target), _MNT_DETACH), f"umount {target}")


def pivot_into(root: Path) -> None:
    """Make *root*, a mount, the root of this mount namespace and drop the old one (pivot_root(2), last example)."""
    os.chdir(root)
    _check(_libc.syscall(_PIVOT_ROOT[os.uname().machine], b".", b"."), f"pivot_root {root}")
    unmount(Path())
    os.chdir("/")


def set_hostname(name: str) -> None:
    """The name of this UTS namespace."""
    _check(_libc.sethostname(name.encode(), len(name)), f"sethostname {name}")


def die_with_parent() -> None:
    """Ask for SIGKILL when the thread that forked this process ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl")


def pid_namespace(pid: int | str = "self") -> str:
    """What tells one PID namespace from another, and so a PID 1 from any other process that gets its number later."""
    return str(Path(f"/proc/{pid}/ns/pid").readlink())


@contextmanager
def network_of(pid: int) -> Iterator[None]:
    """The calling thread, and threads it starts meanwhile, are in the network namespace of *pid*."""
    home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns(there, Namespace.NET)
        finally:
            os.close(there)
        try:
            yield
        finally:
            setns(home, Namespace.NET)
    finally:
        os.close(home)
