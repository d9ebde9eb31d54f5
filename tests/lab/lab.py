"""A lab that is up: its hosts, what its servers recorded, and ways into its network."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tests.lab import kernel
from tests.lab.files import Files
from tests.lab.machine import Completed, Machine, Place, run_entered
from tests.lab.packages import ensure_layer
from tests.lab.records import Message, Record, Refusal, read_records
from tests.lab.spec import DNS_ADDRESS, LabSpec, RelaySpec, Request
from tests.lab.zones import CONFIGURATION, PID_FILE, zone_files, zone_texts

_ROOT = Path(__file__).parents[2]
_PREFIX = "relayconf-lab-"
_STALE_AFTER = 60.0
_END_LIMIT = 30.0
_POLL = 0.05

T = TypeVar("T")


class LabError(Exception):
    """The lab did not come up, or did not go down; says why."""


def sweep(base: Path, pattern: str = f"{_PREFIX}*") -> None:
    """Remove what a lab left whose test and supervisor were killed together: a folder that nobody has locked."""
    for directory in base.glob(pattern):
        try:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - os.fstat(descriptor).st_mtime > _STALE_AFTER:
                shutil.rmtree(directory, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)


def _start(request: Request, log: int) -> subprocess.Popen[str]:
    lock = os.open(request.directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.supervisor"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            pass_fds=(lock,),
            start_new_session=True,
        )
    finally:
        os.close(lock)
    return process


def _await_up(process: subprocess.Popen[str], request: Request) -> bool:
    if not process.stdin or not process.stdout:
        raise AssertionError("both are pipes")
    with suppress(BrokenPipeError):
        process.stdin.write(f"{request.to_json()}\n")
        process.stdin.flush()
    return process.stdout.readline() == "up\n"


class Lab:
    """A lab that is up. A context manager: leaving it takes the lab down."""

    def __init__(self, directory: Path, process: subprocess.Popen[str] | None = None) -> None:
        state = json.loads((directory / "state.json").read_text())
        self.spec = LabSpec.from_json(state["spec"])
        self.directory = directory
        self.pids: Mapping[str, int] = state["nodes"] | {"supervisor": state["supervisor"]}
        self._files = Files(directory=directory, scratch=directory / "scratch")
        self._process = process
        self._watched = [os.pidfd_open(pid) for pid in self.pids.values()]
        self._places = {name: Place.of(pid) for name, pid in state["nodes"].items()}
        self._zones = dict(zone_texts(self.spec))

    @classmethod
    def up(cls, spec: LabSpec, *, directory: Path | None = None) -> Lab:
        """Bring a lab up. Raises LabError, PackagesError.

        It ends with `close`, with the `with` block, or with this process. With *directory* (which must not exist) it is
        detached: it ends by `Lab(directory).close()` alone.
        """
        layer = ensure_layer()
        sweep(Path(tempfile.gettempdir()))
        if directory:
            directory.mkdir(mode=0o700, parents=True)
        place = directory or Path(tempfile.mkdtemp(prefix=_PREFIX))
        request = Request(spec=spec, directory=place, layer=layer, detached=directory is not None)
        with tempfile.TemporaryFile() as log:
            process = _start(request, log.fileno())
            if not _await_up(process, request):
                process.communicate()
                log.seek(0)
                shutil.rmtree(place, ignore_errors=True)
                raise LabError(f"the lab did not come up:\n{log.read().decode(errors='replace')}")
        return cls(place, process)

    def close(self) -> None:
        """Take the lab down; when this returns, none of its processes is left. Raises LabError. Safe to call twice."""
        watched, self._watched = self._watched, []
        if watched:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(watched[-1], signal.SIGTERM)
        for descriptor in watched:
            ended, _, _ = select.select([descriptor], [], [], _END_LIMIT)
            os.close(descriptor)
            if not ended:
                raise LabError("the lab does not end")
        if self._process:
            self._process.communicate()
        shutil.rmtree(self.directory, ignore_errors=True)

    def host(self, name: str) -> Machine:
        """One of the hosts, or `dns`. Raises KeyError."""
        address = DNS_ADDRESS if name == "dns" else self.spec.address(name)
        return Machine(name=name, address=address, place=self._places[name], inside=self.inside)

    def path(self, name: str) -> Path:
        """A file for clients: `id_ed25519`, `known_hosts`, `ssh_config`, `ca.pem`. They go with the lab."""
        return self.directory / name

    def inside(self) -> AbstractContextManager[None]:
        """Put the calling thread, and threads that it starts meanwhile, into the hub's network.

        Connections stay there for life. Names do not resolve here (use addresses); in `run` they do.
        """
        return kernel.network_of(self._places["hub"].living_pid())

    def connect(self, name: str, port: int, *, timeout: float = 10.0) -> socket.socket:
        """A TCP connection from the hub to a host, relay or the receiver, by its name. Raises KeyError, OSError."""
        with self.inside():
            return socket.create_connection((self.spec.address(name), port), timeout)

    @property
    def enter(self) -> tuple[str, ...]:
        """The start of a command line that runs the rest in the hub, in `/`."""
        return self._places["hub"].enter("--mount", "--root", "--ipc", "--net", "--pid")

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        timeout: float = 120.0,
    ) -> Completed:
        """Run *argv* in the hub: the lab's network and resolver, this machine's files.

        *env* is the whole environment, by default this process's own. What it leaves running ends with the lab.
        Raises CommandError, TimeoutExpired.
        """
        return run_entered(
            [*self.enter, "env", f"--chdir={cwd or Path.cwd()}"],
            argv,
            stdin=stdin,
            env=env or os.environ,
            check=check,
            timeout=timeout,
        )

    def mark(self) -> int:
        """Now, for `since`: records before it are left out."""
        return self._files.records.stat().st_size

    def records(self, *, since: int = 0) -> tuple[Record, ...]:
        """What relays and receiver took and refused, in order."""
        return read_records(self._files.records, since)

    def messages(self, *, since: int = 0) -> tuple[Message, ...]:
        """The messages that relays and receiver took."""
        return tuple(record for record in self.records(since=since) if isinstance(record, Message))

    def refusals(self, *, since: int = 0) -> tuple[Refusal, ...]:
        """The commands that relays and receiver refused."""
        return tuple(record for record in self.records(since=since) if isinstance(record, Refusal))

    def wait_for(self, predicate: Callable[[], T], *, timeout: float = 20.0) -> T:
        """The first true answer of *predicate*, asked 20 times a second. Raises TimeoutError with the last answer."""
        deadline = time.monotonic() + timeout
        while not (answer := predicate()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still {answer!r} after {timeout} s")
            time.sleep(_POLL)
        return answer

    def message_to(self, recipient: str, *, since: int = 0, timeout: float = 20.0) -> Message:
        """The first message taken for *recipient*, waited for. Raises TimeoutError."""
        found = self.wait_for(
            lambda: [message for message in self.messages(since=since) if recipient in message.recipients],
            timeout=timeout,
        )
        return found[0]

    def change_relay(self, relay: RelaySpec) -> None:
        """Let the relay (or receiver) of this name behave like this from now on. Its ports stay. Raises KeyError."""
        self.spec.address(relay.name)
        target = self._files.relay(relay.name)
        new = target.with_suffix(".new")
        new.write_text(json.dumps(asdict(relay)))
        new.rename(target)

    def set_zone(self, name: str, records: str) -> None:
        """Make this the whole of the zone *name* (new or known), and wait until it is served."""
        self._zones[name] = records
        dns = self.host("dns")
        for path, text in zone_files(self._zones).items():
            dns.write(path, text.encode())
        restart = f'pid=$(cat {PID_FILE}); kill "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done'
        dns.run(["sh", "-c", f"{restart}; exec nsd -c {CONFIGURATION}"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
