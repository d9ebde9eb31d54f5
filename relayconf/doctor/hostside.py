"""What runs on the host itself: one script that tries connections and asks the DNS, and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from relayconf.doctor.attempts import Attempt, attempt
from relayconf.doctor.targets import Targets
from relayconf.errors import ObserveError
from relayconf.remote.base import Session
from relayconf.shell import DOCTOR, assemble
from relayconf.text import printable

MOST = 4 << 20
"""Bytes that the script may print."""

_PLACE = re.compile(r"[0-9A-Za-z_.:%-]{1,255}")
_SERVER = re.compile(r"[0-9A-Za-z_.:%-]{1,100}#[0-9]{1,5}")
_FACT = re.compile(r"probe\.[a-z0-9.]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the host saw.

    `attempts` stand under host and port, `replies` (bytes of the DNS) and `names` (addresses, by the host's own
    library) under the place of the question in the request.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    servers: tuple[str, ...] = ()
    attempts: Mapping[tuple[str, int], tuple[Attempt, ...]] = field(default_factory=dict)
    replies: Mapping[int, bytes] = field(default_factory=dict)
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the host is asked: connections to `places`, `questions` to the DNS, `names` to its own library.

    `mta` are the words that say where the MTA is; `helo` is the name that a connection introduces itself with.
    """

    places: Sequence[tuple[str, int]] = ()
    questions: Sequence[bytes] = ()
    names: Sequence[str] = ()
    mta: Sequence[str] = ()
    helo: str = ""

    def lines(self, targets: Targets) -> list[str]:
        """The request as the script reads it. A name that no host can have is not asked for."""
        lines = [f"tools {' '.join(targets.tools)}", f"seconds {targets.seconds}"]
        lines += [f"server {server}" for server in targets.servers]
        lines += ["mta " + "\t".join(self.mta)] if self.mta else []
        lines += [f"helo {self.helo}"] if _PLACE.fullmatch(self.helo) else []
        for number, (host, port) in enumerate(self.places):
            lines += [f"tcp {number} {host} {port}"] if _PLACE.fullmatch(host) else []
        lines += [f"dns {number} {wire.hex()}" for number, wire in enumerate(self.questions)]
        lines += [f"name {number} {name}" for number, name in enumerate(self.names) if _PLACE.fullmatch(name)]
        return [*lines, "end"]


@dataclass(slots=True, kw_only=True)
class _Reading:
    request: Request
    facts: dict[str, str] = field(default_factory=dict)
    servers: list[str] = field(default_factory=list)
    attempts: dict[tuple[str, int], tuple[Attempt, ...]] = field(default_factory=dict)
    replies: dict[int, bytes] = field(default_factory=dict)
    names: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def take(self, line: str) -> None:
        kind, _, rest = line.partition(" ")
        word, _, value = rest.partition(" ")
        match kind:
            case "fact" if _FACT.fullmatch(word):
                self.facts[word.removeprefix("probe.")] = value
            case "server" if _SERVER.fullmatch(word):
                self.servers.append(word)
            case "tcp" if word.isdigit() and int(word) < len(self.request.places):
                address, *said = value.split("\t")
                host, port = place = self.request.places[int(word)]
                self.attempts[place] = (*self.attempts.get(place, ()), attempt(host, port, address, said))
            case "dns" if word.isdigit() and re.fullmatch(r"(?:[0-9a-f]{2})+", value):
                self.replies[int(word)] = bytes.fromhex(value)
            case "name" if word.isdigit():
                self.names[int(word)] = tuple(value.split())


def look(session: Session, targets: Targets, request: Request) -> Seen:
    """What the host of *session* sees of *request*. Raises ObserveError for no answer, and what the session raises."""
    script = assemble(*DOCTOR)
    stdin = "".join(f"{line}\n" for line in request.lines(targets)).encode()
    done = session.run(script, stdin=stdin, limit=MOST, unknown_hint="nothing was changed: run the command again")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if not lines or lines[-1] != "end 0":
        raise ObserveError(f"the probes on the host did not end: {printable(done.stderr or done.stdout)[-300:]}")
    reading = _Reading(request=request)
    for line in lines:
        reading.take(line)
    return Seen(
        facts=reading.facts,
        servers=tuple(reading.servers),
        attempts=reading.attempts,
        replies=reading.replies,
        names=reading.names,
    )
