"""Port 25, from what several servers say."""

from __future__ import annotations

from relayconf.doctor.attempts import Attempt, State
from relayconf.doctor.ports import port25
from relayconf.doctor.targets import Server
from relayconf.doctor.values import Code, Level

SERVERS = (Server(host="a.test", greets="a.test"), Server(host="b.test"), Server(host="c.test"))


def at(state: State, *, host: str = "a.test", port: int = 25, greeting: str = "") -> Attempt:
    """One attempt."""
    return Attempt(host=host, port=port, state=state, greeting=greeting)


CONTROL = [at(State.OPEN, port=443), at(State.FILTERED, port=465)]


def judged(*states: State, control: list[Attempt] | None = None, direct: bool = True) -> tuple[Code, Level]:
    """What three servers in these states come to."""
    attempts = [at(state, host=server.host) for state, server in zip(states, SERVERS, strict=False)]
    found = port25(attempts, CONTROL if control is None else control, SERVERS, direct=direct)
    return found.code, found.level


def test_closed() -> None:
    """Where at least two agree and another port answers: an error only to who needs it."""
    for state, code in (
        (State.FILTERED, Code.PORT25_FILTERED),
        (State.REFUSED, Code.PORT25_REFUSED),
        (State.NO_ROUTE, Code.PORT25_NO_ROUTE),
    ):
        assert judged(state, state, state) == (code, Level.ERROR)
        assert judged(state, state, State.UNKNOWN, control=[]) == (code, Level.ERROR)
        assert judged(state, state, direct=False) == (code, Level.INFO)


def test_unknown() -> None:
    """Names that do not resolve, one server alone, a network without any way out: never "blocked"."""
    unknown = (Code.PORT25_UNKNOWN, Level.UNKNOWN)
    down = [at(State.FILTERED, port=443), at(State.UNKNOWN, port=443)]

    assert judged(State.UNKNOWN, State.UNKNOWN, State.UNKNOWN) == unknown
    assert judged(State.NO_NAME, State.NO_NAME, State.NO_NAME) == unknown
    assert judged(State.FILTERED, State.UNKNOWN, State.UNKNOWN) == unknown
    assert judged(State.FILTERED) == unknown
    assert judged(State.FILTERED, State.REFUSED, State.NO_ROUTE) == unknown
    assert judged(State.FILTERED, State.FILTERED, State.FILTERED, control=down) == unknown
    assert judged(State.OPEN, State.OPEN) == unknown
    assert judged() == unknown


def greeted(*greetings: str) -> tuple[Code, str]:
    """What servers that greet like this come to."""
    attempts = [
        at(State.OPEN if text else State.FILTERED, host=server.host, greeting=text)
        for text, server in zip(greetings, SERVERS, strict=False)
    ]
    found = port25(attempts, CONTROL, SERVERS, direct=True)
    return found.code, found.text


def test_open() -> None:
    """One server that greets is enough; a refusal in its greeting is a way out too."""
    assert greeted("220 mx.a.test ESMTP", "220 b", "554 no") == (
        Code.PORT25_OPEN,
        "port 25 to the world is open (3 of 3 servers)",
    )
    assert greeted("", "220 b", "")[1] == "port 25 to the world is open (1 of 3 servers)"


def test_somebody_in_between() -> None:
    """The same name from different servers, or another than the server's own."""
    assert greeted("220 proxy.isp ESMTP", "220 PROXY.isp ESMTP")[1].endswith(
        "different servers greet with the same name, proxy.isp"
    )
    assert greeted("220 proxy.isp ESMTP", "220 b.test") == (
        Code.PORT25_PROXIED,
        "somebody on the way answers at port 25 in the place of others: a.test does not greet as a.test",
    )


def test_evidence() -> None:
    """Every attempt, those at other ports too where they decide."""
    closed = port25([at(State.FILTERED), at(State.FILTERED, host="b.test")], CONTROL, SERVERS, direct=True)

    assert closed.evidence == (
        "a.test port 25: filtered",
        "b.test port 25: filtered",
        "a.test port 443: open",
        "a.test port 465: filtered",
    )
