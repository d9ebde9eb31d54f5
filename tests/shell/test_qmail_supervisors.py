"""qmail-send is told under the supervisors that Debian has: real ones, around a process that records its signals."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from relayconf.errors import DeployError
from relayconf.files import DesiredFile
from tests.shell.sandbox import LOCAL, ROUTES, Sandbox

TO_LOCALS = DesiredFile(path=LOCAL, content=b"edge.kamata-net.com\nkamata-net.com\n")
ALERT = "alert: unable to reread control/locals"

# Stand-ins: named and placed as qmail's are, so that /proc tells the same of them; shells that record their signals.
SEND = """\
#!/bin/sh
exec 2>&1
exec {home}/bin/qmail-send -c '
trap "echo send HUP >>{log}; [ ! -e {root}/poison ] || echo {alert}" HUP
trap "echo send ALRM >>{log}" ALRM
{home}/bin/qmail-rspawn -c "
trap \\"echo rspawn HUP >>{log}\\" HUP
trap \\"echo rspawn ALRM >>{log}\\" ALRM
while :; do sleep 0.05; done" &
spawner=$!
trap "kill $spawner; exit 0" TERM
echo "status: local 0/10 remote 0/20"
while :; do sleep 0.05; done'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """How one is started over a folder of services, how it ends, and its logger."""

    name: str
    start: tuple[str, ...]
    stop: tuple[tuple[str, ...], ...]
    logger: str


SUPERVISORS = (
    Supervisor(
        name="daemontools",
        start=("svscan", "{scan}"),
        stop=(("svc", "-dx", "{scan}/qmail-send", "{scan}/qmail-send/log"),),
        logger="multilog t {log}",
    ),
    Supervisor(
        name="runit",
        start=("runsv", "{scan}/qmail-send"),
        stop=(("sv", "-w", "5", "exit", "{scan}/qmail-send"),),
        logger="svlogd -tt {log}",
    ),
    Supervisor(
        name="s6",
        start=("s6-svscan", "{scan}"),
        stop=(("s6-svscanctl", "-t", "{scan}"),),
        logger="s6-log T {log}",
    ),
)


def _wait(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def _lay_out(host: Sandbox, supervisor: Supervisor) -> Path:
    scan, signals = host.root / "scan", host.root / "signals"
    service, logs = scan / "qmail-send", host.root / "logs"
    (service / "log").mkdir(parents=True)
    logs.mkdir()
    signals.write_text("")
    programs = host.home / "bin"
    programs.mkdir()
    for name in ("qmail-send", "qmail-rspawn"):
        shutil.copy("/bin/dash", programs / name)
    (programs / "qmail-tcpok").write_text(f"#!/bin/sh\necho tcpok >>{signals}\n")
    send = SEND.format(home=host.home, log=signals, root=host.root, alert=ALERT)
    scripts = {
        service / "run": send,
        service / "log" / "run": f"#!/bin/sh\nexec {supervisor.logger.format(log=logs)}\n",
    }
    for path, text in scripts.items():
        path.write_text(text)
    for path in (*scripts, programs / "qmail-tcpok"):
        path.chmod(0o755)
    return scan


@contextmanager
def supervised(host: Sandbox, supervisor: Supervisor) -> Iterator[Path]:
    """The file of signals of a qmail-send under *supervisor*."""
    scan = _lay_out(host, supervisor)
    start = [word.format(scan=scan) for word in supervisor.start]
    with subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            current = host.root / "logs" / "current"
            _wait(lambda: current.exists() and "status: " in current.read_text())
            yield host.root / "signals"
        finally:
            for command in supervisor.stop:
                subprocess.run(
                    [word.format(scan=scan) for word in command], check=False, timeout=20, capture_output=True
                )
            process.terminate()
            process.wait(20)
    _wait(lambda: not _alive(host.home))


def _alive(home: Path) -> list[Path]:
    found = []
    for path in Path("/proc").glob("[0-9]*/exe"):
        try:
            if path.readlink().is_relative_to(home):
                found.append(path)
        except OSError:
            continue
    return found


@pytest.fixture(name="supervisor", params=SUPERVISORS, ids=lambda supervisor: str(supervisor.name))
def _supervisor(request: pytest.FixtureRequest) -> Supervisor:
    supervisor = request.param
    assert isinstance(supervisor, Supervisor)
    if shutil.which(supervisor.start[0]) is None:
        pytest.skip(f"{supervisor.name} is not installed on this machine")
    return supervisor


def test_signals(dash: Sandbox, supervisor: Supervisor) -> None:
    """HUP for locals and for nothing else, ALRM after qmail-tcpok; to qmail-send alone, and it is not started anew."""
    with supervised(dash, supervisor) as signals:
        pids = [path.parent.name for path in _alive(dash.home)]
        dash.deploy(dash.changes(DesiredFile(path=ROUTES, content=b":[192.0.2.5]\n")))
        unheard = signals.read_text()
        dash.deploy(dash.changes(TO_LOCALS), "20261124T101600Z-000000")
        _wait(lambda: "HUP" in signals.read_text())
        dash.deploy(
            dash.changes(DesiredFile(path=ROUTES, content=b":[192.0.2.6]\n")), "20261124T101700Z-000000", flush=True
        )
        _wait(lambda: "ALRM" in signals.read_text())

        assert unheard == ""
        assert signals.read_text() == "send HUP\ntcpok\nsend ALRM\n"
        assert [path.parent.name for path in _alive(dash.home)] == pids


def test_its_logger_tells_of_a_failure(dash: Sandbox, supervisor: Supervisor) -> None:
    """The log is the one that the supervisor's logger writes; after the failure the old file is live, and told."""
    with supervised(dash, supervisor) as signals:
        before = dash.snapshot()
        (dash.root / "poison").touch()
        with pytest.raises(DeployError) as caught:
            dash.deploy(dash.changes(TO_LOCALS))
        _wait(lambda: signals.read_text().count("HUP") == 2)

        assert caught.value.message == f"verify: qmail-send says: {ALERT}; the host is as it was before"
        assert dash.snapshot() == before
        assert signals.read_text() == "send HUP\nsend HUP\n"
