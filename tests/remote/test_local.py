from __future__ import annotations

import errno
import os
import socket
import time
from pathlib import Path

import pytest

from relayconf.errors import BecomeError, ConnectError, ConnectionLost, TcpReason, TcpRefused
from relayconf.remote.local import LocalSession, _reason
from tests.support.shells import shell_folder


def _is_alive(pid: str) -> bool:
    # An orphan whose new parent never waits for it stays as a zombie.
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_shell_is_missing() -> None:
    """A shell that is not there is named."""
    with pytest.raises(ConnectError) as caught:
        LocalSession(shell="no-such-shell").run("true")  # noqa: S604  the name of a shell

    assert caught.value.message == "cannot run `no-such-shell`: no such file or directory"


def test_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `become` the script runs under sudo."""
    monkeypatch.setenv("PATH", f"{shell_folder(tmp_path, shell='sh', sudo='no password')}:{os.environ['PATH']}")  # noqa: S604  the name of a shell

    assert LocalSession(become="sudo").run("f() { cat; }\nf", stdin=b"x").stdout == b"x"


@pytest.mark.parametrize("payload", [b"", bytes(5_000_000)])
def test_sudo_asks(payload: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sudo that wants a password is told apart from a script that failed, however much is being sent to it."""
    monkeypatch.setenv("PATH", f"{shell_folder(tmp_path, shell='sh', sudo='asks')}:{os.environ['PATH']}")  # noqa: S604  the name of a shell

    with pytest.raises(BecomeError, match="sudo refused: sudo: a password is required"):
        LocalSession(become="sudo").run("true", stdin=payload)


def test_killed() -> None:
    """A script that was killed has an unknown outcome."""
    with pytest.raises(ConnectionLost, match="the script was killed; what the host did is unknown here"):
        LocalSession().run("kill -9 $$")


def test_time_out_ends_the_script(tmp_path: Path) -> None:
    """After the time-out the script is asked to end, so that it can clean up."""
    script = f"f() {{ trap 'echo cleaned > {tmp_path}/log; exit 1' TERM; sleep 60 & wait; }}\nf"

    with pytest.raises(ConnectionLost) as caught:
        LocalSession().run(script, timeout=0.5)

    assert caught.value.message == "the script did not end within 0.5 s; what the host did is unknown here"
    assert (tmp_path / "log").read_text() == "cleaned\n"


def test_time_out_kills_in_the_end(tmp_path: Path) -> None:
    """A script that ignores SIGTERM is killed, with everything that it started."""
    script = f"f() {{ trap '' TERM; echo $$ > {tmp_path}/pid; sleep 60; }}\nf"

    with pytest.raises(ConnectionLost):
        LocalSession(grace=0.2).run(script, timeout=0.5)

    pid = (tmp_path / "pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


def test_time_out_in_the_payload() -> None:
    """A script that stops reading in the middle of its payload does not hold us up beyond the time-out."""
    start = time.monotonic()

    with pytest.raises(ConnectionLost, match=r"did not end within 0\.5 s"):
        LocalSession().run("f() { head -c 20000 >/dev/null; exec sleep 20; }\nf", stdin=bytes(1_000_000), timeout=0.5)

    assert time.monotonic() - start < 10


def test_time_out_of_what_cannot_be_killed(tmp_path: Path) -> None:
    """What left the script's process group, as sudo's children are out of reach, does not hold us up."""
    script = f"f() {{ setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 60' & wait; }}\nf"
    start = time.monotonic()

    with pytest.raises(ConnectionLost):
        LocalSession(grace=0.2).run(script, timeout=0.5)

    assert time.monotonic() - start < 5
    os.kill(int((tmp_path / "pid").read_text()), 9)


def test_endless_output_is_killed(tmp_path: Path) -> None:
    """A script that prints without end and ignores SIGTERM is killed, with everything that it started."""
    script = f"f() {{ trap '' TERM; cat /dev/zero & echo $$ $! > {tmp_path}/pids; cat /dev/zero >&2; }}\nf"

    with pytest.raises(ConnectionLost):
        LocalSession(grace=0.2).run(script, limit=2**20, timeout=20)

    end = time.monotonic() + 5
    for pid in (tmp_path / "pids").read_text().split():
        while _is_alive(pid):
            assert time.monotonic() < end
            time.sleep(0.05)


def test_endless_output_may_clean_up(tmp_path: Path) -> None:
    """A script that printed too much may clean up, and more output does not keep it from it."""
    script = (
        f"f() {{ trap 'head -c 1000000 /dev/zero; echo cleaned > {tmp_path}/log; exit 1' TERM\n"
        "while :; do head -c 10000 /dev/zero; done; }\nf"
    )

    with pytest.raises(ConnectionLost):
        LocalSession().run(script, limit=2**20, timeout=20)

    assert (tmp_path / "log").read_text() == "cleaned\n"


def test_tcp_reasons() -> None:
    """On this machine the reasons can be told apart."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(TcpRefused) as refused:
        LocalSession().open_tcp("127.0.0.1", port)
    with pytest.raises(TcpRefused) as unresolvable:
        LocalSession().open_tcp("no-such-host.invalid", 25)

    assert refused.value.message == f"no connection to 127.0.0.1 port {port}: connection refused"
    assert unresolvable.value.message == "no connection to no-such-host.invalid port 25: the name does not resolve"
    assert (refused.value.reason, unresolvable.value.reason) == ("refused", "no name")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "no name"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "unknown"),
        (TimeoutError(), "timeout"),
        (ConnectionRefusedError(), "refused"),
        (OSError(errno.EHOSTUNREACH, "x"), "no route"),
        (OSError(errno.EPERM, "x"), "unknown"),
    ],
)
def test_tcp_reasons_as_words(error: OSError, reason: TcpReason) -> None:
    """That nobody could be asked for a name says nothing of the name."""
    assert _reason(error) == reason


def test_tcp_time_out() -> None:
    """A port that answers nothing is given up after the time-out."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # the kernel holds one connection and drops the further ones
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), pytest.raises(TcpRefused) as caught:
            LocalSession().open_tcp("127.0.0.1", port, timeout=0.3)

    assert caught.value.message == f"no connection to 127.0.0.1 port {port}: no answer in time"
    assert caught.value.reason == "timeout"
