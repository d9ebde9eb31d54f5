"""The host's resolver asked, by each way to it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from relayconf.doctor.names import HostResolver, over_tcp
from relayconf.spf.lookup import Answer, Outcome
from tests.support.dns_server import dns_server
from tests.support.doctors import Ways, targets
from tests.support.spf_zone import Zone

ZONE = Zone(
    names={
        "2.0.0.127.zen.test": {"A": ("127.0.0.2",)},
        "alias.test": {"CNAME": ("mx.test",)},
        "mx.test": {"A": ("192.0.2.1",)},
        "broken.test": Outcome.SERVFAIL,
        "lost.test": Outcome.TIMEOUT,
        "big.test": {"TXT": ("x" * 250, "y" * 250, "z" * 250, "a" * 250, "b" * 250, "c" * 250)},
    }
)
QUESTIONS = [(name, "A") for name in ("2.0.0.127.zen.test", "mx.test", "none.test", "broken.test")]
OUTCOMES = [Outcome.FOUND, Outcome.FOUND, Outcome.NXDOMAIN, Outcome.SERVFAIL]


@pytest.mark.parametrize("tools", [("bash",), ("perl",), ()], ids=["bash", "perl", "tunnel"])
def test_each_way(tools: tuple[str, ...]) -> None:
    """By a datagram from the host, or over TCP through the session: a failing server is told from a missing name."""
    with dns_server(ZONE) as server:
        session = Ways()
        resolver = HostResolver(session=session, targets=targets(servers=[f"127.0.0.1#{server.port}"], tools=tools))
        answers = resolver.ask(QUESTIONS)
        again = resolver.ask(QUESTIONS[:1])

    assert [answers[question].outcome for question in QUESTIONS] == OUTCOMES
    assert again[QUESTIONS[0]].values == ("127.0.0.2",)
    assert bool(session.opened) is not bool(tools)


def test_a_black_hole() -> None:
    """Is a time-out, within seconds; nothing else is."""
    with dns_server(ZONE) as server, socket.create_server(("127.0.0.1", 0)) as hole:
        silent = HostResolver(
            session=Ways(forwarding=False), targets=targets(servers=[f"127.0.0.1#{hole.getsockname()[1]}"])
        )
        partly = HostResolver(session=Ways(forwarding=False), targets=targets(servers=[f"127.0.0.1#{server.port}"]))

        assert silent.ask([("mx.test", "A")])["mx.test", "A"].outcome is Outcome.TIMEOUT
        answers = partly.ask([("lost.test", "A"), ("mx.test", "A")])

    assert [answers[name, "A"].outcome for name in ("lost.test", "mx.test")] == [Outcome.TIMEOUT, Outcome.FOUND]


def test_what_is_cut_is_asked_over_tcp() -> None:
    """A datagram with TC says nothing (RFC 1035 4.1.1)."""
    with dns_server(ZONE) as server:
        session = Ways()
        resolver = HostResolver(session=session, targets=targets(servers=[f"127.0.0.1#{server.port}"]))
        answer = resolver.ask([("big.test", "TXT")])["big.test", "TXT"]

    assert len(answer.values) == 6
    assert session.opened == [("127.0.0.1", server.port)]


def test_names_that_cannot_be() -> None:
    """Do not exist, and are asked of nobody."""
    session = Ways(scripts=False)
    resolver = HostResolver(session=session, targets=targets())

    assert resolver.ask([("a" * 64 + ".test", "A")]) == {("a" * 64 + ".test", "A"): Answer(outcome=Outcome.NXDOMAIN)}
    assert session.opened == []


def test_the_host_s_own_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finds what /etc/hosts or the resolver has; what it does not find is unknown, not missing."""
    own = tmp_path / "getent"
    own.write_text('#!/bin/sh\n[ "$2" != found.test. ] || echo "127.255.255.254 STREAM found.test"\n')
    own.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with dns_server(ZONE) as server:
        resolver = HostResolver(
            session=Ways(forwarding=False), targets=targets(servers=[f"127.0.0.1#{server.port}"], tools=())
        )
        answers = resolver.ask([("found.test", "A"), ("none.test", "A"), ("found.test", "MX")])

    assert answers["found.test", "A"] == Answer(outcome=Outcome.FOUND, values=("127.255.255.254",))
    assert answers["none.test", "A"].outcome is Outcome.TIMEOUT
    assert answers["found.test", "MX"].outcome is Outcome.TIMEOUT


def test_no_script_and_no_server() -> None:
    """Nobody can be asked."""
    resolver = HostResolver(session=Ways(scripts=False), targets=targets())

    assert resolver.ask([("mx.test", "A")])["mx.test", "A"].outcome is Outcome.TIMEOUT
    assert resolver.by_script is False


def test_servers_of_a_host_without_scripts() -> None:
    """Are asked over TCP where they are known; one that refuses connections is passed over."""
    with dns_server(ZONE) as server, socket.create_server(("127.0.0.1", 0)) as other:
        shut = other.getsockname()[1]
        other.close()
        resolver = HostResolver(
            session=Ways(scripts=False), targets=targets(), servers=(f"127.0.0.1#{shut}", f"127.0.0.1#{server.port}")
        )

        assert resolver.ask([("mx.test", "A")])["mx.test", "A"].values == ("192.0.2.1",)


def test_tcp_that_breaks_off() -> None:
    """Is no answer."""
    for said in (b"", b"\x00\x20short"):
        near, far = socket.socketpair()
        with near, far:
            far.sendall(said)
            far.shutdown(socket.SHUT_WR)
            assert over_tcp(near, b"x", timeout=1) == said[2:]
    near, far = socket.socketpair()
    far.close()
    with near:
        assert over_tcp(near, b"x", timeout=1) == b""
