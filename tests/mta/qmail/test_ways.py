"""qmail's routes as values."""

from __future__ import annotations

from relayconf.facts import Facts
from relayconf.model import TlsLevel
from relayconf.mta.base import EVERYTHING_ELSE, Way
from relayconf.mta.qmail import ways

LOCAL, DIRECT = Way(kind="local"), Way(kind="direct")


def found(smtproutes: bytes | None, **controls: bytes) -> dict[str, Way]:
    """The ways of a host that is me.test."""
    contents = {"qmail:me": b"me.test\n", "qmail:smtproutes": smtproutes}
    contents |= {f"qmail:{name}": content for name, content in controls.items()}
    return dict(ways(Facts(values={}, files={}), contents))


def ours(way: Way) -> Way:
    """The way of a domain that is the host's own."""
    return Way(kind=way.kind, nexthop=way.nexthop, tls=way.tls, is_ours=True)


def test_routes() -> None:
    """Through a relay without TLS, by MX, or delivered here."""
    store = Way(kind="relay", nexthop="store:26", tls=TlsLevel.NONE)

    assert found(b"a.test:store:26\nmx.test:\n:isp\n") == {
        EVERYTHING_ELSE: Way(kind="relay", nexthop="isp:25", tls=TlsLevel.NONE),
        "a.test": store,
        "mx.test": DIRECT,
        "me.test": ours(LOCAL),
    }
    assert found(None) == {EVERYTHING_ELSE: DIRECT, "me.test": ours(LOCAL)}


def test_the_host_s_own_domains() -> None:
    """Those of locals and virtualdomains are delivered here, those of rcpthosts go where the routes say."""
    files = {"locals": b"L.test\n", "virtualdomains": b"v.test:v\n.w.test:w\na@b.test:x\nex.w.test:\n"}
    files["rcpthosts"] = b"l.test\nR.test\n.s.test\n"
    isp = Way(kind="relay", nexthop="isp:25", tls=TlsLevel.NONE)

    assert found(b"r.test:\nl.test:isp\n:isp\n", **files) == {
        EVERYTHING_ELSE: isp,
        "r.test": ours(DIRECT),
        "l.test": ours(LOCAL),
        "v.test": ours(LOCAL),
        ".w.test": ours(LOCAL),
        "ex.w.test": ours(isp),
        ".s.test": ours(isp),
    }


def test_a_host_that_delivers_everything_itself() -> None:
    """By a line of virtualdomains for every domain."""
    assert found(b":isp\n", virtualdomains=b":all\n")[EVERYTHING_ELSE] == LOCAL


def test_credentials() -> None:
    """They are in no way; what may be another flavour's is not known."""
    relay = Way(kind="relay", nexthop="isp:587", tls=None)

    assert found(b":isp:587|user|s3cret\n")[EVERYTHING_ELSE] == relay
    assert found(b"x|user:s3cret\n")["x…"] == Way(kind="unknown")
