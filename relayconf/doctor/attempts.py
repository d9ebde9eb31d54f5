"""Connections that a host tried to make, and what each came to."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from relayconf.errors import TcpReason, TcpRefused

_OPEN = re.compile(r"open$|.*(?:succeeded!|\) open|[0-9] open|Connected to )|220[ -]")
_ENDED = re.compile(r"exit (\d{1,3})$")
_KILLED = frozenset({124, 137, 143})  # by timeout(1), by SIGKILL, by SIGTERM


class State(StrEnum):
    """How an attempt ended. What a failing resolver, or a tool that is not understood, leaves open is `unknown`."""

    OPEN = "open"
    FILTERED = "filtered"
    REFUSED = "refused"
    NO_ROUTE = "no route"
    NO_NAME = "the name does not exist"
    UNKNOWN = "unknown"


_REASONS = (
    (State.REFUSED, re.compile(r"connection refused", re.IGNORECASE)),
    (State.NO_ROUTE, re.compile(r"no route to host|network (?:is )?unreachable|host is unreachable", re.IGNORECASE)),
    (
        State.NO_NAME,
        re.compile(r"name or service not known|name does not resolve|servname (?:not )?provided", re.IGNORECASE),
    ),
    (State.FILTERED, re.compile(r"timed out|^Ncat: TIMEOUT", re.IGNORECASE | re.MULTILINE)),
)
"""The words of the C libraries (gai_strerror, strerror in the C locale), as bash, perl and the netcats pass them on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One connection to `host`, at `address`, and what was said: a greeting, then the answer to EHLO."""

    host: str
    port: int
    state: State
    address: str = ""
    greeting: str = ""
    hello: tuple[str, ...] = ()
    words: str = ""

    @property
    def place(self) -> str:
        """Where it went: the name, and the address when that is another."""
        where = self.host if self.address in {"", self.host} else f"{self.host} ({self.address})"
        return f"{where} port {self.port}"

    def __str__(self) -> str:
        said = self.greeting or self.words
        return f"{self.place}: {self.state}{f': {said}' if said else ''}"


def is_literal(host: str) -> bool:
    """Whether *host* is an address, which needs no resolver."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def not_opened(host: str, port: int, error: TcpRefused) -> Attempt:
    """The attempt that a session made and that came to *error*."""
    states: dict[TcpReason, State] = {
        "refused": State.REFUSED,
        "no route": State.NO_ROUTE,
        "no name": State.NO_NAME,
        "timeout": State.FILTERED if is_literal(host) else State.UNKNOWN,
    }
    return Attempt(host=host, port=port, state=states.get(error.reason, State.UNKNOWN), words=error.message)


def _state(lines: Sequence[str], status: int | None) -> State:
    if lines and any(_OPEN.match(line) for line in lines[:2]):
        return State.OPEN
    said = "\n".join(lines)
    for state, words in _REASONS:
        if words.search(said):
            return state
    return State.FILTERED if status in _KILLED and not said else State.UNKNOWN


def _replies(lines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The first line of the first reply, and the lines of the second one; a line with `-` is followed by another."""
    replies: list[list[str]] = [[]]
    for line in lines:
        if re.match(r"[2-5]\d\d(?:[ -]|$)", line):
            replies[-1].append(line)
            if line[3:4] != "-":
                replies.append([])
    return "".join(replies[0][:1]), tuple(replies[1]) if len(replies) > 1 else ()


def attempt(host: str, port: int, address: str, said: Sequence[str]) -> Attempt:
    """The attempt that a tool on the host tells of in *said*; its last line is `exit STATUS`."""
    lines = [line.strip() for line in said if line.strip()]
    ended = _ENDED.match(lines[-1]) if lines else None
    lines = lines[:-1] if ended else lines
    state = _state(lines, int(ended[1]) if ended else None)
    if state is State.FILTERED and not is_literal(address):
        state = State.UNKNOWN  # it may as well be the resolver that did not answer
    greeting, hello = _replies(lines) if state is State.OPEN else ("", ())
    return Attempt(
        host=host,
        port=port,
        state=state,
        address=address,
        greeting=greeting,
        hello=hello,
        words="" if state is State.OPEN else (lines[0] if lines else ""),
    )


_RANK = (State.OPEN, State.FILTERED, State.REFUSED, State.NO_NAME, State.UNKNOWN, State.NO_ROUTE)


def best(attempts: Iterable[Attempt]) -> Attempt:
    """The attempt that stands for all those to one host and port: one that is open, else one that got furthest.

    That IPv6 has no route says nothing where IPv4 was tried too.
    """
    return min(attempts, key=lambda item: (_RANK.index(item.state), not item.greeting))


def speaker(attempt: Attempt) -> str:
    """The name with which a server greets, in lower case."""
    words = attempt.greeting[4:].split()
    return words[0].lower() if words else ""


def seen_address(attempt: Attempt) -> str | None:
    """The address of ours that a server tells us in its answer to EHLO (`250-mx.google.com at your service, [x]`)."""
    for text in re.findall(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]", attempt.hello[0] if attempt.hello else ""):
        try:
            address = str(ipaddress.ip_address(text))
        except ValueError:
            continue
        if address != attempt.address:
            return address
    return None
