"""Traps instead of trust: no test sees the user's home, agent or environment, and none talks to the world outside."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.golden import Golden

_HIDDEN = ("RELAYCONF_", "XDG_", "SSH_", "SUDO_", "LC_")
_HIDDEN_NAMES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "LANGUAGE")
_SETTINGS = {"LANG": "C.UTF-8", "COLUMNS": "80", "TERM": "dumb", "RELAYCONF_NO_SPF": "1"}


class _Trap:
    """An audit hook: it sees every socket of every library in this process, and cannot be taken out again."""

    def __init__(self) -> None:
        self.armed = True

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if not self.armed:
            return
        if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            self._resolve(args[0])
        elif event in {"socket.connect", "socket.sendto", "socket.sendmsg"} and isinstance(args[1], tuple):
            self._reach(str(args[1][0]))

    def _resolve(self, name: object) -> None:
        text = name.decode() if isinstance(name, bytes) else name
        if isinstance(text, str) and text.rstrip(".").endswith(".invalid"):
            # RFC 6761, 6.4: nobody has this name. Said here, so that no resolver has to be asked.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if text:
            self._reach(str(text))

    def _reach(self, host: str) -> None:
        if host in {"", "localhost"}:
            return
        try:
            loopback = ipaddress.ip_address(host.partition("%")[0]).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            pytest.fail(f"a test reached out to {host}: only loopback is allowed without the marker `lab`")


_TRAP = _Trap()
sys.addaudithook(_TRAP)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are processors: tests of real hosts wait more than they work."""
    return 2 * (os.cpu_count() or 1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the expected files under tests/data")


@pytest.fixture(scope="session", autouse=True)
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the user's environment from everything, fixtures of a wider scope included."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(_HIDDEN) or name in _HIDDEN_NAMES:
                patch.delenv(name)
        for name, value in _SETTINGS.items():
            patch.setenv(name, value)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        # Whatever a test leaves behind (a crash report, say) goes when pytest's folders go.
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))
        patch.setattr(tempfile, "tempdir", None)
        yield


@pytest.fixture(name="home", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory of the test's own, outside its tmp_path."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def _closed_network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Open the trap for tests marked `lab` alone."""
    _TRAP.armed = request.node.get_closest_marker("lab") is None
    yield
    _TRAP.armed = True


@pytest.fixture(autouse=True)
def _needs_root(request: pytest.FixtureRequest) -> None:
    """Skip tests marked `root` where they cannot run, and say so."""
    if request.node.get_closest_marker("root") and (os.geteuid() != 0 or sys.platform != "linux"):
        pytest.skip("needs root on Linux")


@pytest.fixture(name="golden")
def _golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a file under tests/data; `--update-golden` rewrites the file instead."""
    return Golden(Path(__file__).parent / "data", update=bool(request.config.getoption("--update-golden")))
