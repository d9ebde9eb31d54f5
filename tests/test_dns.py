"""The resolver, against a server on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import dns.update
import pytest

from relayconf.dns import (
    Server,
    _answer,
    ask,
    ask_each,
    at_authority,
    authoritative,
    resolver,
    resolver_of,
    server,
    system_servers,
    within_reach,
)
from relayconf.errors import UsageError
from relayconf.spf.lookup import Answer, Outcome
from tests.support.dns_server import dns_server
from tests.support.ports import free_port
from tests.support.spf_zone import Zone

LONG = "v=spf1 " + " ".join(f"ip4:192.0.2.{n}" for n in range(120)) + " -all"
ZONE = Zone(
    names={
        "a.example": {
            "TXT": ["v=spf1 mx -all", "x y"],
            "MX": ["mx.a.example"],
            "A": ["192.0.2.1"],
            "NS": ["ns2.a.example", "ns1.a.example"],
        },
        "ns1.a.example": {"A": ["127.0.0.1"]},
        "ns2.a.example": {"A": ["127.0.0.2"], "AAAA": ["::1"]},
        "long.example": {"TXT": [LONG]},
        "alias.example": {"CNAME": ["a.example"]},
        "sick.example": Outcome.SERVFAIL,
        "silent.example": Outcome.TIMEOUT,
        "empty.example": {},
    },
    ttl=300,
)


@pytest.fixture(name="here", scope="module")
def _here() -> Iterator[Server]:
    with dns_server(ZONE) as here:
        yield here


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("a.example", "TXT", ("v=spf1 mx -all", "x y")),
        ("a.example", "MX", ("mx.a.example",)),
        ("a.example", "A", ("192.0.2.1",)),
        ("ns2.a.example", "AAAA", ("::1",)),
        ("long.example", "TXT", (LONG,)),
    ],
)
def test_records(here: Server, name: str, kind: str, values: tuple[str, ...]) -> None:
    """As SPF wants them: strings joined, names without their last dot, long answers over TCP."""
    answer = ask(here, name, kind, recursive=False)

    assert (answer.outcome, tuple(sorted(answer.values)), answer.ttl) == (Outcome.FOUND, values, 300)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("none.example", Outcome.NXDOMAIN),
        (f"{'x' * 64}.example", Outcome.NXDOMAIN),
        ("empty.example", Outcome.NODATA),
        ("alias.example", Outcome.NODATA),
        ("sick.example", Outcome.SERVFAIL),
        ("silent.example", Outcome.TIMEOUT),
    ],
)
def test_errors_are_told_apart(here: Server, name: str, outcome: Outcome) -> None:
    """No such name, no such record, a failure, and silence."""
    assert ask(here, name, "TXT", timeout=0.3) == Answer(outcome=outcome)


def test_a_port_that_nobody_listens_at() -> None:
    """Is a failure, or silence where the system does not tell."""
    nobody = Server(address="127.0.0.1", port=free_port())

    assert ask(nobody, "a.example", "A", timeout=0.3).outcome in {Outcome.SERVFAIL, Outcome.TIMEOUT}


def test_noise_is_no_answer() -> None:
    """A server that sends anything else has failed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
        noise.bind(("127.0.0.1", 0))
        noisy = threading.Thread(target=lambda: noise.sendto(b"?", noise.recvfrom(512)[1]))
        noisy.start()
        answer = ask(Server(address="127.0.0.1", port=noise.getsockname()[1]), "a.example", "A")
        noisy.join()

    assert answer == Answer(outcome=Outcome.SERVFAIL)


def test_an_answer_that_contradicts_itself() -> None:
    """An address for a name that does not exist is no answer; nor is one to an update."""
    query = dns.message.make_query("a.example", "A")
    denied = dns.message.make_response(query)
    denied.set_rcode(dns.rcode.NXDOMAIN)
    denied.answer.append(dns.rrset.from_text("a.example.", 1, "IN", "A", "192.0.2.1"))
    update = dns.message.make_response(dns.update.UpdateMessage("example"))

    arrived = dns.message.from_wire(denied.to_wire())

    assert _answer(arrived) == _answer(update) == Answer(outcome=Outcome.SERVFAIL)


def test_how_long_nothing_is_remembered() -> None:
    """The least of the SOA's own life and what it says (RFC 2308 5); without it nobody knows."""
    soa = {"SOA": ["ns.example. root.example. 1 1 1 1 120"], "A": ["192.0.2.1"]}
    with dns_server(Zone(names={"a.example": soa}, ttl=300)) as here:
        assert ask(here, "a.example", "TXT") == Answer(outcome=Outcome.NODATA, ttl=120)
        assert ask(here, "b.a.example", "TXT") == Answer(outcome=Outcome.NXDOMAIN, ttl=120)
        assert ask(here, "example", "TXT") == Answer(outcome=Outcome.NXDOMAIN)


def test_authority_is_asked_for() -> None:
    """A server that was never told of a zone says nothing about its records, though it answers."""
    with dns_server(Zone(names={"a.example": {}}, has_authority=False)) as here:
        assert ask(here, "a.example", "TXT", recursive=False).outcome is Outcome.SERVFAIL
        assert ask(here, "a.example", "TXT").outcome is Outcome.NODATA


def test_each_of_several(here: Server) -> None:
    """At once, in their order; of no servers there are no answers."""
    with dns_server(Zone(names={"a.example": Outcome.TIMEOUT})) as silent:
        began = time.monotonic()
        found = ask_each([silent, here, silent, silent], "a.example", "A", timeout=1.0)

    assert [answer.outcome for answer in found] == [Outcome.TIMEOUT, Outcome.FOUND, Outcome.TIMEOUT, Outcome.TIMEOUT]
    assert time.monotonic() - began < 2.5
    assert ask_each([], "a.example", "A") == ()


def test_what_is_published_is_asked_of_the_zone_itself() -> None:
    """What a resolver remembers of other names, or where no server of the zone answers, is good enough."""
    apex = {"NS": ["ns.a.example"], "TXT": ["new"], "MX": ["mx.example"]}
    ns = {"A": ["127.0.0.2"]}
    old = Zone(names={"a.example": {**apex, "TXT": ["old"], "MX": ["old.example"]}, "ns.a.example": ns})
    with dns_server(old) as cache:
        lookup = resolver([cache])
        with dns_server(Zone(names={"a.example": apex}), address="127.0.0.2", port=cache.port):
            known = at_authority("a.example", lookup, port=cache.port)

            assert (known("a.example", "TXT").values, known("a.example", "MX").values) == (("new",), ("old.example",))
        with dns_server(Zone(names={}, has_authority=False), address="127.0.0.2", port=cache.port):
            assert at_authority("a.example", lookup, port=cache.port)("a.example", "TXT").values == ("old",)
        assert at_authority("b.example", lookup)("b.example", "TXT").outcome is Outcome.NXDOMAIN


def test_addresses_without_a_route(here: Server) -> None:
    """Are not asked where the server has another; nothing is sent to find out."""
    v4, v6 = (Server(address=address, name="ns.example") for address in ("127.0.0.1", "::g"))
    alone = Server(address="::g", name="ns6.example")

    assert within_reach([v4, v6, alone, here]) == (v4, alone, here)


def test_the_resolver_that_is_named(here: Server) -> None:
    """Is the one that is asked."""
    assert resolver_of([str(here)])("a.example", "A").values == ("192.0.2.1",)
    with pytest.raises(UsageError, match="named by its address"):
        resolver_of(["dns.example"])


def test_the_next_server_is_asked(here: Server) -> None:
    """Only when the one before knows nothing."""
    with dns_server(Zone(names={"a.example": Outcome.SERVFAIL})) as sick:
        lookup = resolver([sick, here], timeout=0.5)

        assert lookup("a.example", "A").values == ("192.0.2.1",)
        assert lookup("none.example", "A").outcome is Outcome.NXDOMAIN
        assert resolver([sick])("a.example", "A").outcome is Outcome.SERVFAIL


def test_the_servers_of_a_zone(here: Server) -> None:
    """Found from a name inside it, with every address of each."""
    found = authoritative("deep.mail.a.example", resolver([here]), port=5300)

    assert [str(one) for one in found] == [
        "ns1.a.example (127.0.0.1:5300)",
        "ns2.a.example (127.0.0.2:5300)",
        "ns2.a.example ([::1]:5300)",
    ]
    assert authoritative("none.example", resolver([here])) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", Server(address="192.0.2.1")),
        ("192.0.2.1:5300", Server(address="192.0.2.1", port=5300)),
        ("2001:db8::1", Server(address="2001:db8::1")),
        ("[2001:db8::1]", Server(address="2001:db8::1")),
        ("[2001:db8::1]:5300", Server(address="2001:db8::1", port=5300)),
    ],
)
def test_servers_are_read(text: str, expected: Server) -> None:
    """And written the same way."""
    assert server(text) == expected
    assert server(str(expected)) == expected


@pytest.mark.parametrize("text", ["", "dns.example", "192.0.2.1:x", "192.0.2.1:70000", "[::1]:"])
def test_what_is_no_server(text: str) -> None:
    """Names are not looked up to find out whom to ask."""
    with pytest.raises(UsageError, match="named by its address"):
        server(text)


def test_the_resolvers_of_this_machine(tmp_path: Path) -> None:
    """Those of resolv.conf; none is an error with its way out."""
    path = tmp_path / "resolv.conf"
    path.write_text("search example\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n", encoding="ascii")

    assert system_servers(str(path)) == (Server(address="192.0.2.1"), Server(address="2001:db8::1"))
    with pytest.raises(UsageError, match="names no DNS resolver") as raised:
        system_servers(str(tmp_path / "none"))
    assert raised.value.hint == "give one with --resolver ADDRESS"
