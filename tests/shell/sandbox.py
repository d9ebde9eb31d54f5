"""A qmail host in a temporary folder, and real shells to run the scripts on it."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import PIPE, Popen, run
from typing import Final, TypeAlias

from relayconf.deploy import Deployed, Terms, _stdin, deploy
from relayconf.facts import Facts
from relayconf.files import ActualFile, Change, DesiredFile
from relayconf.mta import qmail
from relayconf.observe import observe, request_text
from relayconf.remote.local import LocalSession
from relayconf.shell import DEPLOY, UNDO, assemble
from tests.support.hosts import qmail_host

Snapshot: TypeAlias = Mapping[str, tuple[bytes, int, int, int]]
"""Content, mode, uid and gid of every file, hidden ones included."""

OLD: Final = b"kamata-net.com:192.168.0.100\n"
NEW: Final = b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n"
LOCALS: Final = b"edge.kamata-net.com\n"

TRANSACTION: Final = "20261124T101500Z-3fa2c1"
ROUTES: Final = "qmail:smtproutes"
VIRTUAL: Final = "qmail:virtualdomains"
LOCAL: Final = "qmail:locals"

APPLETS: Final = (
    "busybox", "[", "cat", "chgrp", "chmod", "chown", "cut", "date", "dd", "echo", "env", "false", "gzip", "head", "id",
    "kill", "ln", "ls", "lsattr", "mkdir", "mv", "nsenter", "od", "printf", "readlink", "rm", "rmdir", "sed",
    "sha256sum", "sh", "sleep", "stat", "sync", "tail", "test", "touch", "tr", "true", "uname", "wc",
)  # fmt: skip


def shells() -> list[str]:
    """Every shell of this machine that a mail host may have as `sh`."""
    names = [name for name in ("dash", "bash", "busybox", "mksh") if shutil.which(name)]
    return ["busybox sh" if name == "busybox" else name for name in names]


def busybox_path(folder: Path) -> str:
    """A PATH of busybox applets alone (the scripts append the usual directories to it)."""
    folder.mkdir()
    busybox = shutil.which("busybox")
    assert busybox is not None
    for applet in APPLETS:
        (folder / applet).symlink_to(busybox)
    return str(folder)


def as_left(before: ActualFile, after: DesiredFile) -> ActualFile:
    """The file as the change from *before* to *after* leaves it."""
    if after.content is None:
        return ActualFile(path=before.path, target=before.target, present=False)
    digest = hashlib.sha256(after.content).hexdigest()
    return replace(before, present=True, content=after.content, sha256=digest, size=len(after.content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A qmail home and a state directory under *root*; *inside* is how the test itself reaches them."""

    root: Path
    shell: str = "dash"
    inside: Path = field(default=Path("/"))

    @property
    def home(self) -> Path:
        """The qmail home as the scripts see it."""
        return self.root / "qmail"

    @property
    def control(self) -> Path:
        """The control directory as the test sees it."""
        return self.inside / self.home.relative_to("/") / "control"

    @property
    def state(self) -> Path:
        """The state directory as the test sees it."""
        return self.inside / self.root.relative_to("/") / "state"

    @property
    def session(self) -> LocalSession:
        """A session that runs the scripts by *shell*."""
        return LocalSession(shell=self.shell)

    def build(self, **files: bytes) -> Sandbox:
        """Make the control directory, with `me`, `locals`, `rcpthosts` and the files that are given."""
        self.control.mkdir(parents=True)
        for name, content in {"me": LOCALS, "locals": LOCALS, "rcpthosts": b"kamata-net.com\n", **files}.items():
            (self.control / name).write_bytes(content)
            (self.control / name).chmod(0o644)
        return self

    def observe(self, known: Mapping[str, str] | None = None) -> Facts:
        """What `observe` finds."""
        return observe(self.session, qmail_host(home=self.home, state=self.root / "state"), qmail, known)

    def changes(self, *wanted: DesiredFile) -> list[Change]:
        """The changes to *wanted*, from what is there now, phase after phase."""
        now = dict(self.observe().files)
        changes = []
        for after in wanted:
            changes.append(Change(before=now[after.path], after=after))
            now[after.path] = as_left(now[after.path], after)
        return changes

    def deploy(
        self,
        changes: Sequence[Change],
        transaction: str = TRANSACTION,
        *,
        flush: bool = False,
        confirm: int | None = None,
    ) -> Deployed:
        """Deploy *changes*."""
        host = qmail_host(home=self.home, state=self.root / "state")
        return deploy(self.session, host, qmail, changes, transaction, terms=Terms(flush=flush, confirm=confirm))

    def undo(self, action: str, *lines: str) -> list[str]:
        """The report of an action on the transactions that are there."""
        host = qmail_host(home=self.home, state=self.root / "state")
        stdin = request_text(host, qmail, [f"action {action}", *lines])
        return self.session.run(assemble(qmail.SHELL, *UNDO), stdin=stdin).stdout.decode().splitlines()

    def undo_by_hand(self, *arguments: str) -> tuple[int, list[str]]:
        """The status and the lines of the script that stays on the host."""
        command = [*self.shell.split(), str(self.state / "undo"), *arguments]
        done = run(command, stdout=PIPE, check=False, text=True)
        return done.returncode, done.stdout.splitlines()

    def stdin(self, changes: Sequence[Change], transaction: str = TRANSACTION) -> bytes:
        """What such a deploy sends behind its script; the host waits a second for the next byte."""
        host = qmail_host(home=self.home, state=self.root / "state")
        return _stdin(host, qmail, changes, transaction, patience=1)

    def send(self, stdin: bytes) -> str:
        """The report of a deploy that gets *stdin*."""
        return self.session.run(assemble(qmail.SHELL, *DEPLOY), stdin=stdin).stdout.decode()

    def snapshot(self) -> Snapshot:
        """Every file of the control directory."""
        return {
            path.name: (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), path.stat().st_uid, path.stat().st_gid)
            for path in sorted(self.control.iterdir())
        }

    def journal(self, transaction: str = TRANSACTION) -> list[str]:
        """The lines of a transaction's journal."""
        return (self.state / "txn" / transaction / "journal").read_text().splitlines()

    def is_clean(self) -> bool:
        """Whether no lock, no half-received payload and no temporary file is left."""
        left = {path.name for path in self.state.iterdir()} - {"txn", "incoming", "applied", "undo"}
        hidden = [path for path in self.control.iterdir() if path.name.startswith(".")]
        contents = [path for path in self.state.rglob("content") if path.is_file()]
        return not left and not hidden and not contents and not list((self.state / "incoming").iterdir())


@contextmanager
def namespace(*commands: str) -> Iterator[int]:
    """The pid of a process in a mount namespace of its own, in which *commands* were run. Needs root."""
    script = " && ".join(["mount --make-rprivate /", *commands, "echo ready", "exec sleep 120"])
    with Popen(["unshare", "-m", "sh", "-c", script], stdout=PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process.pid
        finally:
            process.kill()


def in_namespace(pid: int, root: Path, shell: str = "dash") -> Sandbox:
    """A sandbox that lives in the namespace of *pid*."""
    return Sandbox(root=root, inside=Path(f"/proc/{pid}/root"), shell=f"nsenter -t {pid} -m {shell}")  # noqa: S604  a name


def is_root() -> bool:
    """Whether the test runs as root."""
    return os.geteuid() == 0


@contextmanager
def running(
    home: Path,
    name: str,
    script: str = "read x",
    *,
    user: int | None = None,
    group: int | None = None,
    inside: int | None = None,
) -> Iterator[int]:
    """The pid of a process that runs *home*/bin/*name*: a copy of a shell, so that it can be told what to do.

    *user* and *group* are its ids, *inside* a process whose mount namespace it shares; all need root.
    """
    program = home / "bin" / name
    program.parent.mkdir(exist_ok=True)
    if not program.exists():
        shutil.copy("/bin/dash", program)
    enter = [] if inside is None else ["nsenter", "-t", str(inside), "-m"]
    with Popen([*enter, program, "-c", script], stdin=PIPE, user=user, group=group) as process:
        try:
            deadline = time.monotonic() + 5
            while Path(f"/proc/{process.pid}/comm").read_text() != f"{name}\n" and time.monotonic() < deadline:
                time.sleep(0.01)
            yield process.pid
        finally:
            process.kill()
