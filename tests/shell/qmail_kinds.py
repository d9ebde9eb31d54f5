"""Homes with a qmail-remote: the double's, and a copy of a real one where this machine has it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.shell.sandbox import LOCALS, Sandbox, in_namespace, is_root, namespace
from tests.support.qmail_remote import install

REAL = Path("/var/qmail")
KINDS = ("double", "real") if is_root() and (REAL / "bin" / "qmail-remote").exists() else ("double",)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="relayconf-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def _double(shell: str, **files: bytes) -> Iterator[Sandbox]:
    with open_folder() as root:
        host = Sandbox(root=root, shell=shell).build(**files)
        install(host.home)
        yield host


@contextmanager
def _real(shell: str, **files: bytes) -> Iterator[Sandbox]:
    """The real one is compiled for one home: there, in a mount namespace of the test's own, is a copy of it."""
    with open_folder() as stage:
        commands = (
            f"mount -t tmpfs -o mode=755 stage {stage}",
            f"cp -a {REAL} {stage}/qmail",
            f"mount --bind {stage} /var",
        )
        with namespace(*commands) as pid:
            host = in_namespace(pid, Path("/var"), shell)
            (host.control / "smtproutes").unlink(missing_ok=True)
            for name, content in {"me": LOCALS, "locals": LOCALS, **files}.items():
                (host.control / name).write_bytes(content)
                (host.control / name).chmod(0o644)
            yield host


@contextmanager
def qmail_of(kind: str, shell: str = "dash", **files: bytes) -> Iterator[Sandbox]:
    """A host with the qmail-remote of that *kind*, and these control files."""
    with (_double if kind == "double" else _real)(shell, **files) as host:
        yield host
