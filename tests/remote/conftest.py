"""A home without anybody's own keys, and servers that several tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from tests.support.ssh_keys import ed25519
from tests.support.ssh_server import SshServer


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture(name="home")
def _home(tmp_path: Path) -> Path:
    (tmp_path / "home" / ".ssh").mkdir(parents=True, mode=0o700)
    return tmp_path / "home"


@pytest.fixture(name="key")
def _key(home: Path) -> paramiko.PKey:
    return ed25519(home / ".ssh" / "id_ed25519")


@pytest.fixture(name="server")
def _server(tmp_path: Path, home: Path, key: paramiko.PKey) -> Iterator[SshServer]:
    with SshServer(tmp_path / "server", authorized=key) as server:
        (home / ".ssh" / "known_hosts").write_text(server.known_hosts_line())
        yield server
