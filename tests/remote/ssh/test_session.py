from __future__ import annotations

import socket
import time
from pathlib import Path

import paramiko
import pytest

from relayconf.connection import Ssh
from relayconf.errors import BecomeError, ConnectionLost, TcpRefused, Unreachable
from relayconf.model import Host
from relayconf.remote.ssh import Connector
from relayconf.remote.ssh.session import _download
from tests.support.hosts import qmail_host
from tests.support.shells import Sudo
from tests.support.ssh_server import SshServer

CAT = "f() { cat; }\nf"


def _host(server: SshServer, *, sudo: bool = False) -> Host:
    return qmail_host(address="127.0.0.1", ssh=Ssh(port=server.port, user="admin", become="sudo" if sudo else None))


@pytest.fixture(name="connector")
def _connector(home: Path) -> Connector:
    return Connector(home=home, system=home)


def test_sudo(server: SshServer, connector: Connector) -> None:
    """With `become` the script runs under `sudo -n`."""
    with connector.connect(_host(server, sudo=True)) as session:
        assert session.run(CAT, stdin=b"x").stdout == b"x"

    assert server.commands[0].startswith("exec sudo -n sh -c ")


@pytest.mark.parametrize("payload", [b"", bytes(10_000_000)])
@pytest.mark.parametrize(
    ("sudo", "message"),
    [
        ("asks", "sudo refused: sudo: a password is required (exit status 1)"),
        ("absent", "sudo refused: sh: 1: exec: sudo: not found (exit status 127)"),
    ],
)
def test_sudo_refuses(
    *, sudo: Sudo, message: str, payload: bytes, tmp_path: Path, home: Path, key: paramiko.PKey, connector: Connector
) -> None:
    """A refusal that closes the channel under a large upload is still sudo's refusal and no lost line."""
    with SshServer(tmp_path / "server", authorized=key, sudo=sudo) as server:
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts_line())
        with connector.connect(_host(server, sudo=True)) as session, pytest.raises(BecomeError) as caught:
            session.run(CAT, stdin=payload)

    assert caught.value.message == message


def test_talkative_login_shell(server: SshServer, connector: Connector) -> None:
    """What a .bashrc prints corrupts neither output."""
    server.noise = "echo welcome; printf 'no newline' >&2; "
    with connector.connect(_host(server)) as session:
        done = session.run("f() { echo out; echo err >&2; }\nf")

    assert (done.stdout, done.stderr) == (b"out\n", b"err\n")


def test_thirty_megabytes(server: SshServer, connector: Connector) -> None:
    """Thirty megabytes each way at the same time block nobody."""
    payload = bytes(range(256)) * (30_000_000 // 256)
    with connector.connect(_host(server)) as session:
        assert session.run(CAT, stdin=payload).stdout == payload


@pytest.mark.parametrize("after", [0, 100, 1_000_000])
def test_cut_in_the_payload(after: int, server: SshServer, connector: Connector) -> None:
    """A line that is cut in the script or in the payload loses the script's outcome."""
    server.drop_after = after
    with connector.connect(_host(server)) as session, pytest.raises(ConnectionLost) as caught:
        session.run(CAT, stdin=bytes(5_000_000))

    assert caught.value.message == "the line dropped; what the host did is unknown here"


def test_cut_before_the_end_of_the_output(server: SshServer, connector: Connector) -> None:
    """An exit status without the end of the output is no end: a line of the output may be missing."""
    server.cut_at_end = True
    with connector.connect(_host(server)) as session, pytest.raises(ConnectionLost) as caught:
        session.run("true")

    assert caught.value.message == "the line dropped; what the host did is unknown here"


def test_no_exit_status(server: SshServer, connector: Connector) -> None:
    """A script that was killed on a sound line is told apart from a line that dropped."""
    with connector.connect(_host(server)) as session, pytest.raises(ConnectionLost) as caught:
        session.run("kill -9 $$")

    assert caught.value.message == "the host sent no exit status; what the host did is unknown here"


def test_second_channel_refused(server: SshServer, connector: Connector) -> None:
    """A host that refuses a channel for the script (MaxSessions) has run nothing."""
    server.sessions = False
    with connector.connect(_host(server)) as session, pytest.raises(Unreachable) as caught:
        session.run(CAT)

    assert caught.value.message == "a channel for the script: the SSH server forbids it"


def test_time_out_closes_the_session(server: SshServer, connector: Connector) -> None:
    """After a time-out nothing more is sent to the host."""
    with connector.connect(_host(server)) as session:
        with pytest.raises(ConnectionLost, match=r"did not end within 0\.3 s"):
            session.run("sleep 20", timeout=0.3)
        with pytest.raises(ConnectionLost, match="the line dropped before the script was sent"):
            session.run("true")


def test_endless_output_closes_the_session(server: SshServer, connector: Connector) -> None:
    """A host that sends too much is sent nothing more, and its queue is not read further."""
    with connector.connect(_host(server)) as session:
        with pytest.raises(ConnectionLost, match="the host sent more than 1 MiB; given up"):
            session.run("cat /dev/zero", limit=2**20)
        with pytest.raises(ConnectionLost, match="the line dropped before the script was sent") as after:
            session.run("true", unknown_hint="plan again")

    assert after.value.hint == "plan again"


def test_queue_is_fetched_whole() -> None:
    """Paramiko queues what a host sends past the window: one read fetches it all, so that the limit counts it."""
    asked: list[int] = []
    taken: list[int] = []
    queue = [b"", bytes(3_000_000)]

    def read(most: int) -> bytes:
        asked.append(most)
        return queue.pop()

    def take(data: bytes) -> bool:
        taken.append(len(data))
        return len(data) <= 1000

    _download(read, take, 1000, lambda: taken.append(0))

    assert asked == [1001, 1001]
    assert taken == [3_000_000, 0]


def test_forwarding_forbidden(server: SshServer, connector: Connector) -> None:
    """A host whose sshd forbids forwarding is told apart from a closed port."""
    server.forwarding = False
    with connector.connect(_host(server)) as session, pytest.raises(TcpRefused) as caught:
        session.open_tcp("127.0.0.1", 25)

    assert caught.value.message == "no connection from the host to 127.0.0.1 port 25: its sshd forbids it"


def test_cut_under_a_connection(server: SshServer, connector: Connector) -> None:
    """When the line drops, a connection through it ends, and its pumps with it."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        connector.connect(_host(server)) as session,
        session.open_tcp("127.0.0.1", listener.getsockname()[1]) as connection,
    ):
        connection.settimeout(10)
        server.cut()

        assert connection.recv(1) == b""


def test_cheap(server: SshServer, connector: Connector) -> None:
    """A connection with a script costs little more than its cryptography, the server in this process included."""
    host = _host(server)
    with connector.connect(host) as session:  # imports and keys are paid once
        session.run("true")
    start = time.process_time()
    for _ in range(5):
        with connector.connect(host) as session:
            session.run("true")

    assert (time.process_time() - start) / 5 < 0.05
