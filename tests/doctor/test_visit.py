"""The probes of one host, and what they do when ways are closed."""

from __future__ import annotations

from dataclasses import replace

from relayconf.doctor.attempts import State, seen_address
from relayconf.doctor.hostside import Request
from relayconf.doctor.targets import Door, Server
from relayconf.doctor.visit import Visit, places_of
from tests.support.doctors import Ways, targets
from tests.support.smtp_door import Manners, closed, door


def test_places() -> None:
    """Each once, in order."""
    servers = (Server(host="a.test"), Server(host="b.test", port=443), Server(host="a.test", domain="x.test"))

    assert places_of(servers) == (("a.test", 25), ("b.test", 443))


def test_without_a_tool() -> None:
    """The session makes the connections, and says what it knows of those that fail."""
    with door(Manners(sees="203.0.113.7")) as server:
        session = Ways()
        visit = Visit(session=session, targets=targets(tools=()), secret=None)
        places = [("127.0.0.1", server.port), ("127.0.0.1", closed()), ("nowhere.invalid", 25)]
        found = visit.attempts(places, "me.test")

    assert [found[place].state for place in places] == [State.OPEN, State.REFUSED, State.NO_NAME]
    opened = found[places[0]]
    assert (opened.greeting, seen_address(opened)) == ("220 relay.test ESMTP", "203.0.113.7")
    assert server.verbs() == ["EHLO", "QUIT"]
    assert set(session.opened) == set(places)
    assert visit.forbidden is None


def test_silence_by_the_session() -> None:
    """Costs seconds, and none at all where the client has to speak first."""
    with door(Manners(greeting="")) as server:
        visit = Visit(session=Ways(), targets=replace(targets(tools=()), seconds=1), secret=None)
        place = ("127.0.0.1", server.port)
        found = visit.attempts([place], "me.test")[place]

    assert (found.state, found.greeting, found.hello) == (State.OPEN, "", ())


def test_a_tool_before_the_session() -> None:
    """What it saw is not tried again; a place that it was not asked for is."""
    with door(Manners()) as server:
        session = Ways()
        visit = Visit(session=session, targets=targets(), secret=None)
        found = visit.attempts([("127.0.0.1", server.port), ("a b.invalid", 25)], "me.test")

    assert found["127.0.0.1", server.port].greeting == "220 relay.test ESMTP"
    assert session.opened == [("a b.invalid", 25)]


def test_failures_are_kept() -> None:
    """The first failure of a script ends the scripts; what an sshd forbids is told."""
    visit = Visit(session=Ways(scripts=False, forwarding=False), targets=targets(), secret=None)
    way = Door(name="isp:25", host="127.0.0.1", port=25)
    found = visit.attempts([("127.0.0.1", 25)], "me.test")
    knocks = visit.knocks((way,), found, "me.test")

    assert visit.look(Request()).facts == {}
    assert visit.failure is not None
    assert visit.forbidden is not None
    assert visit.forbidden.reason == "forbidden"
    assert (found["127.0.0.1", 25].state, knocks[way].dialogue) == (State.UNKNOWN, None)


def test_facts_of_the_first_look_stay() -> None:
    """The later ones are asked for other things."""
    visit = Visit(session=Ways(), targets=targets(servers=["192.0.2.53#53"]), secret=None)

    clock = visit.look(Request()).facts["clock"]
    visit.look(Request(helo="x"))

    assert visit.facts["clock"] == clock
    assert visit.servers == ("192.0.2.53#53",)
