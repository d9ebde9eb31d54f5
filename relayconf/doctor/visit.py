"""The probes of one host, in the order in which one needs what another found."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from relayconf.doctor.attempts import Attempt, State, best, not_opened
from relayconf.doctor.dialogue import Dialogue, talk
from relayconf.doctor.hostside import Request, Seen, look
from relayconf.doctor.relays import Knock
from relayconf.doctor.targets import Door, Server, Targets
from relayconf.doctor.wire import Broken, Wire
from relayconf.errors import RelayconfError, TcpRefused
from relayconf.model import IMPLICIT_TLS_PORTS, Credentials
from relayconf.mta.base import Resolve
from relayconf.remote.base import Session

PARALLEL = 8
"""Connections through one session at a time: an sshd allows ten sessions by default, and these are besides."""

_MUTE = IMPLICIT_TLS_PORTS | {443}
"""Ports where the client speaks first."""

_TRY = frozenset({State.OPEN, State.UNKNOWN})


@dataclass(slots=True, kw_only=True)
class Visit:
    """One host and its session; what failed on the way is kept.

    `secret` resolves references, or is None: then no login is tried. `failure` says why no script runs there, and
    `forbidden` why its sshd opens no connections.
    """

    session: Session
    targets: Targets
    secret: Resolve | None
    failure: RelayconfError | None = None
    forbidden: TcpRefused | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    servers: tuple[str, ...] = ()

    def look(self, request: Request) -> Seen:
        """What the host sees of *request*; nothing where no script runs there."""
        if self.failure is not None:
            return Seen()
        try:
            seen = look(self.session, self.targets, request)
        except RelayconfError as error:
            self.failure = error
            return Seen()
        self.facts = self.facts or seen.facts
        self.servers = seen.servers or self.servers
        return seen

    def _open(self, host: str, port: int) -> socket.socket:
        try:
            return self.session.open_tcp(host, port, timeout=self.targets.seconds)
        except TcpRefused as error:
            if error.reason == "forbidden":
                self.forbidden = error
            raise

    def _knock_by_tunnel(self, place: tuple[str, int], helo: str) -> Attempt:
        host, port = place
        try:
            connection = self._open(host, port)
        except TcpRefused as error:
            return not_opened(host, port, error)
        with connection:
            greeting, hello = ("", ()) if port in _MUTE else self._greet(connection, helo)
        return Attempt(host=host, port=port, state=State.OPEN, greeting=greeting, hello=hello)

    def _greet(self, connection: socket.socket, helo: str) -> tuple[str, tuple[str, ...]]:
        """The greeting, and the answer to EHLO, as far as they come."""
        wire = Wire(connection, seconds=self.targets.seconds, most=2 * self.targets.seconds)
        greeting = ""
        hello: tuple[str, ...] = ()
        with suppress(Broken):
            greeting = wire.reply().text
            hello = tuple(f"250-{line}" for line in wire.command(f"EHLO {helo}").lines)
            wire.command("QUIT")
        return greeting, hello

    def attempts(self, places: Sequence[tuple[str, int]], helo: str) -> Mapping[tuple[str, int], Attempt]:
        """What came of a connection to each of *places*: by a tool on the host, else through the session."""
        seen = self.look(Request(places=places, helo=helo))
        found = {place: best(seen.attempts[place]) for place in places if place in seen.attempts}
        if self.facts.get("tool", "none") == "none":
            found = {}
        rest = [place for place in places if place not in found]
        with ThreadPoolExecutor(PARALLEL) as pool:
            return found | dict(
                zip(rest, pool.map(lambda place: self._knock_by_tunnel(place, helo), rest), strict=True)
            )

    def _credentials(self, credentials: Credentials | None) -> Callable[[], tuple[str, str] | None]:
        def get() -> tuple[str, str] | None:
            if credentials is None or self.secret is None:
                return None
            return credentials.username, self.secret(credentials.password)

        return get

    def _talk(self, door: Door, helo: str) -> Dialogue | None:
        try:
            return talk(
                door,
                lambda: self._open(door.host, door.port),
                self._credentials(door.credentials),
                helo=helo,
                seconds=self.targets.seconds,
            )
        except TcpRefused:
            return None

    def knocks(
        self, doors: Sequence[Door], attempts: Mapping[tuple[str, int], Attempt], helo: str
    ) -> Mapping[Door, Knock]:
        """Each of *doors* with its attempt, and a dialogue where it may be open."""

        def knock(door: Door) -> Knock:
            attempt = attempts[door.host, door.port]
            return Knock(attempt=attempt, dialogue=self._talk(door, helo) if attempt.state in _TRY else None)

        with ThreadPoolExecutor(PARALLEL) as pool:
            return dict(zip(doors, pool.map(knock, doors), strict=True))


def places_of(servers: Sequence[Server]) -> tuple[tuple[str, int], ...]:
    """Host and port of each of *servers*."""
    return tuple(dict.fromkeys((server.host, server.port) for server in servers))
