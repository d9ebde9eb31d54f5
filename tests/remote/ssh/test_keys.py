from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from relayconf.remote.ssh.keys import Identity, Keyring, Unusable, public_part
from tests.support.openssh_client import need_openssh_client
from tests.support.ssh_keys import write_ed25519


def _keygen(path: Path, *options: str) -> Path:
    need_openssh_client()
    subprocess.run(["ssh-keygen", "-q", "-f", path, *options], check=True, stdin=subprocess.DEVNULL)
    return path


def _names(ring: Keyring, *files: str, only: bool = False) -> list[str]:
    return [Path(found.label).name for found in ring.candidates(files, (), only=only)]


@pytest.mark.parametrize("kind", [("ed25519",), ("ecdsa",), ("rsa", "-b", "2048"), ("ecdsa", "-m", "PEM")])
def test_kinds(kind: tuple[str, ...], tmp_path: Path) -> None:
    """Each kind of key that Paramiko knows is read, in OpenSSH's format and in the older one."""
    path = _keygen(tmp_path / "key", "-N", "", "-t", *kind)

    (found,) = Keyring(tmp_path).candidates([str(path)], (), only=False)

    assert isinstance(found, Identity)
    assert public_part(path) == found.key.asbytes()
    assert found.label == str(path)


@pytest.mark.parametrize("options", [("-t", "ed25519"), ("-t", "rsa", "-b", "2048", "-m", "PEM")])
def test_encrypted(options: tuple[str, ...], tmp_path: Path) -> None:
    """An encrypted key is not offered, and never asked for; its public part can still be told."""
    path = _keygen(tmp_path / "key", "-N", "secret-passphrase", *options)

    (found,) = Keyring(tmp_path).candidates([str(path)], (), only=False)

    assert found == Unusable(label=str(path), reason="encrypted, and the agent does not hold it", encrypted=True)
    assert public_part(path) is not None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file or directory"),
        (b"", "no private key that Paramiko can read"),
        (b"\xff\xfe\0", "no private key that Paramiko can read"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END", "no private key that Paramiko can read"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nA\n-----END", "no private key that Paramiko can read"),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END",
            "no private key that Paramiko can read",
        ),
        (b"ssh-ed25519 A", "no private key that Paramiko can read"),
        (b"ssh-ed25519 QUJD me", "only a public key or of an unknown type, and the agent does not hold it"),
    ],
)
def test_unusable(content: bytes | None, reason: str, tmp_path: Path) -> None:
    """A file that holds no key is named with the reason, and is no error by itself."""
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)

    (found,) = Keyring(tmp_path).candidates([str(path)], (), only=False)

    assert found == Unusable(label=str(path), reason=reason)


def test_read_once(tmp_path: Path) -> None:
    """A key file is read once per run."""
    path = write_ed25519(tmp_path / "key")
    ring = Keyring(tmp_path)
    (first,) = ring.candidates([str(path)], (), only=False)
    path.write_text("another")

    (second,) = ring.candidates([str(path)], (), only=False)

    assert first is second


def test_defaults(tmp_path: Path) -> None:
    """Without a named file the usual ones are tried, those that are there; with one they are not."""
    write_ed25519(tmp_path / "id_ed25519")
    write_ed25519(tmp_path / "id_ecdsa")
    write_ed25519(tmp_path / "mine")
    ring = Keyring(tmp_path)

    assert _names(ring) == ["id_ecdsa", "id_ed25519"]
    assert _names(ring, str(tmp_path / "mine")) == ["mine"]
    assert _names(ring, "none") == []


def test_same_key_twice(tmp_path: Path) -> None:
    """A default that is the same key as another is offered once, also when its public part cannot be told."""
    _keygen(tmp_path / "id_ecdsa", "-N", "", "-t", "ecdsa", "-m", "PEM")
    (tmp_path / "id_rsa").write_bytes((tmp_path / "id_ecdsa").read_bytes())
    (tmp_path / "id_ecdsa.pub").unlink()
    (tmp_path / "id_ed25519").write_bytes((tmp_path / "id_ecdsa").read_bytes())
    (tmp_path / "id_ed25519").chmod(0o600)
    options = ("-q", "-p", "-N", "passphrase", "-f", tmp_path / "id_ed25519")
    need_openssh_client()
    subprocess.run(["ssh-keygen", *options], check=True, stdout=subprocess.DEVNULL)

    assert _names(Keyring(tmp_path)) == ["id_rsa"]


@pytest.fixture(name="agent")
def _agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[paramiko.Agent]:
    need_openssh_client()
    started = subprocess.run(
        ["ssh-agent", "-s", "-a", tmp_path / "agent"], capture_output=True, text=True, check=True
    ).stdout
    pid = int(started.split("SSH_AGENT_PID=")[1].split(";")[0])
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    try:
        for name in ("first", "second"):
            subprocess.run(["ssh-add", "-q", write_ed25519(tmp_path / name)], check=True)
        agent = paramiko.Agent()
        yield agent
        agent.close()
    finally:
        os.kill(pid, signal.SIGTERM)


def test_agent(tmp_path: Path, agent: paramiko.Agent) -> None:
    """The agent's keys come after named files and before the defaults; a file that it holds is its to sign for."""
    held = tuple(agent.get_keys())
    first, second = (f"agent: ssh-ed25519 {key.fingerprint}" for key in held)
    mine = str(write_ed25519(tmp_path / "mine"))
    (tmp_path / "id_ed25519").write_bytes((tmp_path / "second").read_bytes())
    (tmp_path / "id_ecdsa").write_bytes(Path(mine).read_bytes())
    (tmp_path / "second").write_text("gone, its public half is left\n")
    ring = Keyring(tmp_path)

    def labels(*files: str, only: bool = False) -> list[str]:
        return [found.label for found in ring.candidates(files, held, only=only)]

    assert labels() == [first, second, f"{tmp_path}/id_ecdsa"]
    assert labels(mine) == [mine, first, second]
    assert labels(mine, only=True) == [mine]
    assert labels(str(tmp_path / "second"), only=True) == [second]
    assert labels(str(tmp_path / "second.pub"), mine) == [second, mine, first]
    assert labels(only=True) == [f"{tmp_path}/id_ecdsa", second]
