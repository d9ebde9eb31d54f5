"""What every session does, whatever carries it: the local shell, SSH to a server of ours, SSH to OpenSSH."""

from __future__ import annotations

import hashlib
import inspect
import shutil
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from relayconf.connection import Ssh
from relayconf.errors import ConnectError, ConnectionLost, TcpRefused
from relayconf.remote.base import LIMIT, Session
from relayconf.remote.framing import MARK
from relayconf.remote.local import LocalSession
from relayconf.remote.ssh import Connector
from relayconf.remote.ssh.session import SshSession
from tests.support import openssh
from tests.support.hosts import qmail_host
from tests.support.openssh import OpenSshServer
from tests.support.shells import SHELLS
from tests.support.ssh_keys import ed25519
from tests.support.ssh_server import SshServer

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere to run scripts: how to open a session, and how to cut its line (None: it has none)."""

    open: Callable[[], Session]
    cut: Callable[[], None] | None


def _ssh(home: Path, port: int, identity: Path, known: str) -> Callable[[], Session]:
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "known_hosts").write_text(known)
    connector = Connector(home=home, system=home)
    host = qmail_host(address="127.0.0.1", ssh=Ssh(port=port, identity_file=str(identity), user="root"))
    return lambda: connector.connect(host)


@pytest.fixture(
    name="place",
    scope="module",
    params=[f"{kind} {shell}" for kind in ("local", "server", "openssh") for shell in SHELLS],
)
def _place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    kind, shell = str(request.param).split()
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: apt-get install {shell}")
    root = tmp_path_factory.mktemp(kind)
    with ExitStack() as stack:
        if kind == "local":
            command = "busybox sh" if shell == "busybox" else shell
            yield Place(open=lambda: LocalSession(shell=command), cut=None)
        elif kind == "server":
            key = root / "client_key"
            server = stack.enter_context(SshServer(root / "server", authorized=ed25519(key), shell=shell))
            opener = _ssh(root / "home", server.port, key, server.known_hosts_line())
            yield Place(open=opener, cut=server.cut)
        else:
            if reason := openssh.why_not():
                pytest.skip(reason)
            sshd = stack.enter_context(OpenSshServer(root / "server", shell=shell))
            opener = _ssh(root / "home", sshd.port, sshd.identity, sshd.known_hosts_line())
            yield Place(open=opener, cut=sshd.cut)


@pytest.fixture(name="session")
def _session(place: Place) -> Iterator[Session]:
    with place.open() as session:
        yield session


def _function(body: str) -> str:
    return f'main() {{ {body}\n}}\nmain "$@"\n'


def test_outputs_and_status(session: Session) -> None:
    """Exit status, stdout and stderr arrive, each for itself."""
    done = session.run(_function("echo out; echo err >&2; exit 7"))

    assert (done.exit_status, done.stdout, done.stderr) == (7, b"out\n", b"err\n")


def test_one_session_runs_several_scripts(session: Session) -> None:
    """A session is used again and again; nothing of one script is left for the next."""
    session.run(_function("LEFT=over; exit 0"), stdin=b"unread")

    assert session.run(_function('echo "[$LEFT]"; cat')).stdout == b"[]\n"


def test_hostile_arguments(session: Session) -> None:
    """Arguments arrive byte for byte, whatever they hold; none is expanded or run."""
    args = ["", "it's", '"', "$(echo pwned)", "`id`", "a\nb", "\\", "*", "!x", "ü日本", "-e", "a\tb ", "\udcff"]

    done = session.run(_function('printf \'<%s>\' "$#" "$@"'), args)

    expected = "".join(f"<{arg}>" for arg in (str(len(args)), *args))
    assert done.stdout == expected.encode("utf-8", "surrogateescape")


def test_large_payload_comes_back(session: Session) -> None:
    """Five megabytes of every byte value go there and back at once, and the host saw the same bytes."""
    payload = b"".join(hashlib.sha256(number.to_bytes(4)).digest() for number in range(5_000_000 // 32)) + b"\0\n\0"

    echoed = session.run(_function("cat"), stdin=payload)
    hashed = session.run(_function("sha256sum"), stdin=payload)

    assert hashlib.sha256(echoed.stdout).digest() == hashlib.sha256(payload).digest()
    assert hashed.stdout.split()[0].decode() == hashlib.sha256(payload).hexdigest()


def test_both_outputs_at_once(session: Session) -> None:
    """Megabytes on stdout and stderr at the same time, with megabytes of unread payload, block nobody."""
    done = session.run(
        _function("head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait"), stdin=bytes(4_000_000)
    )

    assert (len(done.stdout), len(done.stderr), done.exit_status) == (3_000_000, 3_000_000, 0)


def test_long_script(session: Session) -> None:
    """A script longer than a pipe's buffer and a shell's read is read whole, and not a byte of the payload with it."""
    script = _function(f"VALUE='{'x' * 70_000}'; echo ${{#VALUE}}; cat")

    assert session.run(script, stdin=b"first byte").stdout == b"70000\nfirst byte"


def test_no_payload_is_the_end(session: Session) -> None:
    """Without a payload the script reads the end of its input at once."""
    assert session.run(_function("cat; echo end")).stdout == b"end\n"


def test_nothing_shows_in_the_process_list(session: Session) -> None:
    """Neither script, arguments nor payload stand in a command line or in the environment of the script."""
    script = _function("cat /proc/$$/cmdline /proc/$PPID/cmdline /proc/self/environ | tr '\\0' ' '; : script-secret")

    shown = session.run(script, ["argument-secret"], b"payload-secret").stdout

    assert b"relayconf" in shown
    assert b"-secret" not in shown


def test_time_out(place: Place) -> None:
    """A script that does not end in time has an unknown outcome, and we do not wait for it."""
    with place.open() as session, pytest.raises(ConnectionLost) as caught:
        session.run(_function("exec sleep 30"), timeout=0.5)

    assert caught.value.message.startswith("the script did not end within 0.5 s; what ")


def test_time_out_with_closed_outputs(place: Place) -> None:
    """Closed outputs are not yet the end of a script."""
    with place.open() as session, pytest.raises(ConnectionLost):
        session.run(_function("exec >/dev/null 2>&1; exec sleep 30"), timeout=0.5)


def test_closed_twice(place: Place) -> None:
    """Closing is safe to repeat."""
    session = place.open()
    session.run(_function(":"))

    session.close()
    session.close()


def test_killed_script(session: Session) -> None:
    """A shell that dies of a signal leaves no exit status: unknown, not a failure."""
    with pytest.raises(ConnectionLost, match="; what the host did is unknown here"):
        session.run(_function("kill -9 $$"))


_ENDLESS = (
    "look first on the host for what prints without end (a login shell's profile) or a file that grew huge; "
    "run the command again: the host's journal knows what was done"
)


@pytest.mark.parametrize("body", ["exec cat /dev/zero", "exec cat /dev/zero >&2"])
def test_endless_output(body: str, place: Place) -> None:
    """A host that prints without end, on either output, is given up at the limit; what it sent is not kept."""
    with place.open() as session:
        start = time.monotonic()
        tracemalloc.start()
        try:
            with pytest.raises(ConnectionLost) as caught:
                session.run(_function(body), limit=8 * _MIB, timeout=30)
            kept, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert time.monotonic() - start < 15
    assert caught.value.message == "the host sent more than 8 MiB; given up"
    assert caught.value.hint == _ENDLESS
    assert peak < 20 * _MIB
    assert kept < 4 * _MIB


def test_limit_is_of_both_outputs(place: Place) -> None:
    """The limit counts both outputs together, with the two marks, and is itself allowed."""
    body = _function("head -c 500000 /dev/zero; head -c 300000 /dev/zero >&2")
    limit = 800_000 + 2 * len(MARK)
    with place.open() as session:
        done = session.run(body, limit=limit)
    with (
        place.open() as session,
        pytest.raises(ConnectionLost, match=r"^the host sent more than 0\.76\d+ MiB; given up"),
    ):
        session.run(body, limit=limit - 1)

    assert (len(done.stdout), len(done.stderr)) == (500_000, 300_000)


@pytest.mark.parametrize(
    ("body", "limit", "message", "hint"),
    [
        ("kill -9 $$", _MIB, "the script was killed|the host sent no exit status", "plan again"),
        ("exec sleep 30", _MIB, "the script did not end within 0.5 s", "plan again"),
        (
            "exec cat /dev/zero",
            _MIB,
            "the host sent more than 1 MiB; given up",
            f"{_ENDLESS.partition('; ')[0]}; plan again",
        ),
    ],
)
def test_hint_of_the_caller(body: str, limit: int, message: str, hint: str, place: Place) -> None:
    """The caller says what an unknown outcome means; nothing is said of a journal then."""
    with place.open() as session, pytest.raises(ConnectionLost) as caught:
        session.run(_function(body), limit=limit, timeout=0.5 if "sleep" in body else 30, unknown_hint="plan again")

    assert caught.value.message in message.split("|")
    assert caught.value.hint == hint


def test_cut_in_the_middle(place: Place) -> None:
    """A line that is cut while the script works raises ConnectionLost; so does every script after it."""
    if place.cut is None:
        pytest.skip("the local shell has no line")
    cutter = threading.Timer(0.5, place.cut)
    with place.open() as session:
        cutter.start()
        with pytest.raises(ConnectionLost) as caught:
            session.run(_function("echo started; sleep 10; echo end 0"), stdin=bytes(100))
        with pytest.raises(ConnectionLost) as after:
            session.run(_function("echo again"))
    cutter.join()

    assert caught.value.message == "the line dropped; what the host did is unknown here"
    assert after.value.message == "the line dropped before the script was sent"
    assert caught.value.hint == after.value.hint == "run the command again: the host's journal knows what was done"


def test_tcp_both_ways(session: Session) -> None:
    """A connection from the host's network carries bytes both ways, and each end may finish first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                connection.sendall(b"220 ready\r\n")
                connection.sendall(stream.read())

        server = threading.Thread(target=answer)
        server.start()
        payload = bytes(range(256)) * 4096
        with session.open_tcp("127.0.0.1", listener.getsockname()[1]) as connection:

            def send() -> None:
                connection.sendall(payload)
                connection.shutdown(socket.SHUT_WR)

            sender = threading.Thread(target=send)
            sender.start()
            with connection.makefile("rb") as stream:
                greeting, rest = stream.readline(), stream.read()
            sender.join()
        server.join()

    assert isinstance(connection, socket.socket)
    assert (greeting, rest) == (b"220 ready\r\n", payload)


def test_tcp_closed_here_first(session: Session) -> None:
    """Closing our end ends the connection on the other side."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = session.open_tcp("127.0.0.1", listener.getsockname()[1])
        far, _ = listener.accept()
        with far:
            far.settimeout(10)
            connection.close()

            assert far.recv(1) == b""


def test_tcp_refused(session: Session) -> None:
    """A port where nobody listens is refused, and the session still works."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(TcpRefused, match=f"127.0.0.1 port {port}: "):
        session.open_tcp("127.0.0.1", port)

    assert session.run(_function("echo fine")).stdout == b"fine\n"


def test_no_such_shell_command(session: Session) -> None:
    """What the script itself fails at is the script's result, not an error of the session."""
    done = session.run(_function("no-such-command"))

    assert done.exit_status == 127
    assert b"no-such-command" in done.stderr


def test_usual_limit() -> None:
    """Unless its caller says otherwise, a script may print 256 MiB."""
    for kind in (Session, LocalSession, SshSession):
        assert inspect.signature(kind.run).parameters["limit"].default == LIMIT == 256 * _MIB


def test_contract_errors_are_not_connect_errors() -> None:
    """ConnectError promises that nothing ran; a lost line must never be taken for it."""
    assert not issubclass(ConnectionLost, ConnectError)
