"""Opens sessions. Made once per run: configuration, known hosts and keys are read once and shared by all hosts."""

from __future__ import annotations

import getpass
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import paramiko

from relayconf.errors import ConnectError
from relayconf.model import Host
from relayconf.remote.ssh.config import Settings, SshConfig
from relayconf.remote.ssh.config_file import ConfigError
from relayconf.remote.ssh.handshake import Target, authenticate, check_host_key, start
from relayconf.remote.ssh.keys import Keyring
from relayconf.remote.ssh.known_hosts import KnownHosts
from relayconf.remote.ssh.session import SshSession
from relayconf.remote.ssh.tcp import dial
from relayconf.remote.ssh.translation import LibraryError, connect_error, is_busy
from relayconf.text import printable

_AT_ONCE = 8
"""Connections to one server that are not authenticated yet; sshd starts to refuse at 10 (MaxStartups 10:30:100)."""

_HOPS = 8
_RETRY_AFTER = 0.7  # seconds

_JUMP = re.compile(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?:\[(?P<v6>[^]]+)\]|(?P<host>[^:/@\s]+))(?::(?P<port>[0-9]+))?/?")


def _ignored(block: str) -> str:
    return f"not applied: {printable(block)}"


class Connector:
    """Makes `SshSession`s. Safe to share between threads.

    *known_hosts* replaces the user's and the system's files, *config* ~/.ssh/config. *accept_new* appends the keys of
    unknown hosts to the first file of known hosts, and calls *accepted* for each, with a printable line that names the
    host and its fingerprint: from the thread that connects, never from two at once. *connect_timeout* (seconds) bounds
    TCP, the handshake and the trial of each key by itself.
    """

    def __init__(
        self,
        known_hosts: Sequence[Path] | None = None,
        config: Path | None = None,
        *,
        accept_new: bool = False,
        accepted: Callable[[str], None] | None = None,
        connect_timeout: float = 15.0,
        home: Path | None = None,
        system: Path = Path("/etc/ssh"),
    ) -> None:
        self._home = home or Path.home()
        self._system = system
        self._config_file = config or self._home / ".ssh" / "config"
        self._known_files = None if known_hosts is None else tuple(known_hosts)
        self._accept_new = accept_new
        self._tell = accepted
        self._timeout = connect_timeout
        self._keyring = Keyring(self._home / ".ssh")
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._config: SshConfig | None = None
        self._known: dict[tuple[Path, ...], KnownHosts] = {}
        self._gates: dict[tuple[str, int], threading.BoundedSemaphore] = {}

    def _settings(self, host: str, *, user: str | None, port: int | None) -> Settings:
        files = (
            (self._config_file, self._home / ".ssh"),
            (self._system / "ssh_config", self._system),
        )
        try:
            with self._lock:
                if self._config is None:
                    self._config = SshConfig(files, home=self._home, local_user=getpass.getuser())
            return self._config.lookup(host, user=user, port=port)
        except ConfigError as error:
            raise ConnectError(f"cannot use ssh_config: {printable(str(error))}") from error

    def _known_hosts(self, settings: Settings) -> KnownHosts:
        files = self._known_files
        if files is None:
            named = [Path(file) for file in settings.user_known_hosts if file.lower() != "none"]
            users = named or [self._home / ".ssh" / name for name in ("known_hosts", "known_hosts2")]
            files = (*users, self._system / "ssh_known_hosts", self._system / "ssh_known_hosts2")
        with self._lock:
            return self._known.setdefault(files, KnownHosts(files))

    def _target(self, host: str, *, user: str | None, port: int | None) -> Target:
        settings = self._settings(host, user=user, port=port)
        return Target(
            host=settings.host_name,
            port=settings.port or 22,
            user=settings.user or getpass.getuser(),
            timeout=settings.connect_timeout or self._timeout,
            settings=settings,
        )

    def _jump_target(self, hop: str) -> Target:
        match = _JUMP.fullmatch(hop.strip())
        port = int(match["port"]) if match and match["port"] else None
        if match is None or (port is not None and port not in range(1, 65536)):
            raise ConnectError(f"`{printable(hop)}` is no jump host", hint="write `[user@]host[:port]`")
        return self._target(match["v6"] or match["host"], user=match["user"], port=port)

    def _dial(self, target: Target, bastion: paramiko.Transport | None) -> socket.socket | paramiko.Channel:
        if bastion is not None:
            here = ("127.0.0.1", 0)
            return bastion.open_channel("direct-tcpip", (target.host, target.port), here, timeout=target.timeout)
        return dial(target.host, target.port, target.timeout)

    def _accepted(self, text: str) -> None:
        if self._tell:
            with self._telling:
                self._tell(text)

    def _log_in(self, target: Target, bastion: paramiko.Transport | None) -> paramiko.Transport:
        known = self._known_hosts(target.settings)
        transport = start(self._dial(target, bastion), target, known)
        try:
            check_host_key(transport, target, known, accepted=self._accepted if self._accept_new else None)
            authenticate(transport, target, self._keyring, self._home)
        except BaseException:
            transport.close()
            raise
        return transport

    def _gate(self, target: Target) -> threading.BoundedSemaphore:
        with self._lock:
            return self._gates.setdefault((target.host, target.port), threading.BoundedSemaphore(_AT_ONCE))

    def _patiently(self, target: Target, bastion: paramiko.Transport | None) -> paramiko.Transport:
        with self._gate(target):
            try:
                return self._log_in(target, bastion)
            except paramiko.SSHException as error:
                if not is_busy(error):
                    raise
            time.sleep(_RETRY_AFTER)
            return self._log_in(target, bastion)

    def _open(self, target: Target, via: str | None, opened: list[paramiko.Transport], hops: int = 0) -> None:
        where = target.where
        if target.settings.proxy_command and via is None:
            raise ConnectError(
                f"{where}: ssh_config names a ProxyCommand, which relayconf does not run", hint="use ProxyJump"
            )
        if hops > _HOPS:
            raise ConnectError(f"{where}: more than {_HOPS} jump hosts: does ProxyJump go in a circle?")
        if via and via.lower() != "none":
            rest, _, hop = via.rpartition(",")
            jump = self._jump_target(hop)
            self._open(jump, rest or jump.settings.proxy_jump, opened, hops + 1)
            where += f" through {printable(jump.host)}"
        try:
            opened.append(self._patiently(target, opened[-1] if opened else None))
        except LibraryError as error:
            raise connect_error(error, where) from error

    def connect(self, host: Host) -> SshSession:
        """A session on *host*. Raises Unreachable, HostKeyError, AuthenticationFailed, or their base ConnectError."""
        target = self._target(host.address, user=host.ssh.user, port=host.ssh.port)
        if host.ssh.identity_file:
            file = host.ssh.identity_file
            file = str(self._home) + file[1:] if file.startswith("~/") else file
            target = replace(target, settings=replace(target.settings, identity_files=(file,)))
        opened: list[paramiko.Transport] = []
        try:
            self._open(target, host.ssh.proxy_jump or target.settings.proxy_jump, opened)
        except BaseException as error:
            SshSession(opened, become=None).close()
            if isinstance(error, ConnectError) and target.settings.ignored:
                error.hint = "; ".join((*filter(None, [error.hint]), *map(_ignored, target.settings.ignored)))
            raise
        return SshSession(opened, become=host.ssh.become)
