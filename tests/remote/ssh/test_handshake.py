from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import paramiko
import pytest

from relayconf.connection import Ssh
from relayconf.errors import AuthenticationFailed
from relayconf.model import Host
from relayconf.remote.ssh import Connector
from relayconf.remote.ssh.handshake import check_host_key, start
from relayconf.remote.ssh.known_hosts import Entry, KnownHosts, Verdict, fingerprint
from relayconf.remote.ssh.tcp import dial
from tests.support.hosts import qmail_host
from tests.support.openssh_client import need_openssh_client
from tests.support.ssh_keys import write_ed25519
from tests.support.ssh_server import SshServer


def _host(server: SshServer, identity: str | None = None) -> Host:
    return qmail_host(address="127.0.0.1", ssh=Ssh(port=server.port, user="admin", identity_file=identity))


def _failure(home: Path, host: Host) -> AuthenticationFailed:
    with pytest.raises(AuthenticationFailed) as caught:
        Connector(home=home, system=home, connect_timeout=5).connect(host)
    return caught.value


def _where(server: SshServer) -> str:
    return f"127.0.0.1 port {server.port}: admin"


def test_algorithms(server: SshServer, home: Path) -> None:
    """The cheap algorithms are agreed on: a curve, and AES-GCM."""
    with Connector(home=home, system=home).connect(_host(server)) as session:
        transport = session._transports[-1]

        assert transport.local_cipher == "aes128-gcm@openssh.com"
        assert transport.get_security_options().kex[0] == "curve25519-sha256@libssh.org"
        assert transport.get_security_options().kex[-1].startswith("diffie-hellman")


def _await(server: SshServer, count: int, seconds: float) -> list[str]:
    end = time.monotonic() + seconds
    while len(server.global_requests) < count and time.monotonic() < end:
        time.sleep(0.05)
    return server.global_requests[:count]


def test_keepalive(server: SshServer, home: Path) -> None:
    """An idle session sends keepalives, as often as ServerAliveInterval says, so that a dead line is noticed."""
    (home / ".ssh" / "config").write_text("ServerAliveInterval 1\n")
    with Connector(home=home, system=home).connect(_host(server)):
        assert _await(server, 1, 20) == ["keepalive@lag.net"]


def test_keepalive_of_itself(server: SshServer, home: Path) -> None:
    """Without a word of ssh_config a keepalive is due after 15 seconds; `ServerAliveInterval 0` turns them off."""
    connector = Connector(home=home, system=home)
    (home / ".ssh" / "off").write_text("ServerAliveInterval 0\n")
    off = Connector(config=home / ".ssh" / "off", home=home, system=home)
    with connector.connect(_host(server)) as session, off.connect(_host(server)) as silent:
        intervals = [
            vars(one._transports[-1].packetizer)["_Packetizer__keepalive_interval"] for one in (session, silent)
        ]

    assert intervals == [15, 0]


class _Overtaken(KnownHosts):
    """Where another thread writes the key down between our look and our writing."""

    def __init__(self, file: Path) -> None:
        super().__init__([file])
        self.others = 1

    def judge(self, names: Sequence[str], key: bytes) -> tuple[Verdict, Entry | None]:
        found = super().judge(names, key)
        if self.others:
            self.others -= 1
            self.add(names[0], "ssh-ed25519", key)
        return found


def test_new_key_was_told_already(server: SshServer, home: Path) -> None:
    """Of two threads that meet a new key at the same time, only the one that writes it down tells of it."""
    known = _Overtaken(home / "hosts")
    told: list[str] = []
    target = Connector(home=home, system=home)._target("127.0.0.1", user="admin", port=server.port)
    transport = start(dial("127.0.0.1", server.port, 5), target, known)
    try:
        check_host_key(transport, target, known, accepted=told.append)
    finally:
        transport.close()

    assert (home / "hosts").read_text() == server.known_hosts_line()
    assert told == []


def test_no_key(server: SshServer, home: Path) -> None:
    """Without any key the error says how to name one."""
    (home / ".ssh" / "id_ed25519").unlink()

    error = _failure(home, _host(server))

    assert error.message == f"{_where(server)} was not let in: no key was found"
    assert error.hint == (
        "name a key by `ssh: {identity_file: …}`, or start an agent; relayconf never asks for a password"
    )


def test_wrong_key(server: SshServer, home: Path) -> None:
    """The keys that were offered are listed by their files, and those that could not be with the reason."""
    write_ed25519(home / ".ssh" / "id_ed25519")
    (home / ".ssh" / "id_rsa").write_text("nonsense")

    error = _failure(home, _host(server))

    assert error.message == (
        f"{_where(server)} was not let in: offered {home}/.ssh/id_ed25519; "
        f"not offered {home}/.ssh/id_rsa (no private key that Paramiko can read)"
    )
    assert error.hint == "put one of the public keys into admin's authorized_keys there, or name another user or key"


def test_encrypted_key(server: SshServer, home: Path) -> None:
    """An encrypted key is not asked for; the hint is the command that unlocks it."""
    write_ed25519(home / "locked", passphrase=b"very secret")

    error = _failure(home, _host(server, f"{home}/locked"))

    assert error.message == (
        f"{_where(server)} was not let in: not offered {home}/locked (encrypted, and the agent does not hold it)"
    )
    assert error.hint == f"unlock the key for this session: `ssh-add {home}/locked`"
    assert server.attempts == []


def test_only_passwords(server: SshServer, home: Path) -> None:
    """A host that takes no keys is told apart from one that does not take ours."""
    server.methods = ("password",)

    error = _failure(home, _host(server))

    assert error.message == (
        f"{_where(server)} may not log in by key, only by password: offered {home}/.ssh/id_ed25519"
    )


def test_second_factor(server: SshServer, home: Path) -> None:
    """A host that wants more than a key is told apart as well."""
    server.methods = ("publickey", "keyboard-interactive")
    server.second_factor = True

    error = _failure(home, _host(server))

    assert error.message == (
        f"{_where(server)} was asked for more than a key (publickey, keyboard-interactive): "
        f"offered {home}/.ssh/id_ed25519"
    )


def test_many_keys(server: SshServer, home: Path) -> None:
    """A host that cuts the connection after too many keys gives the hint to name the right one."""
    names = [str(write_ed25519(home / f"key{number}")) for number in range(12)]
    (home / ".ssh" / "config").write_text("".join(f"IdentityFile {name}\n" for name in names))

    error = _failure(home, _host(server))

    # Paramiko's server hangs up after ten; the eleventh key may be on its way by then.
    ten, eleven = ("; ".join(f"offered {name}" for name in names[:count]) for count in (10, 11))
    assert error.message in {f"{_where(server)} was cut off by the host: {offered}" for offered in (ten, eleven)}
    assert (
        error.hint == "many keys were offered; name the right one: `ssh: {identity_file: …}` and `IdentitiesOnly yes`"
    )


@pytest.fixture(name="agent")
def _agent(tmp_path: Path, home: Path, server: SshServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "agent"
    need_openssh_client()
    started = subprocess.run(["ssh-agent", "-s", "-a", path], capture_output=True, text=True, check=True).stdout
    pid = int(started.split("SSH_AGENT_PID=")[1].split(";")[0])
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    try:
        subprocess.run(["ssh-add", "-q", home / ".ssh" / "id_ed25519"], check=True)
        (home / ".ssh" / "id_ed25519").unlink()
        assert server.attempts == []
        yield path
    finally:
        os.kill(pid, signal.SIGTERM)


def test_agent(agent: Path, server: SshServer, home: Path) -> None:
    """The agent's keys let us in, by SSH_AUTH_SOCK, for many hosts at once."""
    assert agent.exists()
    connector = Connector(home=home, system=home)
    threads = [threading.Thread(target=lambda: connector.connect(_host(server)).close()) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(server.attempts) == 10


@pytest.mark.parametrize("value", ["~/link", "$MY_AGENT", "${MY_AGENT}", "SSH_AUTH_SOCK"])
def test_identity_agent(
    value: str, agent: Path, server: SshServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IdentityAgent names the socket, a variable that holds it, or the usual one."""
    (home / "link").symlink_to(agent)
    (home / ".ssh" / "config").write_text(f"IdentityAgent {value}\n")
    monkeypatch.setenv("MY_AGENT", str(agent))
    if value != "SSH_AUTH_SOCK":
        monkeypatch.delenv("SSH_AUTH_SOCK")

    Connector(home=home, system=home).connect(_host(server)).close()

    assert len(server.attempts) == 1


def test_identity_agent_none(agent: Path, server: SshServer, home: Path) -> None:
    """`IdentityAgent none` leaves the agent alone."""
    assert agent.exists()
    (home / ".ssh" / "config").write_text("IdentityAgent none\n")

    assert _failure(home, _host(server)).message == f"{_where(server)} was not let in: no key was found"


def test_agent_key_is_named(agent: Path, server: SshServer, home: Path) -> None:
    """An agent's key that does not open the door is listed by its fingerprint."""
    assert agent.exists()
    subprocess.run(["ssh-add", "-q", "-D"], check=True, stderr=subprocess.DEVNULL)
    other = write_ed25519(home / "other")
    subprocess.run(["ssh-add", "-q", other], check=True)
    shown = fingerprint(paramiko.Ed25519Key.from_private_key_file(str(other)).asbytes())

    assert (
        _failure(home, _host(server)).message == f"{_where(server)} was not let in: offered agent: ssh-ed25519 {shown}"
    )


@pytest.mark.parametrize("answer", [b"", b"\0\0\0\1\5"])
def test_broken_agent(
    answer: bytes, server: SshServer, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An agent that is gone, hangs up or speaks nonsense is no agent; the key in the file does."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "agent"))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(5)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        Connector(home=home, system=home).connect(_host(server)).close()
        thread.join()
    Connector(home=home, system=home).connect(_host(server)).close()

    assert len(server.attempts) == 2


def test_slow_answer_to_a_key(server: SshServer, home: Path) -> None:
    """A host that never decides on a key is given up after the time-out."""
    server.delay = 1.5
    with pytest.raises(AuthenticationFailed):
        Connector(home=home, system=home, connect_timeout=0.3).connect(_host(server))
