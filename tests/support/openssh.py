"""A real OpenSSH server on loopback, in a folder of its own. Needs root, as sshd's privilege separation does."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.support.shells import Sudo, shell_folder
from tests.support.ssh_keys import write_ed25519

_SSHD = "/usr/sbin/sshd"
_PRIVSEP = Path("/run/sshd")
_MADE_BY_TESTS = 0o711  # Debian makes it 0755: so the last server to go knows whose the folder is


def why_not() -> str | None:
    """Why no OpenSSH server can run here, or None."""
    if not Path(_SSHD).exists():
        return "sshd is not installed: apt-get install openssh-server"
    return None if os.geteuid() == 0 else "sshd needs root to become the user who logs in"


def _hold() -> int:
    while True:
        with suppress(FileExistsError):
            _PRIVSEP.mkdir(_MADE_BY_TESTS)
        with suppress(FileNotFoundError):
            descriptor = os.open(_PRIVSEP, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), _PRIVSEP.stat()):
                    return descriptor
            os.close(descriptor)  # it was removed before the lock was ours


@contextmanager
def _privilege_separation() -> Iterator[None]:
    # Test processes share the folder; each holds a shared lock on it, and the last one removes it.
    descriptor = _hold()
    try:
        yield
    finally:
        if os.fstat(descriptor).st_mode & 0o777 == _MADE_BY_TESTS:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _PRIVSEP.rmdir()
        os.close(descriptor)


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield int(child)
            yield from _descendants(int(child))


class OpenSshServer:
    """Serves on 127.0.0.1 at `port` from entry to exit; only the key at `identity` may log in, as the current user.

    *root* is an empty folder for its files. Commands find `sh` to be *shell* and `sudo` to be what *sudo* says, by a
    folder at the front of their PATH, and *root* to be HOME; *extra_env* adds to their environment. *settings* are
    further lines of sshd_config, which stand before its own and therefore win.
    """

    def __init__(
        self,
        root: Path,
        *,
        shell: str = "sh",
        sudo: Sudo = "real",
        extra_env: Mapping[str, str] | None = None,
        settings: str = "",
    ) -> None:
        self.root = root
        self.identity = write_ed25519(root / "client_key")
        self.port = 0
        self.log: list[str] = []
        self._settings = settings
        self._host_key = write_ed25519(root / "host_key")
        front = shell_folder(root / "shell", shell=shell, sudo=sudo)
        env = {"PATH": os.environ["PATH"], "HOME": str(root), **(extra_env or {})}
        env["PATH"] = f"{front}:{env['PATH']}"
        options = ",".join(f'environment="{name}={value}"' for name, value in env.items())
        (root / "authorized_keys").write_text(f"{options} {Path(f'{self.identity}.pub').read_text()}")
        self._stack = ExitStack()
        self._process: subprocess.Popen[str] | None = None

    def known_hosts_line(self) -> str:
        """The line that makes a client trust this server."""
        return f"[127.0.0.1]:{self.port} {Path(f'{self._host_key}.pub').read_text()}"

    def _config(self) -> str:
        return (
            f"{self._settings}\nPort {self.port}\nListenAddress 127.0.0.1\nHostKey {self._host_key}\nPidFile none\n"
            f"AuthorizedKeysFile {self.root}/authorized_keys\nStrictModes no\nUsePAM no\nPermitUserEnvironment yes\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
            "MaxStartups 100\n"
        )

    def _follow(self, stream: IO[str], listening: threading.Event) -> None:
        for line in stream:
            self.log.append(line.rstrip("\n"))
            if line.startswith("Server listening on"):
                listening.set()
        listening.set()

    def _start(self) -> bool:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        config = self.root / "sshd_config"
        config.write_text(self._config())
        self._process = process = subprocess.Popen(
            [_SSHD, "-D", "-e", "-f", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if process.stderr is None:
            raise ValueError("sshd has no log")
        listening = threading.Event()
        follower = threading.Thread(target=self._follow, args=(process.stderr, listening), daemon=True)
        follower.start()
        self._stack.callback(process.stderr.close)
        self._stack.callback(follower.join)
        listening.wait(10)
        return process.poll() is None and any(line.startswith("Server listening") for line in self.log)

    def cut(self) -> None:
        """Cut every connection: their sshd processes, and the commands, are killed."""
        if self._process is not None:
            for pid in list(_descendants(self._process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _stop(self) -> None:
        if self._process is not None:
            # Stopped first, so that it starts no process between the look and the kill.
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGSTOP)
            self.cut()
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        self._stack.enter_context(_privilege_separation())
        for _ in range(5):  # another process may take the port between the probe and sshd
            if self._start():
                return self
            self._stop()
            time.sleep(0.1)
        self._stack.close()
        raise OSError("sshd did not start: " + "; ".join(self.log))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._stack.close()
