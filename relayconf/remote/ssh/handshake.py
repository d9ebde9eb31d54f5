"""From a connected socket to an authenticated transport: algorithms, the host key, the user's keys."""

from __future__ import annotations

import os
import shlex
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.agent import AgentSSH
from paramiko.packet import Packetizer

from relayconf.errors import AuthenticationFailed, HostKeyError
from relayconf.remote.ssh.config import Settings
from relayconf.remote.ssh.keys import Identity, Keyring, Unusable
from relayconf.remote.ssh.known_hosts import Entry, KnownHosts, Verdict, fingerprint, marked_name
from relayconf.remote.ssh.translation import LibraryError
from relayconf.text import printable

# A Diffie-Hellman group costs 23 to 85 ms of CPU per host here, a curve 4: they are for hosts that know nothing else.
_KEX = ("curve25519-sha256@libssh.org", "mlkem768x25519-sha256", "ecdh-sha2-nistp256")
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # RFC 8332: how a key of type ssh-rsa signs today
_LARGEST = 1024 * 1024  # bytes; OpenSSH's packets have at most 256 KiB
_MANY = 5  # keys; sshd's MaxAuthTries is 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One SSH server on the way: a jump host or the mail server itself. `host` is the name after ssh_config."""

    host: str
    port: int
    user: str
    timeout: float
    settings: Settings

    @property
    def where(self) -> str:
        """The server in a message."""
        return f"{printable(self.host)} port {self.port}"

    @property
    def names(self) -> tuple[str, ...]:
        """Its names in known_hosts: the alias alone if there is one, else with the port and, as ssh does, without."""
        if self.settings.host_key_alias:
            return (self.settings.host_key_alias.lower(),)
        host = self.host.lower()
        return tuple(dict.fromkeys((marked_name(host, self.port), host)))


def _first(wished: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(name for name in wished if name in offered), *offered)))


class _Agent(AgentSSH):
    """The agent behind a socket of our choice, with a time-out (Paramiko's own has neither)."""

    def __init__(self, path: str) -> None:
        super().__init__()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(60.0)  # a key may ask its owner for a touch or a nod
        try:
            connection.connect(path)
            self._connect(connection)  # type: ignore[attr-defined]  # the stubs leave it out
        except BaseException:
            connection.close()
            raise
        self.close = connection.close


@contextmanager
def _agent_keys(settings: Settings, home: Path) -> Iterator[tuple[paramiko.AgentKey, ...]]:
    path = settings.identity_agent or "SSH_AUTH_SOCK"
    if path == "SSH_AUTH_SOCK" or path.startswith("$"):
        path = os.environ.get(path.removeprefix("$").strip("{}"), "none")
    agent = None
    if path != "none":
        # An agent that is gone, or speaks nonsense, is no agent; the keys in files remain.
        with suppress(OSError, paramiko.SSHException):
            agent = _Agent(str(home) + path[1:] if path.startswith("~/") else path)
    try:
        yield agent.get_keys() if agent else ()
    finally:
        if agent:
            agent.close()


class _Packetizer(Packetizer):
    """Refuses packets larger than any honest host sends: Paramiko takes what the length field says, up to 4 GiB."""

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:  # noqa: FBT001, FBT002  Paramiko's signature
        if n > _LARGEST:
            raise paramiko.SSHException("a packet of more than 1 MiB")
        return super().read_all(n, check_rekey)


def start(sock: socket.socket | paramiko.Channel, target: Target, known: KnownHosts) -> paramiko.Transport:
    """Agree on keys with the server behind *sock*, and return the transport; the host key is not judged yet.

    The host is asked first for a key of a type that known_hosts has. Raises what Paramiko raises.
    """
    transport = paramiko.Transport(sock, packetizer_class=_Packetizer)
    try:
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = target.timeout
        options = transport.get_security_options()
        options.kex = _first([*_KEX, *(name for name in options.kex if name.startswith("ecdh-"))], options.kex)
        options.ciphers = _first(_CIPHERS, options.ciphers)
        types = known.key_types(target.names)
        options.key_types = _first(
            [name for kind in types for name in (_RSA if kind == "ssh-rsa" else (kind,))], options.key_types
        )
        # The banner and the handshake have their own time-outs, which tell more than this one.
        transport.start_client(timeout=3 * target.timeout)
        transport.get_remote_server_key()  # raises when the time is over: start_client only stops waiting
    except BaseException:
        transport.close()
        with suppress(*LibraryError):  # a transport that never started leaves it open
            sock.close()
        raise
    transport.set_keepalive(15 if target.settings.alive_interval is None else target.settings.alive_interval)
    return transport


def _port(target: Target) -> str:
    return "" if target.port == 22 else f" -p {target.port}"


def _word(text: str) -> str:
    return printable(shlex.quote(text))


def _accept_hint(target: Target) -> str:
    return (
        "compare the fingerprint on the host's own console, then accept it: "
        f"`ssh{_port(target)} {_word(target.host)}`, or this command again with `--accept-new`"
    )


def _shown(key: paramiko.PKey) -> str:
    return f"{printable(key.get_name())} {fingerprint(key.asbytes())}"


def _complaint(target: Target, key: paramiko.PKey, verdict: Verdict, entry: Entry | None) -> HostKeyError:
    shown = _shown(key)
    place = entry.place if entry else ""
    match verdict:
        case Verdict.REVOKED:
            return HostKeyError(
                f"{target.where}: its host key is revoked: {shown} ({place})",
                hint="do not connect: give the host a new key, and trust only that",
            )
        case Verdict.CHANGED:
            known = entry.key_type if entry else ""
            file = place.rpartition(":")[0]
            return HostKeyError(
                f"{target.where}: its host key changed: {shown}, but {place} has another {printable(known)} key",
                hint=f"somebody may stand between. Only if the host was set up anew: `ssh-keygen -R "
                f"{_word(target.names[0])} -f {_word(file)}`, then accept its new key",
            )
        case Verdict.ONLY_AUTHORITY:
            return HostKeyError(
                f"{target.where}: its host key is unknown: {shown}; {place} trusts a certificate authority, "
                "but relayconf cannot read host certificates",
                hint=f"add its plain key too: `ssh-keyscan{_port(target)} {_word(target.host)}` prints it; "
                "compare the fingerprint before",
            )
        case _:
            return HostKeyError(f"{target.where}: its host key is unknown: {shown}", hint=_accept_hint(target))


def check_host_key(
    transport: paramiko.Transport, target: Target, known: KnownHosts, *, accepted: Callable[[str], None] | None
) -> None:
    """Refuse a host whose key known_hosts does not vouch for.

    With *accepted* an unknown host's key is appended, and *accepted* is told so, as one printable line. Raises
    HostKeyError.
    """
    key = transport.get_remote_server_key()
    verdict, entry = known.judge(target.names, key.asbytes())
    if verdict is Verdict.KNOWN:
        return
    if verdict is Verdict.UNKNOWN and accepted:
        if known.add(target.names[0], key.get_name(), key.asbytes()):
            accepted(f"{target.where}: accepted its new host key {_shown(key)}")
        return
    raise _complaint(target, key, verdict, entry)


def _failure(
    target: Target, offered: Sequence[Identity], unusable: Sequence[Unusable], why: str
) -> AuthenticationFailed:
    tried = [f"offered {identity.label}" for identity in offered]
    tried += [f"not offered {key.label} ({key.reason})" for key in unusable]
    encrypted = [key.label for key in unusable if key.encrypted]
    if encrypted:
        hint = f"unlock the key for this session: `ssh-add {encrypted[0]}`"
    elif len(offered) > _MANY:
        hint = "many keys were offered; name the right one: `ssh: {identity_file: …}` and `IdentitiesOnly yes`"
    elif offered:
        hint = f"put one of the public keys into {target.user}'s authorized_keys there, or name another user or key"
    else:
        hint = "name a key by `ssh: {identity_file: …}`, or start an agent; relayconf never asks for a password"
    keys = "; ".join(printable(text) for text in tried) or "no key was found"
    return AuthenticationFailed(f"{target.where}: {printable(target.user)} {why}: {keys}", hint=hint)


def authenticate(transport: paramiko.Transport, target: Target, keyring: Keyring, home: Path) -> None:
    """Prove who the user is with the keys of the agent and of files; never with a password.

    Raises AuthenticationFailed, which lists what was offered; and what Paramiko raises when the connection dies.
    """
    offered: list[Identity] = []
    unusable: list[Unusable] = []
    settings = target.settings
    with _agent_keys(settings, home) as held:
        for candidate in keyring.candidates(settings.identity_files, held, only=settings.identities_only):
            if isinstance(candidate, Unusable):
                unusable.append(candidate)
                continue
            offered.append(candidate)
            try:
                further = transport.auth_publickey(target.user, candidate.key)
            except paramiko.BadAuthenticationType as error:
                allowed = ", ".join(error.allowed_types)
                raise _failure(target, offered, unusable, f"may not log in by key, only by {allowed}") from error
            except paramiko.SSHException as error:  # also a key that its agent will not sign with
                if not transport.is_active():
                    raise _failure(target, offered, unusable, "was cut off by the host") from error
                continue
            if further:
                raise _failure(target, offered, unusable, f"was asked for more than a key ({', '.join(further)})")
            return
    raise _failure(target, offered, unusable, "was not let in")
