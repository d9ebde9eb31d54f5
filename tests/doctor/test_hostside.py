"""What is asked of the host, and what it answers; the script's own tests are in tests/shell."""

from __future__ import annotations

import pytest

from relayconf.doctor.attempts import State
from relayconf.doctor.hostside import Request, Seen, look
from relayconf.errors import ObserveError
from relayconf.remote.base import Completed
from tests.support.doctors import Ways, targets
from tests.support.smtp_door import Manners, closed, door


class Answering(Ways):
    """A host that answers what a test says."""

    def __init__(self, stdout: bytes, stderr: bytes = b"") -> None:
        super().__init__()
        self.answer = Completed(exit_status=0, stdout=stdout, stderr=stderr)

    def run(self, *_: object, **__: object) -> Completed:
        """The answer."""
        return self.answer


def test_a_request() -> None:
    """One line each, in an order that the answers refer to; what no host can be called is left out."""
    request = Request(
        places=[("mx.test", 25), ("a b", 25), ("2001:db8::1", 587)],
        questions=[b"\x01\xff"],
        names=["x.test", "$(id)"],
        mta=("qmail", "/var/qmail", "/var/qmail/control"),
        helo="me.test",
    )

    assert request.lines(targets(servers=["192.0.2.53#53"])) == [
        "tools bash perl nc",
        "seconds 2",
        "server 192.0.2.53#53",
        "mta qmail\t/var/qmail\t/var/qmail/control",
        "helo me.test",
        "tcp 0 mx.test 25",
        "tcp 2 2001:db8::1 587",
        "dns 0 01ff",
        "name 0 x.test",
        "end",
    ]
    assert Request(helo="a\nend").lines(targets()) == ["tools bash perl nc", "seconds 2", "end"]


def test_answers() -> None:
    """Of a host that says more than it was asked: the rest counts for nothing."""
    said = (
        b"fact probe.clock 12\nfact state.x 1\nfact probe.BAD! 2\n"
        b"server 192.0.2.53#53\nserver a b#53\nserver 192.0.2.9#\n"
        b"server x\n"
        b"tcp 0 192.0.2.1\topen\t220 x\texit 0\t\ntcp 0 2001:db8::1\tconnect: Network is unreachable\texit 9\n"
        b"tcp 7 192.0.2.1\topen\ntcp x y\ndns 0 01ff\ndns 1 -\ndns x 01\nname 0 192.0.2.2 192.0.2.3 \n"
        b"name y z\nwhat\nend 0\n"
    )
    seen = look(Answering(said), targets(), Request(places=[("mx.test", 25)]))

    assert (seen.facts, seen.servers) == ({"clock": "12"}, ("192.0.2.53#53",))
    assert [item.state for item in seen.attempts["mx.test", 25]] == [State.OPEN, State.NO_ROUTE]
    assert (seen.replies, seen.names) == ({0: b"\x01\xff"}, {0: ("192.0.2.2", "192.0.2.3")})


@pytest.mark.parametrize(("stdout", "stderr"), [(b"", b"sh: no"), (b"fact probe.clock 1\n", b""), (b"end 1\n", b"")])
def test_no_end(stdout: bytes, stderr: bytes) -> None:
    """An answer that broke off is none."""
    with pytest.raises(ObserveError, match="did not end"):
        look(Answering(stdout, stderr), targets(), Request())


def test_on_this_machine() -> None:
    """A port that greets, and one that is closed."""
    with door(Manners(sees="203.0.113.7")) as server:
        shut = closed()
        places = [("127.0.0.1", server.port), ("127.0.0.1", shut)]
        seen = look(Ways(), targets(), Request(places=places, helo="me.test"))

    opened, refused = (seen.attempts[place][0] for place in places)
    assert (opened.greeting, opened.hello[0]) == (
        "220 relay.test ESMTP",
        "250-relay.test at your service, [203.0.113.7]",
    )
    assert refused.state is State.REFUSED
    assert server.heard[0] == ("EHLO me.test", False)
    assert seen != Seen()
