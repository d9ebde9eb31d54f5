from __future__ import annotations

import getpass
import shlex
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import paramiko
import pytest

from relayconf.connection import Ssh
from relayconf.errors import ConnectError, HostKeyError, Unreachable
from relayconf.model import Host
from relayconf.remote.ssh import Connector
from relayconf.remote.ssh.known_hosts import fingerprint
from tests.support.hosts import qmail_host
from tests.support.openssh_client import need_openssh_client
from tests.support.ssh_keys import ed25519
from tests.support.ssh_server import SshServer


def _host(
    server: SshServer | int, address: str = "127.0.0.1", *, jump: str | None = None, user: str | None = None
) -> Host:
    port = server if isinstance(server, int) else server.port
    return qmail_host(address=address, ssh=Ssh(port=port, user=user, proxy_jump=jump))


def _connector(home: Path, *, accept_new: bool = False, timeout: float = 10.0) -> Connector:
    return Connector(home=home, system=home / "etc", accept_new=accept_new, connect_timeout=timeout)


def _config(home: Path, text: str) -> None:
    (home / ".ssh" / "config").write_text(text)


def _failure(home: Path, host: Host, *, timeout: float = 10.0, accept_new: bool = False) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        _connector(home, timeout=timeout, accept_new=accept_new).connect(host)
    return caught.value


@contextmanager
def _servers(tmp_path: Path, home: Path, key: paramiko.PKey, count: int) -> Iterator[list[SshServer]]:
    servers = [SshServer(tmp_path / f"server{number}", authorized=key) for number in range(count)]
    with ExitStack() as stack:
        for server in servers:
            stack.enter_context(server)
        lines = "".join(server.known_hosts_line() for server in servers)
        (home / ".ssh" / "known_hosts").write_text(lines)
        yield servers


def test_user(server: SshServer, home: Path) -> None:
    """The user is the inventory's, else ssh_config's, else one's own."""
    _connector(home).connect(_host(server)).close()
    _config(home, "User configured\n")
    _connector(home).connect(_host(server)).close()
    _connector(home).connect(_host(server, user="wished")).close()

    assert [user for user, _ in server.attempts] == [getpass.getuser(), "configured", "wished"]


def test_identity_file_of_the_inventory(server: SshServer, home: Path) -> None:
    """The inventory's identity file is the only one that is tried, and may start with `~/`."""
    (home / ".ssh" / "id_ed25519").rename(home / "mine")
    _config(home, "IdentityFile ~/.ssh/configured\n")
    host = qmail_host(address="127.0.0.1", ssh=Ssh(port=server.port, identity_file="~/mine"))

    _connector(home).connect(host).close()

    assert len(server.attempts) == 1


def test_alias_of_ssh_config(server: SshServer, home: Path) -> None:
    """The inventory's address may be a name that only ssh_config knows, with everything that stands there."""
    (home / ".ssh" / "known_hosts").rename(home / "hosts")
    line = server.known_hosts_line()
    (home / "hosts").write_text(line.replace(f"[127.0.0.1]:{server.port}", "edge-key"))
    (home / "keys").mkdir()
    (home / ".ssh" / "id_ed25519").rename(home / "keys" / "edge")
    _config(
        home,
        f"Host edge\nHostName 127.0.0.1\nPort {server.port}\nUser admin\nIdentityFile ~/keys/%n\nIdentitiesOnly yes\n"
        "HostKeyAlias Edge-Key\nUserKnownHostsFile ~/hosts\nConnectTimeout 9\nServerAliveInterval 3\n",
    )
    host = qmail_host(address="edge")

    with _connector(home).connect(host) as session:
        assert session.run("echo fine").stdout == b"fine\n"


def test_system_files(server: SshServer, home: Path) -> None:
    """The system's known hosts and configuration count too."""
    (home / "etc").mkdir()
    (home / ".ssh" / "known_hosts").rename(home / "etc" / "ssh_known_hosts")
    (home / "etc" / "ssh_config").write_text("Include ssh_config.d/*\n")
    (home / "etc" / "ssh_config.d").mkdir()
    (home / "etc" / "ssh_config.d" / "10").write_text("User theirs\n")

    _connector(home).connect(_host(server)).close()

    assert server.attempts[0][0] == "theirs"


def test_given_files(server: SshServer, home: Path) -> None:
    """Files that the caller names replace the user's."""
    (home / ".ssh" / "known_hosts").rename(home / "hosts")
    (home / "config").write_text("User given\n")
    _config(home, "User wrong\n")

    Connector([home / "hosts"], home / "config", home=home, system=home).connect(_host(server)).close()

    assert server.attempts[0][0] == "given"


def test_unknown_host_key(server: SshServer, home: Path) -> None:
    """An unknown host is refused with its fingerprint and the commands that accept it, and no key is offered to it."""
    (home / ".ssh" / "known_hosts").unlink()

    error = _failure(home, _host(server))

    shown = fingerprint(server.host_key.asbytes())
    assert type(error) is HostKeyError
    assert error.message == f"127.0.0.1 port {server.port}: its host key is unknown: ssh-ed25519 {shown}"
    assert error.hint == (
        "compare the fingerprint on the host's own console, then accept it: "
        f"`ssh -p {server.port} 127.0.0.1`, or this command again with `--accept-new`"
    )
    assert server.attempts == []
    assert not (home / ".ssh" / "known_hosts").exists()


def test_accept_new(server: SshServer, home: Path) -> None:
    """With `accept_new` an unknown host's key is written down, once, and trusted from then on."""
    (home / ".ssh" / "known_hosts").unlink()
    connector = _connector(home, accept_new=True)
    connector.connect(_host(server)).close()
    connector.connect(_host(server)).close()
    _connector(home).connect(_host(server)).close()

    assert (home / ".ssh" / "known_hosts").read_text() == server.known_hosts_line()


def test_accept_new_tells(server: SshServer, home: Path) -> None:
    """Each key that was accepted is told once, with its fingerprint, however many threads meet it."""
    (home / ".ssh" / "known_hosts").unlink()
    told: list[str] = []
    connector = Connector(home=home, system=home, accept_new=True, accepted=told.append)
    threads = [threading.Thread(target=lambda: connector.connect(_host(server)).close()) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Connector(home=home, system=home, accept_new=True, accepted=told.append).connect(_host(server)).close()

    shown = fingerprint(server.host_key.asbytes())
    assert told == [f"127.0.0.1 port {server.port}: accepted its new host key ssh-ed25519 {shown}"]


def test_accept_new_tells_one_at_a_time(tmp_path: Path, home: Path, key: paramiko.PKey) -> None:
    """Who is told need not be ready for two threads at once."""
    inside: list[int] = []
    most: list[int] = []

    def tell(_text: str) -> None:
        inside.append(0)
        most.append(len(inside))
        time.sleep(0.2)
        inside.pop()

    with _servers(tmp_path, home, key, 3) as servers:
        (home / ".ssh" / "known_hosts").unlink()
        connector = Connector(home=home, system=home, accept_new=True, accepted=tell)
        threads = [threading.Thread(target=lambda to=to: connector.connect(_host(to)).close()) for to in servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert most == [1, 1, 1]


def test_accept_new_tells_only_that(server: SshServer, home: Path) -> None:
    """A known key, one that is refused and one that cannot be written down are not told as accepted."""
    file = home / ".ssh" / "known_hosts"
    told: list[str] = []
    Connector(home=home, system=home, accept_new=True, accepted=told.append).connect(_host(server)).close()
    file.unlink()
    with pytest.raises(HostKeyError, match="its host key is unknown"):
        Connector(home=home, system=home, accepted=told.append).connect(_host(server))
    file.symlink_to(home / "no" / "such" / "folder")
    with pytest.raises(HostKeyError, match="cannot write"):
        Connector(home=home, system=home, accept_new=True, accepted=told.append).connect(_host(server))

    assert told == []


def test_accept_new_with_no_file(server: SshServer, home: Path) -> None:
    """Without a file of one's own the new key goes where ssh would put it by default."""
    (home / ".ssh" / "known_hosts").unlink()
    _config(home, "UserKnownHostsFile none\n")

    _connector(home, accept_new=True).connect(_host(server)).close()

    assert (home / ".ssh" / "known_hosts").read_text() == server.known_hosts_line()


@pytest.mark.parametrize("accept_new", [False, True])
def test_changed_host_key(accept_new: bool, server: SshServer, home: Path, tmp_path: Path) -> None:  # noqa: FBT001  cases
    """A changed key is refused, also with `accept_new`; the hint's command forgets the old key."""
    file = home / ".ssh" / "known_hosts"
    other = ed25519(tmp_path / "other")
    old = f"# first line\n[127.0.0.1]:{server.port} ssh-ed25519 {other.get_base64()}\n"
    file.write_text(old)

    error = _failure(home, _host(server), accept_new=accept_new)

    shown = fingerprint(server.host_key.asbytes())
    need_openssh_client()
    command = f"ssh-keygen -R '[127.0.0.1]:{server.port}' -f {file}"
    assert type(error) is HostKeyError
    assert error.message == (
        f"127.0.0.1 port {server.port}: its host key changed: ssh-ed25519 {shown}, "
        f"but {file}:2 has another ssh-ed25519 key"
    )
    assert error.hint == (
        f"somebody may stand between. Only if the host was set up anew: `{command}`, then accept its new key"
    )
    assert file.read_text() == old
    assert server.attempts == []
    subprocess.run(shlex.split(command), check=True, capture_output=True)
    assert type(_failure(home, _host(server))) is HostKeyError
    _connector(home, accept_new=True).connect(_host(server)).close()


@pytest.mark.parametrize("accept_new", [False, True])
def test_revoked_host_key(accept_new: bool, server: SshServer, home: Path) -> None:  # noqa: FBT001  cases
    """A revoked key is refused, whoever else trusts it."""
    file = home / ".ssh" / "known_hosts"
    file.write_text(f"{server.known_hosts_line()}@revoked * ssh-ed25519 {server.host_key.get_base64()}\n")

    error = _failure(home, _host(server), accept_new=accept_new)

    shown = fingerprint(server.host_key.asbytes())
    assert type(error) is HostKeyError
    assert error.message == f"127.0.0.1 port {server.port}: its host key is revoked: ssh-ed25519 {shown} ({file}:2)"
    assert error.hint == "do not connect: give the host a new key, and trust only that"


def test_certificate_authority(server: SshServer, home: Path) -> None:
    """A host that only an authority vouches for is refused, and told that certificates are not read."""
    file = home / ".ssh" / "known_hosts"
    file.write_text(f"@cert-authority * ssh-ed25519 {server.host_key.get_base64()}\n")

    error = _failure(home, _host(server), accept_new=True)

    shown = fingerprint(server.host_key.asbytes())
    assert error.message == (
        f"127.0.0.1 port {server.port}: its host key is unknown: ssh-ed25519 {shown}; "
        f"{file}:1 trusts a certificate authority, but relayconf cannot read host certificates"
    )
    assert error.hint == (
        f"add its plain key too: `ssh-keyscan -p {server.port} 127.0.0.1` prints it; compare the fingerprint before"
    )


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_known_type_is_asked_for(kind: str, server: SshServer, home: Path) -> None:
    """A host with keys of several types is asked for one of the type that known_hosts has."""
    more: paramiko.PKey = paramiko.ECDSAKey.generate() if kind == "ecdsa" else paramiko.RSAKey.generate(2048)
    server.more_host_keys = (more,)
    line = f"[127.0.0.1]:{server.port} {more.get_name()} {more.get_base64()}\n"
    (home / ".ssh" / "known_hosts").write_text(line)

    _connector(home).connect(_host(server)).close()


def test_known_hosts_unreadable(server: SshServer, home: Path) -> None:
    """A file of known hosts that cannot be read is named, and nothing is trusted."""
    (home / ".ssh" / "known_hosts").unlink()
    (home / ".ssh" / "known_hosts").mkdir()

    assert _failure(home, _host(server)).message == f"cannot read {home}/.ssh/known_hosts: is a directory"


def test_refused_and_unresolvable(home: Path) -> None:
    """A closed port and a name that does not resolve are told apart."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    refused = _failure(home, _host(port))
    unresolvable = _failure(home, _host(port, "no-such-host.invalid"))

    assert type(refused) is type(unresolvable) is Unreachable
    assert refused.message == f"127.0.0.1 port {port}: connection refused"
    assert unresolvable.message == f"no-such-host.invalid port {port}: the name does not resolve"


def test_no_answer_to_tcp(home: Path) -> None:
    """A host that answers no TCP is given up after the time-out."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            error = _failure(home, _host(port), timeout=0.3)

    assert error.message == f"127.0.0.1 port {port}: no answer in time"


def test_silent_server(server: SshServer, home: Path) -> None:
    """A server that accepts and says nothing is given up after the time-out."""
    server.silent = True

    error = _failure(home, _host(server), timeout=0.3)

    assert type(error) is Unreachable
    assert error.message == f"127.0.0.1 port {server.port}: did not introduce itself in time"
    assert server.connections == 1


def test_not_ssh(home: Path) -> None:
    """What is no SSH server is shown without its control characters."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"SSH-1.5-\x1b[31mold\r\n")
                connection.recv(100)

        server = threading.Thread(target=greet)
        server.start()
        error = _failure(home, _host(listener.getsockname()[1]))
        server.join()

    assert "\x1b" not in error.message
    assert error.message.endswith(": no common algorithm: Incompatible version (1.5 instead of 2.0)")


@pytest.mark.parametrize("through", [False, True])
def test_endless_packet(through: bool, server: SshServer, home: Path) -> None:  # noqa: FBT001  cases
    """A host that announces a packet of two gigabytes is given up before it has sent it, also behind a jump host."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(b"SSH-2.0-hostile\r\n" + (2**31 - 4).to_bytes(4) + bytes(100))
                while connection.recv(10_000):
                    pass

        host = threading.Thread(target=greet)
        host.start()
        port = listener.getsockname()[1]
        error = _failure(home, _host(port, jump=f"127.0.0.1:{server.port}" if through else None))
        host.join()

    where = f"127.0.0.1 port {port}" + " through 127.0.0.1" * through
    assert type(error) is Unreachable
    assert error.message == f"{where}: a packet of more than 1 MiB"


@pytest.mark.parametrize(("refusals", "connections"), [(1, 2), (5, 2)])
def test_one_retry(refusals: int, connections: int, server: SshServer, home: Path) -> None:
    """A server that is too busy to introduce itself (MaxStartups) is tried once more, and once only."""
    server.refuse = refusals
    if refusals == 1:
        _connector(home).connect(_host(server)).close()
    else:
        error = _failure(home, _host(server))
        assert error.message == f"127.0.0.1 port {server.port}: closed the connection before it introduced itself"

    assert server.connections == connections


def test_few_at_once(server: SshServer, home: Path) -> None:
    """Twenty hosts behind one server never leave more than eight connections to it unauthenticated."""
    server.delay = 0.05
    connector = _connector(home)
    threads = [threading.Thread(target=lambda: connector.connect(_host(server)).close()) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert server.connections == 20
    assert server.peak == 8


def test_jump(tmp_path: Path, home: Path, key: paramiko.PKey) -> None:
    """A jump host, from the inventory or from ssh_config, is logged in to by its own settings and passed through."""
    with _servers(tmp_path, home, key, 2) as (jump, target):
        with _connector(home).connect(_host(target, jump=f"gate@127.0.0.1:{jump.port}", user="admin")) as session:
            assert session.run("echo through").stdout == b"through\n"
        _config(home, f"Host gate\nHostName 127.0.0.1\nPort {jump.port}\nUser keeper\nHost 127.*\nProxyJump gate\n")
        _connector(home).connect(_host(target, user="admin")).close()
        _connector(home).connect(_host(target, user="admin", jump="none")).close()

    assert [user for user, _ in jump.attempts] == ["gate", "keeper"]
    assert [user for user, _ in target.attempts] == ["admin"] * 3


def test_two_jumps(tmp_path: Path, home: Path, key: paramiko.PKey) -> None:
    """Several jump hosts are passed in their order; the first one's own ProxyJump counts, the others' does not."""
    with _servers(tmp_path, home, key, 3) as (first, second, target):
        _config(
            home,
            f"Host first second\nHostName 127.0.0.1\nHost first\nPort {first.port}\nHost second\nPort {second.port}\n"
            "ProxyJump circle\nHost circle\nProxyJump circle\n",
        )
        with _connector(home).connect(_host(target, jump="first,ssh://second")) as session:
            assert session.run("echo through").stdout == b"through\n"
        first.cut()
        assert [server.connections for server in (first, second, target)] == [1, 1, 1]
        _config(
            home,
            f"Host first second\nHostName 127.0.0.1\nHost first\nPort {first.port}\nHost second\nPort {second.port}\n"
            "ProxyJump first\n",
        )
        _connector(home).connect(_host(target, jump="second")).close()

        assert [server.connections for server in (first, second, target)] == [2, 2, 2]


def test_jump_in_a_circle(home: Path) -> None:
    """Jump hosts that lead to each other are an error and not an endless loop."""
    _config(home, "Host a\nProxyJump b\nHost b\nProxyJump a\n")

    error = _failure(home, qmail_host(address="a"))

    assert error.message == "b port 22: more than 8 jump hosts: does ProxyJump go in a circle?"


@pytest.mark.parametrize("jump", ["a b@c:d", "host:port", "@", "host:99999"])
def test_jump_of_nonsense(jump: str, home: Path) -> None:
    """What is no jump host is refused by name."""
    error = _failure(home, _host(22, jump=jump))

    assert error.message == f"`{jump}` is no jump host"
    assert error.hint == "write `[user@]host[:port]`"


def test_behind_the_jump_host(tmp_path: Path, home: Path, key: paramiko.PKey) -> None:
    """Failures behind a jump host name both, and failures of the jump host name it."""
    with _servers(tmp_path, home, key, 2) as (jump, target), socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
        listener.close()
        via = f"127.0.0.1:{jump.port}"
        refused = _failure(home, _host(closed, jump=via))
        jump.forwarding = False
        forbidden = _failure(home, _host(target, jump=via))
        jump_refused = _failure(home, _host(target, jump=f"127.0.0.1:{closed}"))
        (home / ".ssh" / "known_hosts").write_text(target.known_hosts_line())
        jump_unknown = _failure(home, _host(target, jump=via))

    assert refused.message == (
        f"127.0.0.1 port {closed} through 127.0.0.1: did not open: refused, no route or a name that does not resolve "
        "(the SSH server does not say which)"
    )
    assert forbidden.message == f"127.0.0.1 port {target.port} through 127.0.0.1: the SSH server forbids it"
    assert jump_refused.message == f"127.0.0.1 port {closed}: connection refused"
    assert jump_unknown.message.startswith(f"127.0.0.1 port {jump.port}: its host key is unknown: ")


def test_proxy_command(home: Path, tmp_path: Path) -> None:
    """A ProxyCommand is not run, and said not to be."""
    _config(home, f"ProxyCommand touch {tmp_path}/ran\n")

    error = _failure(home, _host(22, "mx1"))

    assert error.message == "mx1 port 22: ssh_config names a ProxyCommand, which relayconf does not run"
    assert error.hint == "use ProxyJump"
    assert not (tmp_path / "ran").exists()


def test_undecided_block(home: Path, tmp_path: Path) -> None:
    """When a connection fails, blocks of ssh_config that were left out are a possible reason."""
    _config(home, f'Match exec "touch {tmp_path}/ran"\nProxyJump gate\n')
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    error = _failure(home, _host(port))

    assert error.hint == (
        "sshd does not run there, or listens on another port: `ssh: {port: N}`; not applied: "
        f"{home}/.ssh/config:1 (its criteria would need a command or the network to decide)"
    )
    assert not (tmp_path / "ran").exists()


def test_broken_config(home: Path) -> None:
    """A broken ssh_config is an error that says where."""
    _config(home, "Host *\nPort many\n")

    assert _failure(home, qmail_host()).message == f"cannot use ssh_config: {home}/.ssh/config:2: `many` is no port"


def test_nothing_is_left_open(server: SshServer, home: Path) -> None:
    """Neither failures nor closed sessions leave sockets or threads behind."""
    connector = _connector(home)
    connector.connect(_host(server)).close()
    server.cut()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with connector.connect(_host(server)) as session:
            session.run("true")
        (home / ".ssh" / "id_ed25519").touch()
    server.cut()
    for thread in threading.enumerate():
        if isinstance(thread, paramiko.Transport):
            thread.join(5)

    assert not any(isinstance(thread, paramiko.Transport) for thread in threading.enumerate())
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 5  # the test server keeps its five accepted sockets
