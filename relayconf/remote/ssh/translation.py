"""Where Paramiko's exceptions, and those of sockets, become relayconf's own."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable

import paramiko
from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import (
    ChannelException,
    ConfigParseError,
    CouldNotCanonicalize,
    IncompatiblePeer,
    MessageOrderError,
    NoValidConnectionsError,
    ProxyCommandFailure,
)

from relayconf.errors import AuthenticationFailed, ConnectError, HostKeyError, TcpRefused, Unreachable
from relayconf.text import printable

LibraryError = (paramiko.SSHException, UnknownKeyType, EOFError, OSError, ValueError)
"""What Paramiko's calls raise, all of it to be caught at this border."""

_BANNER = "Error reading SSH protocol banner"  # how Paramiko says that the peer did not introduce itself

_NO_ROUTE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL})


_SILENT = "the host is down, or a firewall drops the packets: try its port by hand"
_NOTHING_RAN = "nothing ran on the host; try again"
_SAME_ANSWER = "refused, no route or a name that does not resolve (the SSH server does not say which)"


def _socket_error(error: OSError, where: str) -> Unreachable:
    if isinstance(error, NoValidConnectionsError):
        error = next((inner for inner in error.errors.values() if isinstance(inner, OSError)), OSError())
    kinds: tuple[tuple[bool, str, str], ...] = (
        (
            isinstance(error, socket.gaierror),
            "the name does not resolve",
            "check `address:`, or give the host a HostName in ~/.ssh/config",
        ),
        (isinstance(error, TimeoutError), "no answer in time", _SILENT),
        (
            isinstance(error, ConnectionRefusedError),
            "connection refused",
            "sshd does not run there, or listens on another port: `ssh: {port: N}`",
        ),
        (
            error.errno in _NO_ROUTE,
            "no route to the host",
            "check the address, and this machine's network, VPN or `proxy_jump`",
        ),
    )
    for applies, text, hint in kinds:
        if applies:
            return Unreachable(f"{where}: {text}", hint=hint)
    reason = os.strerror(error.errno).lower() if error.errno else printable(str(error)) or "the connection failed"
    return Unreachable(f"{where}: {reason}", hint=_NOTHING_RAN)


def is_busy(error: BaseException) -> bool:
    """Whether the peer hung up before it introduced itself, as sshd does beyond MaxStartups: worth another try."""
    return str(error).startswith(_BANNER) and not isinstance(error.__context__, TimeoutError)


def _not_ssh(error: BaseException, where: str) -> Unreachable:
    if is_busy(error):
        return Unreachable(
            f"{where}: closed the connection before it introduced itself",
            hint="no sshd listens there, or it takes no more connections at once (MaxStartups): lower `--parallel`",
        )
    text = str(error)
    if text.startswith(_BANNER):
        return Unreachable(f"{where}: did not introduce itself in time", hint="no sshd listens there, or it is stuck")
    return Unreachable(f"{where}: {printable(text) or 'the handshake failed'}", hint=_NOTHING_RAN)


def _channel_refused(error: ChannelException, where: str) -> Unreachable:
    # RFC 4254 5.1 has four codes, and OpenSSH sends two of them.
    if error.code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED:
        return Unreachable(
            f"{where}: the SSH server forbids it", hint="see AllowTcpForwarding, PermitOpen and MaxSessions there"
        )
    return Unreachable(f"{where}: did not open: {_SAME_ANSWER}")


def _by(kind: type[ConnectError], text: str) -> Callable[[BaseException, str], ConnectError]:
    return lambda error, where: kind(f"{where}: {text}: {printable(str(error))}")


def _incompatible(error: BaseException, where: str) -> ConnectError:
    return ConnectError(
        f"{where}: no common algorithm: {printable(str(error))}", hint="its sshd is too old, or allows too little"
    )


def _cut_short(error: BaseException, where: str) -> ConnectError:  # noqa: ARG001  EOFError says nothing
    return Unreachable(
        f"{where}: closed the connection, or fell silent, during the handshake", hint="its sshd's log says why"
    )


def _out_of_order(error: BaseException, where: str) -> ConnectError:
    return ConnectError(
        f"{where}: breaks the order of the handshake: {printable(str(error))}",
        hint="a broken sshd, or somebody between: try `ssh` by hand from another network",
    )


def connect_error(error: BaseException, where: str) -> ConnectError:
    """What *error* means when it comes up before a session stands. *where* names the peer: `192.0.2.2 port 22`."""
    if isinstance(error, OSError):
        return _socket_error(error, where)
    if isinstance(error, ChannelException):
        return _channel_refused(error, where)
    plain: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Callable[..., ConnectError]], ...] = (
        (paramiko.AuthenticationException, _by(AuthenticationFailed, "cannot log in")),
        ((paramiko.BadHostKeyException, UnknownKeyType), _by(HostKeyError, "its host key cannot be used")),
        ((ConfigParseError, CouldNotCanonicalize, ProxyCommandFailure), _by(ConnectError, "ssh_config")),
        (EOFError, _cut_short),
        (IncompatiblePeer, _incompatible),
        (MessageOrderError, _out_of_order),
    )
    for kinds, make in plain:
        if isinstance(error, kinds):
            return make(error, where)
    return _not_ssh(error, where)


def tcp_refused(error: BaseException, host: str, port: int) -> TcpRefused:
    """A connection asked for from the host's side that did not open."""
    target = f"no connection from the host to {printable(host)} port {port}"
    if isinstance(error, ChannelException):
        if error.code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED:
            return TcpRefused(
                f"{target}: its sshd forbids it",
                hint="see AllowTcpForwarding and PermitOpen in its sshd_config",
                reason="forbidden",
            )
        return TcpRefused(f"{target}: {_SAME_ANSWER}")
    if "Timeout" in str(error):  # Paramiko has no class for it
        return TcpRefused(f"{target}: no answer in time", hint="a firewall may drop the packets", reason="timeout")
    return TcpRefused(f"{target}: the SSH connection is gone")
