from __future__ import annotations

import errno
import inspect
import socket

import paramiko
import pytest
from paramiko import pkey, ssh_exception
from paramiko.auth_strategy import AuthFailure

from relayconf.errors import (
    AuthenticationFailed,
    ConnectError,
    HostKeyError,
    RelayconfError,
    TcpReason,
    TcpRefused,
    Unreachable,
)
from relayconf.remote.ssh.translation import LibraryError, connect_error, tcp_refused


def _silent() -> Exception:
    error = paramiko.SSHException("Error reading SSH protocol banner")
    error.__context__ = TimeoutError()  # as Paramiko raises it
    return error


HERE = "192.0.2.2 port 22"


class _Key(paramiko.PKey):
    def get_base64(self) -> str:
        return "QQ=="


EXAMPLES: tuple[tuple[BaseException, type[ConnectError], str], ...] = (
    (socket.gaierror(-2, "Name or service not known"), Unreachable, "the name does not resolve"),
    (TimeoutError("timed out"), Unreachable, "no answer in time"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "x"), Unreachable, "connection refused"),
    (OSError(errno.EHOSTUNREACH, "x"), Unreachable, "no route to the host"),
    (OSError(errno.ENETUNREACH, "x"), Unreachable, "no route to the host"),
    (ConnectionResetError(errno.ECONNRESET, "x"), Unreachable, "connection reset by peer"),
    (OSError("Socket is\x1b[0m closed"), Unreachable, r"Socket is\x1b[0m closed"),
    (OSError(), Unreachable, "the connection failed"),
    (
        ssh_exception.NoValidConnectionsError({("192.0.2.2", 22): ConnectionRefusedError(errno.ECONNREFUSED, "x")}),
        Unreachable,
        "connection refused",
    ),
    (EOFError(), Unreachable, "closed the connection, or fell silent, during the handshake"),
    (
        paramiko.SSHException("Error reading SSH protocol banner"),
        Unreachable,
        "closed the connection before it introduced itself",
    ),
    (_silent(), Unreachable, "did not introduce itself in time"),
    (paramiko.SSHException("odd\nthing"), Unreachable, r"odd\nthing"),
    (paramiko.SSHException(""), Unreachable, "the handshake failed"),
    (ValueError("bad key"), Unreachable, "bad key"),
    (paramiko.AuthenticationException("no"), AuthenticationFailed, "cannot log in: no"),
    (paramiko.PasswordRequiredException("locked"), AuthenticationFailed, "cannot log in: locked"),
    (
        paramiko.BadAuthenticationType("no", ["password"]),
        AuthenticationFailed,
        "cannot log in: no; allowed types: ['password']",
    ),
    (
        ssh_exception.PartialAuthentication(["password"]),
        AuthenticationFailed,
        "cannot log in: Partial authentication; allowed types: ['password']",
    ),
    (ssh_exception.UnableToAuthenticate("x"), AuthenticationFailed, "cannot log in: x"),
    (
        paramiko.BadHostKeyException("mx1", _Key(), _Key()),
        HostKeyError,
        "its host key cannot be used: Host key for server 'mx1' does not match: got 'QQ==', expected 'QQ=='",
    ),
    (
        pkey.UnknownKeyType(key_type="ssh-new", key_bytes=b""),
        HostKeyError,
        "its host key cannot be used: UnknownKeyType(type='ssh-new', bytes=<0>)",
    ),
    (ssh_exception.IncompatiblePeer("no kex"), ConnectError, "no common algorithm: no kex"),
    (ssh_exception.MessageOrderError("early"), ConnectError, "breaks the order of the handshake: early"),
    (
        ssh_exception.ChannelException(1, "prohibited"),
        Unreachable,
        "the SSH server forbids it",
    ),
    (
        ssh_exception.ChannelException(2, "failed"),
        Unreachable,
        "did not open: refused, no route or a name that does not resolve (the SSH server does not say which)",
    ),
    (ssh_exception.ConfigParseError("line"), ConnectError, "ssh_config: line"),
    (ssh_exception.CouldNotCanonicalize("mx1"), ConnectError, "ssh_config: mx1"),
    (
        ssh_exception.ProxyCommandFailure("nc", "x"),
        ConnectError,
        'ssh_config: ProxyCommand("nc") returned nonzero exit status: x',
    ),
)


@pytest.mark.parametrize(("error", "kind", "text"), EXAMPLES)
def test_connect_error(error: BaseException, kind: type[ConnectError], text: str) -> None:
    """Each exception becomes the most telling of relayconf's own, in words, with the server's name."""
    translated = connect_error(error, HERE)

    assert type(translated) is kind
    assert translated.message == f"{HERE}: {text}"
    assert isinstance(error, LibraryError)


def test_hints_differ() -> None:
    """The four ways of not reaching a host have a way out each."""
    hints = {connect_error(error, HERE).hint for error, _, _ in EXAMPLES[:4]}

    assert len(hints) == 4
    assert None not in hints


def _public_exceptions() -> set[type[BaseException]]:
    modules = (paramiko, ssh_exception, pkey)
    found = {value for module in modules for value in vars(module).values() if inspect.isclass(value)}
    return {kind for kind in found if issubclass(kind, BaseException) and kind.__module__.startswith("paramiko")}


def test_no_exception_is_forgotten() -> None:
    """Every exception that Paramiko shows to the world has its example above, less those of unused parts."""
    examples = {type(error) for error, _, _ in EXAMPLES}
    unused = {paramiko.SFTPError, AuthFailure}  # of SFTP, and of a way to log in that relayconf does not go

    assert _public_exceptions() - examples == unused
    assert all(issubclass(kind, LibraryError) for kind in _public_exceptions() - unused)


@pytest.mark.parametrize(
    ("error", "text", "hint", "reason"),
    [
        (
            ssh_exception.ChannelException(2, "Connect failed"),
            "refused, no route or a name that does not resolve (the SSH server does not say which)",
            None,
            "unknown",
        ),
        (
            ssh_exception.ChannelException(1, "Administratively prohibited"),
            "its sshd forbids it",
            "see AllowTcpForwarding and PermitOpen in its sshd_config",
            "forbidden",
        ),
        (
            paramiko.SSHException("Timeout opening channel."),
            "no answer in time",
            "a firewall may drop the packets",
            "timeout",
        ),
        (paramiko.SSHException("SSH session not active"), "the SSH connection is gone", None, "unknown"),
        (EOFError(), "the SSH connection is gone", None, "unknown"),
    ],
)
def test_tcp_refused(error: BaseException, text: str, hint: str | None, reason: TcpReason) -> None:
    """A connection from the host that did not open says as much as SSH lets it."""
    translated: RelayconfError = tcp_refused(error, "relay\n.example", 587)

    assert isinstance(translated, TcpRefused)
    assert translated.message == rf"no connection from the host to relay\n.example port 587: {text}"
    assert translated.hint == hint
    assert translated.reason == reason
