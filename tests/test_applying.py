"""One host's change carried to its end, whatever the line does, on a real qmail tree by real shells."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relayconf.applying import Applied, Carrier, looks
from relayconf.deploy import Terms
from relayconf.errors import ConnectionLost, DeployError, RollbackFailed, Unreachable
from relayconf.files import DesiredFile
from relayconf.model import Host
from relayconf.mta import qmail
from relayconf.remote.base import Session
from relayconf.remote.local import LocalSession
from tests.shell.sandbox import NEW, OLD, ROUTES, TRANSACTION, VIRTUAL, Sandbox
from tests.support.hosts import qmail_host
from tests.support.sessions import dropping

TO_NEW = DesiredFile(path=ROUTES, content=NEW)


@dataclass(slots=True)
class Line:
    """What each new connection is: a session, or an error."""

    then: list[Callable[[], Session]] = field(default_factory=list)
    asked: int = 0

    def connect(self, host: Host) -> Session:
        """The next of those that were laid out, or one that works."""
        assert host.name
        self.asked += 1
        return self.then.pop(0)() if self.then else LocalSession()


def _unreachable() -> Session:
    raise Unreachable("no route")


def _apply(host: Sandbox, session: Session, line: Line | None = None, *, confirm: int | None = None) -> Applied:
    carrier = Carrier(
        host=qmail_host(home=host.home, state=host.root / "state"),
        mta=qmail,
        session=session,
        connect=(line or Line()).connect,
        reconnect=3,
    )
    changes = host.changes(TO_NEW, DesiredFile(path=VIRTUAL, content=b"a:b\n"))
    return carrier.apply(changes, TRANSACTION, Terms(confirm=confirm))


@pytest.fixture(name="host")
def _host(tmp_path: Path) -> Sandbox:
    return Sandbox(root=tmp_path).build(smtproutes=OLD)


def _routes(host: Sandbox) -> bytes:
    return (host.control / "smtproutes").read_bytes()


def test_a_line_that_holds(host: Sandbox) -> None:
    """Nobody connects again."""
    line = Line()
    done = _apply(host, LocalSession(), line)

    assert done == Applied(transaction=TRANSACTION, verified="unknown qmail-send does not run", warnings=())
    assert line.asked == 0


def test_the_host_finished_alone(host: Sandbox) -> None:
    """A new line finds the end of it, after one that did not come to be."""
    line = Line([_unreachable])
    done = _apply(host, dropping(0), line)

    assert done.warnings == ("the line dropped while the host was at work; it finished alone",)
    assert (_routes(host), line.asked) == (NEW, 2)


def test_the_host_never_began(host: Sandbox) -> None:
    """What the host never heard of changed nothing."""
    with pytest.raises(DeployError, match=r"^the line dropped; the host had not begun, nothing was changed$"):
        _apply(host, dropping(0, runs=False))
    assert _routes(host) == OLD


def test_the_host_does_not_answer_any_more(host: Sandbox) -> None:
    """Then nobody knows."""
    line = Line([_unreachable] * 2)
    with pytest.raises(ConnectionLost, match="the line dropped"):
        _apply(host, dropping(0), line)
    assert (_routes(host), line.asked) == (NEW, 2)


def test_the_host_put_itself_back(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is lost with the line, the end is not."""
    _shim(tmp_path, monkeypatch, "case $* in *virtualdomains) exit 1 ;; esac")
    with pytest.raises(DeployError, match="the host has put itself back as it was before"):
        _apply(host, dropping(0))
    assert _routes(host) == OLD


def _shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    shim = tmp_path / "shim" / "mv"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\n{text}\nexec /bin/mv "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")


def test_what_was_cut_short_is_put_right(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that was killed in the middle: the new connection recovers the host before it tells."""
    before = host.snapshot()
    kill = f"[ -e {tmp_path}/killed ] || {{ : >{tmp_path}/killed; kill -9 $PPID; }}"
    _shim(tmp_path, monkeypatch, f"case $* in *.new*virtualdomains) {kill} ;; esac")
    with pytest.raises(DeployError, match="the host has put itself back as it was before"):
        _apply(host, LocalSession())
    assert host.snapshot() == before
    assert host.observe().unfinished is None


def test_confirmed_at_once(host: Sandbox) -> None:
    """What was verified is confirmed on the same line."""
    line = Line()
    _apply(host, LocalSession(), line, confirm=600)

    assert (_routes(host), line.asked) == (NEW, 0)
    assert "state.unconfirmed" not in host.observe().values


@pytest.mark.parametrize(("good", "runs"), [(0, True), (1, True), (1, False)])
def test_the_confirmation_is_made_up_for(host: Sandbox, good: int, *, runs: bool) -> None:
    """When the line drops before the confirmation, or its answer is lost, a new one sees to it."""
    done = _apply(host, dropping(good, runs=runs), confirm=600)

    assert done.warnings == ("the line dropped while the host was at work; it finished alone",)
    assert _routes(host) == NEW
    assert "state.unconfirmed" not in host.observe().values


def test_too_late_to_confirm(host: Sandbox) -> None:
    """Nobody could confirm, and the host has rolled back by itself."""

    def late() -> Session:
        host.undo("rollback", f"expect {TRANSACTION}")
        return LocalSession()

    with pytest.raises(DeployError, match="the host has put itself back as it was before"):
        _apply(host, dropping(1, runs=False), Line([late]), confirm=600)
    assert _routes(host) == OLD


def test_still_at_work(host: Sandbox) -> None:
    """A host that is at work to the last look has no end that could be told."""

    def busy() -> Session:
        folder = host.state / "txn" / TRANSACTION
        (folder / "status").unlink(missing_ok=True)
        lock = host.state / "lock"
        if not lock.is_symlink():
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            stat = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
            lock.symlink_to(f"{os.getpid()}.{stat[19]}:{boot}:{TRANSACTION}")
        return LocalSession()

    with pytest.raises(ConnectionLost, match="the line dropped"):
        _apply(host, dropping(0), Line([busy] * 2))


@pytest.mark.parametrize(("seconds", "pauses"), [(0, ()), (1, (1,)), (9, (2, 6, 1)), (70, (2, 6, 18, 44))])
def test_looks(seconds: int, pauses: tuple[int, ...]) -> None:
    """Soon, then ever less often, and not longer than it was wanted."""
    assert looks(seconds) == pauses


def test_a_host_that_cannot_be_put_right(host: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the recovery over the new line says is the end."""
    kill = f"[ -e {tmp_path}/killed ] || {{ : >{tmp_path}/killed; kill -9 $PPID; }}"
    _shim(tmp_path, monkeypatch, f"case $* in *.new*virtualdomains) {kill} ;; *.old*) exit 1 ;; esac")
    with pytest.raises(RollbackFailed, match="cannot be put right"):
        _apply(host, LocalSession())
