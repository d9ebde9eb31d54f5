"""What is connected to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.doctor.targets import Door, Server, doors, other_doors, place, sends_directly, usual
from relayconf.errors import UsageError
from relayconf.model import (
    At,
    Credentials,
    Direct,
    Endpoint,
    Internal,
    Nexthop,
    Relay,
    SecretRef,
    SenderRoute,
    Smarthost,
    TlsLevel,
)
from tests.support.hosts import qmail_host

LOGIN = Credentials(username="a", password=SecretRef(kind="env", value="X"))
OTHER = Credentials(username="b", password=SecretRef(kind="env", value="Y"))
RELAY = Relay(
    name="isp",
    host="relay.test",
    endpoints=(
        Endpoint(port=465, tls=TlsLevel.SECURE, auth=True),
        Endpoint(port=25, tls=TlsLevel.NONE, auth=False),
    ),
    credentials=LOGIN,
    ca="PEM",
)
FIRST = Smarthost(relay=RELAY, endpoint=RELAY.endpoints[0])
SECOND = Smarthost(relay=RELAY, endpoint=RELAY.endpoints[1])
DOOR = Door(
    name="isp:465",
    host="relay.test",
    port=465,
    relay="isp",
    tls=TlsLevel.SECURE,
    implicit_tls=True,
    credentials=LOGIN,
    ca="PEM",
)


def test_the_usual_ones() -> None:
    """Three great receivers, two that are surely reached, Spamhaus' list."""
    assert [server.domain for server in usual().mail] == ["gmail.com", "outlook.com", "icloud.com"]
    assert {server.port for server in usual().mail} == {25}
    assert [server.port for server in usual().control] == [443, 443]
    assert usual().zone == "zen.spamhaus.org"
    assert usual().relay_ports == (25, 465, 587, 2525)


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("mx.test", Server(host="mx.test", port=25)),
        ("mx.test:26", Server(host="mx.test", port=26)),
        ("192.0.2.1:2525", Server(host="192.0.2.1", port=2525)),
        ("[2001:db8::1]:26", Server(host="2001:db8::1", port=26)),
        ("[2001:db8::1]", Server(host="2001:db8::1", port=25)),
        ("2001:db8::1", Server(host="2001:db8::1", port=25)),
    ],
)
def test_places(text: str, server: Server) -> None:
    """Names and addresses, with a port or without."""
    assert place(text, port=25) == server


@pytest.mark.parametrize("text", ["", ":25", "mx.test:0", "mx.test:65536", "mx.test:x", "mx.test:٢", "a b"])
def test_no_places(text: str) -> None:
    """What nobody can connect to is a mistake of the command line."""
    with pytest.raises(UsageError):
        place(text, port=25)


def test_doors() -> None:
    """The default's first, relays of routes and senders too, each once; credentials where the endpoint has a login."""
    host = replace(
        qmail_host(default=(FIRST,), routes={"a.test": SECOND, "b.test": FIRST, "c.test": Direct()}),
        senders={"@x.test": SenderRoute(target=FIRST, credentials=OTHER), "@y.test": SenderRoute(target=Direct())},
    )

    assert doors(host) == (
        DOOR,
        Door(name="isp:25", host="relay.test", port=25, relay="isp", tls=TlsLevel.NONE, ca="PEM"),
        replace(DOOR, credentials=OTHER),
    )
    assert not sends_directly(host)
    assert doors(qmail_host(default=(Direct(),))) == ()
    assert sends_directly(qmail_host(default=(Direct(),)))


def test_servers_of_ours() -> None:
    """Are doors where everything goes through them, and only when they are named by host."""
    via = At(host="store", nexthop=Nexthop(host="10.0.0.1"))
    internal = Internal(nexthop=Nexthop(host="10.0.0.2", port=26))
    by_mx = Internal(nexthop=Nexthop(host="x.test", mx_lookup=True))

    assert doors(qmail_host(default=(via,))) == (Door(name="10.0.0.1:25", host="10.0.0.1", port=25),)
    assert doors(qmail_host(default=(internal,))) == (Door(name="10.0.0.2:26", host="10.0.0.2", port=26),)
    assert doors(qmail_host(default=(by_mx,))) == ()


def test_other_doors() -> None:
    """The usual ports of relays that are not used, without a login; servers of ours have none."""
    ours = Door(name="10.0.0.1:25", host="10.0.0.1", port=25)

    assert other_doors((DOOR, replace(DOOR, credentials=OTHER), ours), usual()) == tuple(
        Door(name=f"isp:{port}", host="relay.test", port=port, relay="isp", ca="PEM") for port in (25, 587, 2525)
    )
