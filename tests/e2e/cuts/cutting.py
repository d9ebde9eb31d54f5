"""The ways in which a command is cut. Each starts one, cuts it, and returns when the host is at rest."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from tests.e2e.cuts.laptop import EVERYTHING
from tests.e2e.cuts.processes import Watch
from tests.e2e.cuts.proxy import Proxy, Stop
from tests.e2e.cuts.scene import Reference, Scene
from tests.e2e.cuts.shims import When

_LIMIT = 100.0
_TAIL = 30_000  # less than the bytes of a payload; half of the cuts by bytes fall into them
_NEAR = 3  # commands before and behind a rename
_LOCK = "/var/lib/relayconf/lock"
_CONFIRMING = 2_000  # more than two applies differ by, less than what it takes to send a confirmation

Promise: TypeAlias = Literal["contact", "alone", "told"]
"""When the host is whole: after the next contact; at rest, without one; the same, and the client has said which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where it was cut, and whether it came to that; `is_resting` says whether the host came to rest.

    `may_be_new` is false when the apply cannot have been confirmed. `code` is the client's own, if it came to one.
    """

    place: str
    is_cut: bool
    is_resting: bool
    may_be_new: bool = True
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a way of cutting needs: the host, the command, what an uncut one is like, and where chance is from."""

    scene: Scene
    wish: str
    command: tuple[str, ...]
    reference: Reference
    chance: random.Random
    watch: Watch

    def start(self) -> subprocess.Popen[bytes]:
        """Start the command that is to be cut."""
        verb, *words = self.command
        return self.scene.laptop.start(verb, self.wish, *words)

    def proxy(self, stop: Stop = "never", limit: int = 0, *, again: bool = False) -> Proxy:
        """What the command's connection goes through."""
        scene = self.scene
        return Proxy(scene.lab, scene.host.address, scene.laptop.port, stop=stop, limit=limit, again=again)

    def moment(self) -> float:
        """Seconds after the start, somewhere in the command; the first third is Python's start and the handshake."""
        return self.chance.uniform(0.33, 1.0) * self.reference.seconds

    def number(self) -> int:
        """A command of the deploy; every second time one near a rename, for there something may be half done."""
        first, last, renames = self.reference.plan_commands + 1, self.reference.commands, self.reference.renames
        if not renames or self.chance.random() < 0.5:
            return self.chance.randint(first, last)
        return min(last, max(first, self.chance.choice(renames) + self.chance.randint(-_NEAR, _NEAR)))

    def wait_for_lock(self, client: subprocess.Popen[bytes]) -> None:
        """Return when the host has all that it needs and is at work, or *client* has ended."""
        lock = self.scene.disk.path(_LOCK)
        while not lock.is_symlink() and client.poll() is None:
            time.sleep(0.005)

    def limit(self) -> int:
        """Bytes from the client, somewhere behind those of its first look."""
        first, last = self.reference.plan_sent, self.reference.sent - 1
        return self.chance.randint(first if self.chance.random() < 0.5 else max(first, last - _TAIL), last)


def _end(client: subprocess.Popen[bytes]) -> bool:
    """Kill the client with SIGKILL. Whether it was still at work."""
    was_alive = client.poll() is None
    client.kill()
    client.wait()
    return was_alive


@contextmanager
def _shell_killed(one: Round, when: When, *, again: bool = False) -> Iterator[Cut]:
    number = one.number()
    one.scene.shims.arm(number, when)
    with one.proxy(again=again):
        client = one.start()
        try:
            code = client.wait(timeout=_LIMIT)
        finally:
            _end(client)
        killed = one.scene.shims.killed
        one.scene.shims.disarm()
    yield Cut(place=f"{when} command {number}", is_cut=killed, is_resting=one.watch.rest(), code=code)


@contextmanager
def _client_killed(one: Round) -> Iterator[Cut]:
    moment = one.moment()
    with one.proxy():
        client = one.start()
        time.sleep(moment)
        was_alive = _end(client)
    yield Cut(place=f"after {moment:.3f} s", is_cut=was_alive, is_resting=one.watch.rest())


@contextmanager
def _unconfirmed(one: Round) -> Iterator[Cut]:
    moment = one.chance.uniform(0.0, 0.5) * one.reference.seconds
    with one.proxy() as proxy:
        client = one.start()
        one.wait_for_lock(client)
        time.sleep(moment)
        was_alive = _end(client)
        # the host's clock is at work as long as it waits
        is_resting = one.watch.rest()
        may_be_new = proxy.sent > one.reference.sent + _CONFIRMING
    place = f"{moment:.3f} s after the lock"
    yield Cut(place=place, is_cut=was_alive, is_resting=is_resting, may_be_new=may_be_new)


def _wait_for_cut(proxy: Proxy, client: subprocess.Popen[bytes]) -> None:
    while not proxy.cut.wait(0.02) and client.poll() is None:
        pass


@contextmanager
def _line_closed(one: Round, *, again: bool = False) -> Iterator[Cut]:
    limit = one.limit()
    with one.proxy("close", limit, again=again) as proxy:
        client = one.start()
        try:
            _wait_for_cut(proxy, client)
            code = client.wait(timeout=_LIMIT)
        finally:
            _end(client)
    yield Cut(place=f"after {limit} bytes", is_cut=proxy.cut.is_set(), is_resting=one.watch.rest(), code=code)


@contextmanager
def _line_silent(one: Round) -> Iterator[Cut]:
    limit = one.limit()
    with one.proxy("silence", limit) as proxy:
        client = one.start()
        _wait_for_cut(proxy, client)
        is_resting = one.watch.rest_of_owners()
        _end(client)
        yield Cut(place=f"after {limit} bytes", is_cut=proxy.cut.is_set(), is_resting=is_resting)


@contextmanager
def _cable_out(one: Round) -> Iterator[Cut]:
    moment = one.moment()
    host = one.scene.host
    with one.proxy():
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


Cutter: TypeAlias = Callable[[Round], AbstractContextManager[Cut]]
"""Cuts as it is entered; what the cut still holds open, a line that is silent, ends as it is left."""

_APPLY = ("apply", "--yes", *EVERYTHING, "--reconnect")
_ALONE, _LOOKING = (*_APPLY, "0"), (*_APPLY, "20")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way of cutting a command, and what the host, or the client, promises then."""

    cut: Cutter
    command: tuple[str, ...] = _ALONE
    promise: Promise = "contact"

    @property
    def is_rollback(self) -> bool:
        """Whether what is cut is a rollback of what is applied."""
        return self.command[0] == "rollback"


SHELL_BEFORE, SHELL_AFTER = "shell killed before a command", "shell killed after a command"
CLIENT, CLOSED, SILENT, CABLE = "laptop killed", "connection closed", "connection silent", "cable pulled"

_CUTTERS: Mapping[str, Cutter] = {
    SHELL_BEFORE: partial(_shell_killed, when="before"),
    SHELL_AFTER: partial(_shell_killed, when="after"),
    CLIENT: _client_killed,
    CLOSED: _line_closed,
    SILENT: _line_silent,
    CABLE: _cable_out,
}


def back(kind: str) -> str:
    """The kind in which a rollback is cut like that."""
    return f"rollback, {kind}"


def looking(kind: str) -> str:
    """The kind in which the client looks what became of an apply that is cut like that."""
    return f"client comes back, {kind}"


UNCONFIRMED = f"to be confirmed, {CLIENT}"

KINDS: Mapping[str, Kind] = {
    **{name: Kind(cut=cut) for name, cut in _CUTTERS.items()},
    **{back(name): Kind(cut=cut, command=("rollback", "--yes")) for name, cut in _CUTTERS.items() if name != SILENT},
    UNCONFIRMED: Kind(cut=_unconfirmed, command=(*_ALONE, "--confirm-timeout", "10"), promise="alone"),
    **{
        looking(name): Kind(cut=cut, command=_LOOKING, promise="told")
        for name, cut in {
            SHELL_BEFORE: partial(_shell_killed, when="before", again=True),
            SHELL_AFTER: partial(_shell_killed, when="after", again=True),
            CLOSED: partial(_line_closed, again=True),
        }.items()
    },
}
