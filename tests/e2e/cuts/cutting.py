"""The ways in which an apply is cut. Each starts one, cuts it, and returns when the host is at rest."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from tests.e2e.cuts.laptop import EVERYTHING
from tests.e2e.cuts.processes import Watch
from tests.e2e.cuts.proxy import Proxy, Stop
from tests.e2e.cuts.scene import Reference, Scene
from tests.e2e.cuts.shims import When

_LIMIT = 100.0
_TAIL = 30_000  # less than the bytes of a payload; half of the cuts by bytes fall into them


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where it was cut, and whether it came to that; `is_resting` says whether the host came to rest."""

    place: str
    is_cut: bool
    is_resting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a way of cutting needs: the host, what to apply, what an uncut apply is like, and where chance is from."""

    scene: Scene
    wish: str
    reference: Reference
    chance: random.Random
    watch: Watch

    def start(self) -> subprocess.Popen[bytes]:
        """Start the apply that is to be cut."""
        return self.scene.laptop.start("apply", self.wish, "--yes", "--reconnect", "0", *EVERYTHING)

    def moment(self) -> float:
        """Seconds after the start, somewhere in the apply; the first third is Python's start and the handshake."""
        return self.chance.uniform(0.33, 1.0) * self.reference.seconds

    def limit(self) -> int:
        """Bytes from the client, somewhere behind those of a plan."""
        first, last = self.reference.plan_sent, self.reference.sent - 1
        return self.chance.randint(first if self.chance.random() < 0.5 else max(first, last - _TAIL), last)


def _end(client: subprocess.Popen[bytes]) -> bool:
    """Kill the client with SIGKILL. Whether it was still at work."""
    was_alive = client.poll() is None
    client.kill()
    client.wait()
    return was_alive


@contextmanager
def _shell_killed(one: Round, when: When) -> Iterator[Cut]:
    number = one.chance.randint(one.reference.plan_commands + 1, one.reference.commands)
    one.scene.shims.arm(number, when)
    with Proxy(one.scene.lab, one.scene.host.address, one.scene.laptop.port):
        client = one.start()
        try:
            client.wait(timeout=_LIMIT)
        finally:
            _end(client)
        killed = one.scene.shims.killed
        one.scene.shims.disarm()
    yield Cut(place=f"{when} command {number}", is_cut=killed, is_resting=one.watch.rest())


@contextmanager
def _client_killed(one: Round) -> Iterator[Cut]:
    moment = one.moment()
    with Proxy(one.scene.lab, one.scene.host.address, one.scene.laptop.port):
        client = one.start()
        time.sleep(moment)
        was_alive = _end(client)
    yield Cut(place=f"after {moment:.3f} s", is_cut=was_alive, is_resting=one.watch.rest())


@contextmanager
def _line_cut(one: Round, stop: Stop) -> Iterator[Cut]:
    limit = one.limit()
    with Proxy(one.scene.lab, one.scene.host.address, one.scene.laptop.port, stop=stop, limit=limit) as proxy:
        client = one.start()
        while not proxy.cut.wait(0.02) and client.poll() is None:
            pass
        if stop == "close":
            client.wait(timeout=_LIMIT)
            is_resting = one.watch.rest()
        else:
            is_resting = one.watch.rest_of_owners()
        _end(client)
        yield Cut(place=f"after {limit} bytes", is_cut=proxy.cut.is_set(), is_resting=is_resting)


@contextmanager
def _cable_out(one: Round) -> Iterator[Cut]:
    moment = one.moment()
    host = one.scene.host
    with Proxy(one.scene.lab, host.address, one.scene.laptop.port):
        client = one.start()
        time.sleep(moment)
        is_cut = client.poll() is None
        host.run(["ip", "link", "set", "eth0", "down"])
        try:
            is_resting = one.watch.rest_of_owners()
            _end(client)
        finally:
            host.run(["ip", "link", "set", "eth0", "up"])
    yield Cut(place=f"after {moment:.3f} s", is_cut=is_cut, is_resting=is_resting)


Kind: TypeAlias = Callable[[Round], AbstractContextManager[Cut]]
"""Cuts as it is entered; what the cut still holds open, a line that is silent, ends as it is left."""

SHELL_BEFORE, SHELL_AFTER = "shell killed before a command", "shell killed after a command"
CLIENT, CLOSED, SILENT, CABLE = "laptop killed", "connection closed", "connection silent", "cable pulled"

KINDS: Mapping[str, Kind] = {
    SHELL_BEFORE: lambda one: _shell_killed(one, "before"),
    SHELL_AFTER: lambda one: _shell_killed(one, "after"),
    CLIENT: _client_killed,
    CLOSED: lambda one: _line_cut(one, "close"),
    SILENT: lambda one: _line_cut(one, "silence"),
    CABLE: _cable_out,
}
