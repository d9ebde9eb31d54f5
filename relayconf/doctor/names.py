"""The DNS as a host sees it: its own resolver asked, by whatever way to it there is.

First a datagram sent by a tool on the host, then TCP to its resolver through the session, at last the host's own
library. That one cannot tell "there is none" from "nobody answered" (getent exits 2 for both), so that only what it
finds counts.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from relayconf.dns import answer_to, question
from relayconf.doctor.hostside import Request, look
from relayconf.doctor.targets import Targets
from relayconf.errors import RelayconfError, TcpRefused
from relayconf.remote.base import Session
from relayconf.spf.lookup import Answer, Outcome

Question = tuple[str, str]
"""A name and a type."""

_NOTHING = Answer(outcome=Outcome.TIMEOUT)


def _receive(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := connection.recv(count - len(data))):
        data += more
    return data


def over_tcp(connection: socket.socket, wire: bytes, *, timeout: float) -> bytes:
    """The reply to *wire* over a TCP *connection* to a server (RFC 1035 4.2.2); empty for none in *timeout* seconds."""
    connection.settimeout(timeout)
    try:
        connection.sendall(len(wire).to_bytes(2, "big") + wire)
        return _receive(connection, int.from_bytes(_receive(connection, 2), "big"))
    except OSError:
        return b""


@dataclass(slots=True, kw_only=True)
class HostResolver:
    """Asks the resolver of the host of *session*, several questions at a time, and remembers the answers.

    `servers` are its addresses (`ADDRESS#PORT`) as far as they are known. `by_script`: whether scripts run there at
    all.
    """

    session: Session
    targets: Targets
    servers: tuple[str, ...] = ()
    by_script: bool = True
    _known: dict[Question, Answer] = field(default_factory=dict)
    _dead: set[str] = field(default_factory=set)

    def _datagrams(self, wires: Mapping[Question, bytes]) -> Iterable[tuple[Question, Answer]]:
        names = [name for name, _ in wires]
        try:
            seen = look(self.session, self.targets, Request(questions=tuple(wires.values()), names=names))
        except RelayconfError:
            self.by_script = False
            return
        self.servers = seen.servers or self.servers
        # Whoever answers nothing at all is not waited for again.
        self.by_script = bool(seen.replies) or seen.facts.get("tool") not in {"bash", "perl"}
        for number, (asked, wire) in enumerate(wires.items()):
            answer = answer_to(wire, seen.replies.get(number, b""))
            if answer is None and asked[1] == "A" and seen.names.get(number):
                answer = Answer(outcome=Outcome.FOUND, values=seen.names[number])
            if answer is not None:
                yield asked, answer

    def _tunnel(self, wire: bytes) -> Answer | None:
        for server in [server for server in self.servers if server not in self._dead]:
            address, _, port = server.partition("#")
            try:
                connection = self.session.open_tcp(address, int(port), timeout=self.targets.seconds)
            except TcpRefused:
                self._dead.add(server)
                continue
            with connection:
                reply = over_tcp(connection, wire, timeout=self.targets.seconds)
            if answer := answer_to(wire, reply):
                return answer
            self._dead |= set() if reply else {server}
        return None

    def ask(self, questions: Sequence[Question]) -> Mapping[Question, Answer]:
        """The answers to *questions*. One that nobody answered is a time-out; a name that cannot be does not exist."""
        wires: dict[Question, bytes] = {}
        for asked in questions:
            if asked not in self._known:
                self._known[asked] = Answer(outcome=Outcome.NXDOMAIN)
                with suppress(ValueError):
                    wires[asked] = question(*asked)
        self._known |= dict.fromkeys(wires, _NOTHING)
        if wires and self.by_script:
            self._known |= dict(self._datagrams(wires))
        for asked, wire in wires.items():
            if self._known[asked] is _NOTHING and (answer := self._tunnel(wire)):
                self._known[asked] = answer
        return {asked: replace(self._known[asked]) for asked in questions}
