"""The traps catch: what a test must not touch, it cannot."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.golden import Golden


def _datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"", ("192.0.2.53", 53))


def _ipv6() -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("2001:db8::1", 25))


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection(("192.0.2.1", 25), timeout=0.1),
        lambda: socket.create_connection(("relay.example", 25), timeout=0.1),
        lambda: socket.getaddrinfo(b"relay.example", 25),
        _datagram,
        _ipv6,
    ],
    ids=["address", "name", "resolver", "datagram", "IPv6"],
)
def test_network_is_closed(reach: Callable[[], object]) -> None:
    """Nothing outside this machine is reached or asked for, by whatever library."""
    with pytest.raises(pytest.fail.Exception, match="a test reached out to"):
        reach()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_open(host: str) -> None:
    """A test may serve itself."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_unix_sockets_are_open(tmp_path: Path) -> None:
    """Sockets in the file system stay on this machine."""
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)


def test_invalid_names_do_not_resolve() -> None:
    """A name under `.invalid` is unknown at once, without a resolver."""
    with pytest.raises(socket.gaierror, match="Name or service not known"):
        socket.create_connection(("mail.invalid", 22))


def test_home_is_empty(home: Path) -> None:
    """The home directory is the test's own."""
    assert Path.home() == home
    assert list(home.iterdir()) == []


def test_environment_is_hidden() -> None:
    """The user's agent, settings and language do not reach a test; no test asks the DNS unless it says so."""
    hidden = [name for name in os.environ if name.startswith(("RELAYCONF_", "XDG_", "SSH_", "LC_"))]
    assert hidden == ["RELAYCONF_NO_SPF"]
    assert os.environ["LANG"] == "C.UTF-8"


def test_temporary_files_are_kept_together(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is made with tempfile lands below pytest's folder."""
    assert Path(tempfile.gettempdir()).is_relative_to(tmp_path_factory.getbasetemp())


def test_golden(tmp_path: Path) -> None:
    """A golden file is compared exactly, and written on request."""
    Golden(tmp_path, update=True).check("deep/a.txt", "é\n")
    Golden(tmp_path, update=False).check("deep/a.txt", "é\n")

    with pytest.raises(AssertionError, match=r"tests/data/deep/a.txt differs; `pytest --update-golden` rewrites it"):
        Golden(tmp_path, update=False).check("deep/a.txt", "é")
