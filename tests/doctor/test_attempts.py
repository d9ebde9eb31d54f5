"""What tools on hosts say about connections, and what it means."""

from __future__ import annotations

import pytest

from relayconf.doctor.attempts import (
    Attempt,
    State,
    attempt,
    best,
    is_literal,
    not_opened,
    seen_address,
    speaker,
)
from relayconf.errors import TcpReason, TcpRefused

SAID = {
    "bash, open": (State.OPEN, "192.0.2.1", ["open", "220 mx ESMTP", "250-mx hi", "250 SIZE", "exit 0"]),
    "bash, silent": (State.OPEN, "192.0.2.1", ["open", "exit 124"]),
    "bash, refused": (State.REFUSED, "192.0.2.1", ["doctor: connect: Connection refused", "exit 9"]),
    "bash, no route": (State.NO_ROUTE, "192.0.2.1", ["doctor: connect: No route to host", "exit 9"]),
    "bash, no network": (State.NO_ROUTE, "2001:db8::1", ["doctor: connect: Network is unreachable", "exit 9"]),
    "bash, dropped": (State.FILTERED, "192.0.2.1", ["exit 124"]),
    "bash, killed": (State.FILTERED, "192.0.2.1", ["exit 137"]),
    "bash, no name": (State.NO_NAME, "x.test", ["doctor: line 1: x.test: Name or service not known", "exit 9"]),
    "bash, no resolver": (State.UNKNOWN, "x.test", ["doctor: x.test: Temporary failure in name resolution", "exit 9"]),
    "bash, slow resolver": (State.UNKNOWN, "x.test", ["exit 124"]),
    "perl, open": (State.OPEN, "192.0.2.1", ["open", "220 mx", "exit 0"]),
    "perl, dropped": (State.FILTERED, "192.0.2.1", ["timed out", "exit 0"]),
    "perl, dropped or slow resolver": (State.UNKNOWN, "x.test", ["timed out", "exit 0"]),
    "musl, no name": (State.NO_NAME, "x.test", ["Name does not resolve", "exit 9"]),
    "musl, no resolver": (State.UNKNOWN, "x.test", ["Try again", "exit 9"]),
    "BSD, no name": (
        State.NO_NAME,
        "x.test",
        ["nc: getaddrinfo: nodename nor servname provided, or not known", "exit 1"],
    ),
    "OpenBSD's nc, open": (
        State.OPEN,
        "192.0.2.1",
        ["Connection to 192.0.2.1 25 port [tcp/smtp] succeeded!", "220 mx", "exit 0"],
    ),
    "OpenBSD's nc, refused": (
        State.REFUSED,
        "192.0.2.1",
        ["nc: connect to 192.0.2.1 port 25 (tcp) failed: Connection refused", "exit 1"],
    ),
    "OpenBSD's nc, dropped": (
        State.FILTERED,
        "192.0.2.1",
        ["nc: connect to 192.0.2.1 port 25 (tcp) timed out: Operation now in progress", "exit 1"],
    ),
    "traditional nc, open": (State.OPEN, "192.0.2.1", ["(UNKNOWN) [192.0.2.1] 25 (smtp) open", "220 mx", "exit 0"]),
    "traditional nc, dropped": (
        State.FILTERED,
        "192.0.2.1",
        ["(UNKNOWN) [192.0.2.1] 25 (smtp) : Connection timed out", "exit 1"],
    ),
    "busybox' nc, open": (State.OPEN, "192.0.2.1", ["192.0.2.1 (192.0.2.1:25) open", "exit 0"]),
    "busybox' nc, refused": (
        State.REFUSED,
        "192.0.2.1",
        ["nc: 192.0.2.1 (192.0.2.1:25): Connection refused", "exit 1"],
    ),
    "ncat, open": (State.OPEN, "192.0.2.1", ["Ncat: Version 7.93", "Ncat: Connected to 192.0.2.1:25.", "exit 0"]),
    "ncat, dropped": (State.FILTERED, "192.0.2.1", ["Ncat: Version 7.93", "Ncat: TIMEOUT.", "exit 1"]),
    "a tool that tells how it is used": (
        State.UNKNOWN,
        "192.0.2.1",
        ["nc: invalid option -- 'v'", "Usage: nc [-iN] [-wN]", "-w SEC Connect timeout", "exit 1"],
    ),
    "a tool that is not understood": (State.UNKNOWN, "192.0.2.1", ["Permission denied", "exit 1"]),
    "a tool without a word": (State.UNKNOWN, "192.0.2.1", ["exit 1"]),
    "nothing at all": (State.UNKNOWN, "192.0.2.1", [""]),
    "cut": (State.UNKNOWN, "192.0.2.1", []),
}


@pytest.mark.parametrize("name", SAID)
def test_what_tools_say(name: str) -> None:
    """In the C locale. A resolver that fails never makes a name that does not exist, nor a filtered port."""
    state, address, said = SAID[name]

    assert attempt("mx.test", 25, address, said).state is state


def test_replies() -> None:
    """The greeting, then the answer to EHLO; continued lines belong together, noise does not belong to them."""
    lines = [
        "open",
        "220-mx.test",
        "220 hello",
        "noise",
        "250-mx.test at your service, [192.0.2.9]",
        "250 SIZE",
        "exit 0",
    ]
    found = attempt("mx.test", 25, "192.0.2.1", lines)

    assert (found.greeting, found.hello) == ("220-mx.test", ("250-mx.test at your service, [192.0.2.9]", "250 SIZE"))
    assert str(found) == "mx.test (192.0.2.1) port 25: open: 220-mx.test"
    assert attempt("mx.test", 25, "192.0.2.1", ["open", "220-mx.test", "exit 124"]).hello == ()
    refused = attempt("192.0.2.1", 25, "192.0.2.1", ["Connection refused", "exit 1"])
    assert str(refused) == "192.0.2.1 port 25: refused: Connection refused"
    assert str(Attempt(host="a", port=25, state=State.FILTERED)) == "a port 25: filtered"


def test_best() -> None:
    """Open before all; a route that is missing for one family of addresses last."""

    def of(state: State, greeting: str = "") -> Attempt:
        return Attempt(host="a", port=25, state=state, greeting=greeting)

    assert best([of(State.NO_ROUTE), of(State.FILTERED)]).state is State.FILTERED
    assert best([of(State.FILTERED), of(State.OPEN)]).state is State.OPEN
    assert best([of(State.NO_ROUTE), of(State.UNKNOWN)]).state is State.UNKNOWN
    assert best([of(State.OPEN), of(State.OPEN, "220 x")]).greeting == "220 x"


def test_speakers() -> None:
    """The first word of the greeting."""
    assert speaker(Attempt(host="a", port=25, state=State.OPEN, greeting="220 MX.test ESMTP")) == "mx.test"
    assert speaker(Attempt(host="a", port=25, state=State.OPEN, greeting="220-Mx.test")) == "mx.test"
    assert speaker(Attempt(host="a", port=25, state=State.OPEN, greeting="220")) == ""


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("250-mx.google.com at your service, [203.0.113.7]", "203.0.113.7"),
        ("250-outlook Hello [203.0.113.7]", "203.0.113.7"),
        ("250-mx [192.0.2.1] greets [IPv6:2001:DB8::7]", "2001:db8::7"),
        ("250-mx [::::]", None),
        ("250 mx.test", None),
    ],
)
def test_our_address_as_servers_see_it(line: str, address: str | None) -> None:
    """In brackets, and not the server's own."""
    seen = Attempt(host="a", port=25, state=State.OPEN, address="192.0.2.1", hello=(line, "250 [198.51.100.1]"))

    assert seen_address(seen) == address
    assert seen_address(Attempt(host="a", port=25, state=State.OPEN)) is None


@pytest.mark.parametrize(
    ("host", "reason", "state"),
    [
        ("192.0.2.1", "refused", State.REFUSED),
        ("192.0.2.1", "timeout", State.FILTERED),
        ("x.test", "timeout", State.UNKNOWN),
        ("x.test", "no name", State.NO_NAME),
        ("x.test", "no route", State.NO_ROUTE),
        ("192.0.2.1", "forbidden", State.UNKNOWN),
        ("192.0.2.1", "unknown", State.UNKNOWN),
    ],
)
def test_what_sessions_say(host: str, reason: TcpReason, state: State) -> None:
    """A time-out over a name may be the resolver's; what is forbidden says nothing of the network."""
    found = not_opened(host, 25, TcpRefused("no", reason=reason))

    assert (found.state, found.words) == (state, "no")


def test_literals() -> None:
    """Addresses, with a zone too."""
    assert [is_literal(text) for text in ("192.0.2.1", "fe80::1%eth0", "a.test", "")] == [True, True, False, False]
