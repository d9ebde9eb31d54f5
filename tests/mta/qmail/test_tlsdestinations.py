"""tlsdestinations, against what aQmail's own parser said."""

from __future__ import annotations

import pytest

from relayconf.mta.qmail.flavours import FLAVOURS, NOTHING_AROUND
from relayconf.mta.qmail.smtproutes import lookup, parse
from relayconf.mta.qmail.tlsdestinations import Destination, destination
from tests.mta.qmail.vectors import FlavourVector, flavours


@pytest.mark.parametrize(
    "vector", [pytest.param(item, id=item.id) for item in flavours() if "flagtls" in item.observed]
)
def test_measured(vector: FlavourVector) -> None:
    """Flag, certificate file, ciphers and depth; by the relay, not by the recipient's domain."""
    table = parse(vector.files.get("tlsdestinations"))
    value = lookup(parse(vector.files["smtproutes"]), vector.host)
    hop = FLAVOURS["aqmail"].read(value, NOTHING_AROUND) if value else None

    if "authsenders" in vector.files:
        return
    got = destination(table, hop.host if hop else vector.host, hop.port if hop else 25)

    wanted = vector.observed
    assert (got.flag, got.port, got.verify) == (wanted["flagtls"], wanted["port"], wanted["flagverify"])
    assert (got.cafile.decode(), got.ciphers.decode(), got.depth) == (
        wanted["cafile"],
        wanted["ciphers"],
        wanted["depth"],
    )


@pytest.mark.parametrize(
    ("content", "flag"),
    [
        (b"", 0),
        (b"!.b.test:\na.b.test:\n", -1),
        (b"!:\n=a.b.test:\n", -1),
        (b"%A.b.test:x\n=a.b.test:x\n", 7),
        (b"=a.b.test:\n~.b.test:\n", 6),
        (b"~.b.test:\n.b.test:\n", 5),
        (b".b.test:\n-a.b.test:\n", 4),
        (b"-.test:\n=*:\n", 3),
        (b"=*:\n~*:\n", 6),
        (b"~*:\n+*:\n", 5),
        (b"+*:\n-*:\n", 4),
        (b"-*:\n*:\n", 3),
        (b"*:\n-:\n", 2),
        (b"-:\n", 1),
        (b"b.test:\n", 0),
    ],
)
def test_order(content: bytes, flag: int) -> None:
    """The host's own rules first, then the general ones; a suffix begins with its dot."""
    assert destination(parse(content), b"a.b.test", 25).flag == flag


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", Destination(flag=4, port=587)),
        (b"/ca.pem||", Destination(flag=4, port=587, cafile=b"/ca.pem", verify=1)),
        (b"/ca.pem|HIGH|3;465", Destination(flag=14, port=465, cafile=b"/ca.pem", ciphers=b"HIGH", verify=1, depth=3)),
        (b"/ca.pem||;6209", Destination(flag=24, port=6209, cafile=b"/ca.pem", verify=1)),
        (b"=ab12||", Destination(flag=4, port=587, cafile=b"=ab12", verify=-1)),
        (b";465", Destination(flag=4, port=587, cafile=b";465", verify=1)),
        (b"||;465", Destination(flag=14, port=465)),
        (b"/ca.pem||4", Destination(flag=4, port=587, cafile=b"/ca.pem", verify=1)),
    ],
)
def test_values(value: bytes, expected: Destination) -> None:
    """The port and the depth stand behind two bars; the short form of the manual is a file name."""
    assert destination({b"relay": value}, b"relay", 587) == expected
