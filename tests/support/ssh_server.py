"""An SSH server in this process, on loopback: real SSH, real `sh`, and faults on demand."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_PARTIALLY_SUCCESSFUL,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_CONNECT_FAILED,
    OPEN_SUCCEEDED,
)

from tests.support.shells import Sudo, shell_folder
from tests.support.ssh_keys import ed25519

_CHUNK = 32 * 1024
_GONE = (OSError, EOFError, paramiko.SSHException)


def _pump(read: Callable[[int], bytes], write: Callable[[bytes], object], end: Callable[[], object]) -> None:
    with suppress(*_GONE, ValueError):  # ValueError: the pipe was closed
        while data := read(_CHUNK):
            write(data)
    with suppress(*_GONE):
        end()


def _thread(target: Callable[..., None], *args: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread


class _Connection(paramiko.ServerInterface):
    """What one client may do."""

    def __init__(self, server: SshServer, transport: paramiko.Transport) -> None:
        self._server = server
        self._transport = transport
        self._forwards: dict[int, socket.socket] = {}
        # Paramiko holds channels by weak references: one that nobody else holds is closed before its command comes.
        self._channels: list[paramiko.Channel] = []

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002  Paramiko's signature
        return ",".join(self._server.methods)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        time.sleep(self._server.delay)
        self._server.attempts.append((username, key.asbytes()))
        authorized = "publickey" in self._server.methods and key.asbytes() == self._server.authorized.asbytes()
        if not authorized:
            return AUTH_FAILED
        self._server.waiting -= 1
        return AUTH_PARTIALLY_SUCCESSFUL if self._server.second_factor else AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002  Paramiko's signature
        return (
            OPEN_SUCCEEDED if kind == "session" and self._server.sessions else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        )

    def check_global_request(self, kind: str, msg: paramiko.Message) -> bool:  # noqa: ARG002  Paramiko's signature
        self._server.global_requests.append(kind)
        return False

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        _thread(self._server._execute, self._transport, channel, command.decode("utf-8", "surrogateescape"))
        return True

    def check_channel_direct_tcpip_request(
        self,
        chanid: int,
        origin: tuple[str, int],  # noqa: ARG002  Paramiko's signature
        destination: tuple[str, int],
    ) -> int:
        if not self._server.forwarding:
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        try:
            self._forwards[chanid] = socket.create_connection(destination, 5)
        except OSError:
            return OPEN_FAILED_CONNECT_FAILED
        return OPEN_SUCCEEDED

    def serve_forwards(self) -> None:
        """Join each forwarded channel to its connection until the client is gone."""
        while self._transport.is_active():
            channel = self._transport.accept(0.2)
            if channel:
                self._channels.append(channel)
            forward = self._forwards.pop(channel.chanid, None) if channel else None
            if channel and forward:
                forward.settimeout(None)
                _thread(self._join, channel, forward)
        for forward in self._forwards.values():
            forward.close()

    @staticmethod
    def _join(channel: paramiko.Channel, forward: socket.socket) -> None:
        with suppress(*_GONE), forward, channel:
            upward = _thread(_pump, channel.recv, forward.sendall, lambda: forward.shutdown(socket.SHUT_WR))
            _pump(forward.recv, channel.sendall, channel.shutdown_write)
            upward.join()


class SshServer:
    """Serves on 127.0.0.1 at `port` from entry to exit; leaves no process behind.

    *root* is a folder for its own files and the commands' working directory. Commands are run by `sh -c`, as a login
    shell would, with a PATH at whose front `sh` is *shell* and `sudo` is what *sudo* says; *extra_env* adds to their
    environment. *authorized* is the one public key that may log in, under any name.

    Knobs, to be set at any time: `drop_after` cuts the connection after so many bytes of a command's stdin,
    `cut_at_end` after its exit status and before the end of its output; `silent` accepts connections and says nothing;
    `refuse` closes so many connections at once; `noise` is what the login shell runs by itself; `methods` are the ways
    to log in that it names, `second_factor` wants another after the key, `delay` is how long it thinks about one
    (seconds); `forwarding` allows direct-tcpip, `sessions` channels for commands; `more_host_keys` are offered besides
    `host_key`.

    Records: `commands`, `attempts` to log in as (user, public key), `global_requests` (RFC 4254 4) by their names,
    `connections`, and in `peak` the most that were not logged in at one time.
    """

    def __init__(
        self,
        root: Path,
        *,
        authorized: paramiko.PKey,
        host_key: paramiko.PKey | None = None,
        shell: str = "sh",
        sudo: Sudo = "no password",
        extra_env: Mapping[str, str] | None = None,
    ) -> None:
        self.root = root
        self.authorized = authorized
        self.host_key = host_key or ed25519(root / "host_key")
        self.drop_after: int | None = None
        self.cut_at_end = False
        self.silent = False
        self.noise = ""
        self.methods: tuple[str, ...] = ("publickey",)
        self.forwarding = True
        self.sessions = True
        self.refuse = 0
        self.commands: list[str] = []
        self.attempts: list[tuple[str, bytes]] = []
        self.global_requests: list[str] = []
        self.connections = 0
        self.waiting = 0
        self.peak = 0
        self.delay = 0.0
        self.second_factor = False
        self.more_host_keys: tuple[paramiko.PKey, ...] = ()
        front = shell_folder(root / "shell", shell=shell, sudo=sudo)
        self._env = {**os.environ, "HOME": str(root), **(extra_env or {})}
        self._env["PATH"] = f"{front}:{(extra_env or {}).get('PATH', os.environ['PATH'])}"
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._transports: list[paramiko.Transport] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    def known_hosts_line(self) -> str:
        """The line that makes a client trust this server."""
        return f"[127.0.0.1]:{self.port} {self.host_key.get_name()} {self.host_key.get_base64()}\n"

    def cut(self) -> None:
        """Cut every connection, as a dead line does; commands get SIGHUP, as from sshd."""
        with self._lock:
            sockets, transports, processes = self._sockets[:], self._transports[:], self._processes[:]
        for sock in sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for transport in transports:
            transport.close()
        for process in processes:
            self._signal(process, signal.SIGHUP)

    @staticmethod
    def _signal(process: subprocess.Popen[bytes], kind: signal.Signals) -> None:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, kind)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self.waiting += 1
                self.peak = max(self.peak, self.waiting)
                with self._lock:
                    self._sockets.append(sock)
                if self.refuse:
                    self.refuse -= 1
                    sock.close()
                elif not self.silent:
                    _thread(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with suppress(*_GONE):  # also when the server ends before it has begun with this client
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = paramiko.Transport(sock)
            with self._lock:
                self._transports.append(transport)
            for key in (self.host_key, *self.more_host_keys):
                transport.add_server_key(key)
            connection = _Connection(self, transport)
            with suppress(*_GONE):
                transport.start_server(server=connection)
                connection.serve_forwards()
            transport.close()

    def _feed(
        self, transport: paramiko.Transport, channel: paramiko.Channel, process: subprocess.Popen[bytes], data: bytes
    ) -> None:
        if process.stdin is None:
            raise ValueError("the process has no stdin")
        seen = 0
        with suppress(*_GONE), process.stdin as stdin:
            while data:
                seen += len(data)
                if self.drop_after is not None and seen > self.drop_after:
                    stdin.write(data[: len(data) - (seen - self.drop_after)])
                    stdin.flush()
                    self.cut()
                    return
                stdin.write(data)
                stdin.flush()
                data = channel.recv(_CHUNK)
        if not transport.is_active():
            self._signal(process, signal.SIGHUP)

    def _execute(self, transport: paramiko.Transport, channel: paramiko.Channel, command: str) -> None:
        self.commands.append(command)
        # Paramiko answers the request after this thread is started. A command that ends at once would close the channel
        # before the client has the answer; what the client sends comes after it.
        first = b""
        with suppress(*_GONE):
            first = channel.recv(_CHUNK)
        process = subprocess.Popen(  # noqa: S602  a login shell is what a client's command is for
            self.noise + command,
            shell=True,
            executable=shutil.which("sh", path=self._env["PATH"]),
            cwd=self.root,
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with self._lock:
            self._processes.append(process)
        if process.stdout is None or process.stderr is None:
            raise ValueError("the process has no output")
        feeder = _thread(self._feed, transport, channel, process, first)
        readers = (
            _thread(_pump, process.stdout.read1, channel.sendall, process.stdout.close),  # type: ignore[attr-defined]  # buffered readers have it
            _thread(_pump, process.stderr.read1, channel.sendall_stderr, process.stderr.close),  # type: ignore[attr-defined]  # the same
        )
        for reader in readers:
            reader.join()
        status = process.wait()
        with suppress(*_GONE), channel:
            if status >= 0:
                channel.send_exit_status(status)
            if self.cut_at_end:
                self.cut()
            channel.shutdown_write()
        feeder.join()

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        self.cut()
        for process in self._processes:
            self._signal(process, signal.SIGKILL)
            process.wait()
        for transport in self._transports:
            with suppress(RuntimeError):  # it was never started: its client had gone
                transport.join()
        for sock in self._sockets:
            sock.close()
