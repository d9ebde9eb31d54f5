"""Port 25 to the world, judged by what several servers of the world say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from relayconf.doctor.attempts import Attempt, State, speaker
from relayconf.doctor.targets import Server
from relayconf.doctor.values import Code, Level, Symptom

ENOUGH = 2
"""Servers that have to agree before port 25 is said to be closed: one of them may be down."""

_CLOSED: Mapping[State, tuple[Code, str]] = {
    State.FILTERED: (Code.PORT25_FILTERED, "port 25 to the world is filtered: packets are dropped on the way"),
    State.REFUSED: (Code.PORT25_REFUSED, "port 25 to the world is refused at once, by something on the way"),
    State.NO_ROUTE: (Code.PORT25_NO_ROUTE, "there is no route to port 25 of the world"),
}


def _unknown(why: str, attempts: Sequence[Attempt]) -> Symptom:
    text = f"whether port 25 to the world is open is not known: {why}"
    return Symptom(code=Code.PORT25_UNKNOWN, level=Level.UNKNOWN, text=text, evidence=tuple(map(str, attempts)))


def _proxied(opened: Sequence[Attempt], servers: Sequence[Server]) -> str | None:
    """Why somebody else answers in the place of *servers*, or None."""
    expected = {(server.host, server.port): server.greets for server in servers}
    spoken = Counter(name for item in opened if (name := speaker(item)))
    for name, count in spoken.most_common(1):
        if count > 1:
            return f"different servers greet with the same name, {name}"
    for item in opened:
        part = expected.get((item.host, item.port), "")
        if part and item.greeting and part not in item.greeting.lower():
            return f"{item.host} does not greet as {part}"
    return None


def _closed(attempts: Sequence[Attempt], control: Sequence[Attempt], level: Level) -> Symptom:
    if control and not any(item.state is State.OPEN for item in control):
        return _unknown("no other port answers either", [*attempts, *control])
    states = Counter(item.state for item in attempts if item.state in _CLOSED)
    for state, (code, text) in _CLOSED.items():
        if states[state] >= ENOUGH:
            return Symptom(code=code, level=level, text=text, evidence=tuple(map(str, (*attempts, *control))))
    return _unknown(f"fewer than {ENOUGH} servers agree", [*attempts, *control])


def port25(
    attempts: Sequence[Attempt], control: Sequence[Attempt], servers: Sequence[Server], *, direct: bool
) -> Symptom:
    """What *attempts* at port 25 of *servers* say, one for each, with those at other ports as *control*.

    Closed is only what `ENOUGH` of them agree on, while another port answers (facts of OP25B: a time-out is a filter,
    a reset a closed port). *direct*: whether the host's mail needs the port.
    """
    level = Level.ERROR if direct else Level.INFO
    opened = [item for item in attempts if item.state is State.OPEN]
    if not opened:
        return _closed(attempts, control, level)
    evidence = tuple(map(str, attempts))
    if why := _proxied(opened, servers):
        text = f"somebody on the way answers at port 25 in the place of others: {why}"
        return Symptom(code=Code.PORT25_PROXIED, level=level, text=text, evidence=evidence)
    if not any(item.greeting for item in opened):
        return _unknown("connections open, but nobody speaks", attempts)
    text = f"port 25 to the world is open ({len(opened)} of {len(attempts)} servers)"
    return Symptom(code=Code.PORT25_OPEN, level=Level.OK, text=text, evidence=evidence)
