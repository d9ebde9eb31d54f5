"""Whole control directories: what becomes of a message, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.model import TlsLevel
from relayconf.mta.qmail.decision import Decision, _by_host, _by_sender, decide, read_directory, sender_keys
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS
from tests.mta.qmail.oracle import oracle_route
from tests.mta.qmail.vectors import FlavourVector, LocalityVector, RouteVector, flavours, localities, routes


def decided(flavour: str, recipient: bytes = b"u@example.com", sender: bytes = b"a@b.test", **files: bytes) -> Decision:
    """What becomes of one message; there is a `me` that nothing else names."""
    there = {"me": b"me.test\n", **files}
    return decide(read_directory(FLAVOURS[flavour], there), sender, recipient)


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.id) for vector in routes()])
def test_measured_routes(vector: RouteVector) -> None:
    """What binaries of the classic family did."""
    directory = read_directory(CLASSIC, {"me": b"qmail.test\n", "smtproutes": vector.smtproutes})

    got = decide(directory, b"a@qmail.test", b"u@" + vector.host)

    assert (got.via, got.nexthop, got.port, got.user) == (vector.via, vector.nexthop, vector.port, b"")
    assert got.tls is TlsLevel.NONE


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.id) for vector in flavours()])
def test_measured_flavours(vector: FlavourVector) -> None:
    """What binaries and parsers of the other flavours did, credentials included."""
    directory = read_directory(FLAVOURS[vector.flavour], vector.files, vector.environment)
    host, sender = vector.host, vector.sender

    got = decide(directory, sender, b"u@" + host)
    route, _ = _by_sender(directory, sender) or _by_host(directory, host, sender)

    wanted = vector.observed
    assert (got.nexthop.decode(), got.port) == (wanted["host"], wanted["port"])
    assert (got.via == "mx") is (wanted.get("lookup") == "MX")
    assert got.user == route.user == str(wanted.get("user", "")).encode()
    assert route.password == str(wanted.get("pass", "")).encode()


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.id) for vector in localities()])
def test_measured_localities(vector: LocalityVector) -> None:
    """What a live qmail-send decided."""
    files = {"me": vector.me, "locals": vector.locals_, "virtualdomains": vector.virtualdomains}

    got = decide(read_directory(CLASSIC, files), b"a@b.test", vector.recipient)

    assert got.address == vector.address
    assert (got.via in {"local", "virtual"}) is (vector.channel == "local")
    assert (got.nexthop, got.port, got.tls) == (b"", 0, None) or vector.channel == "remote"


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (decided("classic", b"u@ME.test"), "me, since there are no locals: me.test"),
        (decided("classic", b"u@x.test", locals=b"x.test\n"), "locals: x.test"),
        (decided("classic", b"u@x.test", virtualdomains=b".test:v\n"), "virtualdomains: .test"),
        (decided("classic", b"u@x.test", virtualdomains=b":v\n"), "virtualdomains: the rest of the world"),
        (decided("classic"), "no line of smtproutes is for it"),
        (decided("classic", smtproutes=b".com:\n:r\n"), "smtproutes: .com, by MX"),
        (decided("classic", smtproutes=b":r\n"), "smtproutes: the rest of the world"),
        (
            decided("classic", smtproutes=b"::587\n"),
            "smtproutes: the rest of the world; the relay has no name: it bounces",
        ),
        (decided("classic", smtproutes=b":r:\n"), "smtproutes: the rest of the world; port 0: it waits in the queue"),
        (decided("sagredo", authsenders=b"@b.test:r|u|p\n"), "authsenders: @b.test"),
        (decided("sagredo", authsenders=b":r|u|p\n"), "authsenders: any sender"),
        (
            decided("sagredo", smtproutes=b":r|u\nnext|s3cret\n"),
            "smtproutes: the rest of the world; its password is missing, so that of the line behind it is sent",
        ),
        (decided("sagredo", smtproutes=b":r|u\n"), "smtproutes: the rest of the world; no password"),
        (decided("sqmail", sender=b"", smtproutes=b"!@:r\n"), "smtproutes: bounces"),
        (decided("sqmail", qmtproutes=b".com:q\n"), "qmtproutes: .com"),
    ],
    ids=lambda value: None if isinstance(value, Decision) else value,
)
def test_why(decision: Decision, why: str) -> None:
    """The file and the key, and what will go wrong."""
    assert decision.why == why


def test_without_me() -> None:
    """qmail-remote refuses to go on."""
    got = decide(read_directory(CLASSIC, {"smtproutes": b":r\n"}), b"a@b.test", b"u@example.com")

    assert got.why == "smtproutes: the rest of the world; control/me is missing: all of it waits in the queue"


def test_percenthack_and_no_at() -> None:
    """The recipient is completed before anything else."""
    assert decided("classic", b"u%x.test@hack.test", percenthack=b"hack.test\n").nexthop == b"x.test"
    assert decided("classic", b"u", envnoathost=b"no.test\n").address == b"u@no.test"


def test_senders_come_first() -> None:
    """A match takes the mail past smtproutes; an empty value does not, nor does the file of a flavour without it."""
    files = {"authsenders": b"@b.test:s:26|u|p\nx@b.test:\n", "smtproutes": b":r\n"}

    assert [decided("sagredo", sender=sender, **files).nexthop for sender in (b"a@B.test", b"x@b.test", b"b.test")] == [
        b"s",
        b"r",
        b"r",
    ]
    assert decided("netqmail-tls", **files).nexthop == b"r"


@pytest.mark.parametrize(
    ("sender", "keys"),
    [
        (b"", [b""]),
        (b"a.b@x.test", [b"a.b@x.test", b".b@x.test", b"@x.test", b".test", b""]),
        (b"@x", [b"@x", b""]),
    ],
)
def test_sender_keys(sender: bytes, keys: list[bytes]) -> None:
    """As qmail-remote goes through them."""
    assert list(sender_keys(sender)) == keys


def test_bounces_and_qmtp() -> None:
    """`!@` is asked first for an empty sender, unless its value is empty; qmtproutes before smtproutes, by name."""
    files = {"smtproutes": b"!@:b;27\n.com:r\n:d\n", "qmtproutes": b"example.com:q\n:qd;209\n"}

    def got(recipient: bytes, sender: bytes = b"a@b.test", **more: bytes) -> tuple[bytes, int]:
        found = decided("aqmail", recipient, sender, **{**files, **more})
        return found.nexthop, found.port

    assert got(b"u@example.com") == (b"q", 209)
    assert got(b"u@other.com") == (b"r", 25)
    assert got(b"u@x.test") == (b"qd", 209)
    assert got(b"u@example.com", b"") == (b"b", 27)
    assert got(b"u@other.com", b"", smtproutes=b"!@:\n.com:r\n") == (b"r", 25)
    assert got(b"u@other.com", b"", qmtproutes=b"!@:q\n") == (b"q", 209)
    assert decided("classic", sender=b"", smtproutes=b"!@:b\n").via == "mx"


_PIECES = st.sampled_from(
    [b"a", b".", b"com", b"example", b":", b"\n", b"|", b" ", b"#", b"\0", b"\r", b"587", b";", b"@"]
)
_BYTES = st.lists(_PIECES, max_size=20).map(b"".join)


@given(content=_BYTES, other=_BYTES, host=_BYTES, sender=_BYTES, name=st.sampled_from(sorted(FLAVOURS)))
def test_any_bytes_are_decided(content: bytes, other: bytes, host: bytes, sender: bytes, name: str) -> None:
    """No file makes the model fail; for the classic family a transcription of the C says the same."""
    files = {"smtproutes": content, "authsenders": other, "qmtproutes": other, "tlsdestinations": other}

    got = decided(name, b"u@" + host, sender, **files)

    if name in {"classic", "netqmail-tls"} and b"@" not in host and host != b"me.test":
        assert (got.via, got.nexthop, got.port) == oracle_route(content, host)


@given(content=_BYTES, host=_BYTES, name=st.sampled_from(sorted(FLAVOURS)))
def test_plain_routes_are_the_same_everywhere(content: bytes, host: bytes, name: str) -> None:
    """Lines without separators, ports or literals mean the same to every flavour."""
    plain = bytes(byte for byte in content if byte not in b"| ;@0123456789") + b"\n"
    if b":a" in plain and plain.count(b":") == plain.count(b"\n"):
        here, there = decided("classic", b"u@" + host, smtproutes=plain), decided(name, b"u@" + host, smtproutes=plain)
        if here.port == 25:
            assert (here.via, here.nexthop, here.port) == (there.via, there.nexthop, there.port)
