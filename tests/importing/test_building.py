"""From what was found to an inventory's values."""

from __future__ import annotations

from relayconf.importing.building import Draft, build
from relayconf.model import (
    Direct,
    Endpoint,
    Internal,
    Local,
    Nexthop,
    Reject,
    Relay,
    SecretRef,
    SenderRoute,
    Smarthost,
    TlsLevel,
)
from relayconf.mta.base import Found, FoundTarget, Server
from tests.support.hosts import qmail_host


def reference(relay: str) -> SecretRef:
    """A secret named like its relay."""
    return SecretRef(kind="env", value=relay)


def built(default: Server | Direct | None = None, **routes: FoundTarget) -> Draft:
    """A host with a default and routes for `NAME.test`."""
    found = Found(
        name="edge.test",
        default=(default or Direct(),),
        domains={"edge.test": Local()},
        routes={f"{name}.test": target for name, target in routes.items()},
    )
    return build(found, qmail_host("edge.test", domains={}), reference)


def server(host: str = "mail.isp.example", port: int = 587, *, user: str = "u", password: str = "p") -> Server:  # noqa: S107
    """A server that wants a password."""
    return Server(host=host, port=port, shown=f"line of {host}", user=user, password=password, tls=TlsLevel.ENCRYPT)


def test_equal_servers_are_one_relay() -> None:
    """With equal credentials; every other is another, with a name and a secret of its own."""
    draft = built(server(), a=server("MAIL.isp.example"), b=server(password="q"), c=server(port=25, user=""))

    assert list(draft.relays) == ["isp", "isp-587", "isp-25"]
    assert draft.host.default == (draft.host.routes["a.test"],)
    assert draft.passwords == {reference("isp"): "p", reference("isp-587"): "q"}
    assert draft.relays["isp-25"] == Relay(
        name="isp-25", host="mail.isp.example", endpoints=(Endpoint(port=25, tls=TlsLevel.ENCRYPT, auth=False),)
    )
    assert '"q"' not in repr(draft)
    assert "'q'" not in repr(draft)


def test_servers_of_ours_are_no_relays() -> None:
    """They are named in place."""
    draft = built(a=Server(host="192.0.2.10", port=25, is_ours=True), b=Reject(text="5.1.1 no"))

    assert draft.host.routes == {
        "a.test": Internal(nexthop=Nexthop(host="192.0.2.10")),
        "b.test": Reject(text="5.1.1 no"),
    }
    assert draft.relays == {}


def test_what_cannot_be_said() -> None:
    """Is told by the words that the MTA found for it, and is not there."""
    draft = built(
        server("edge.test"),
        a=server("not a name|s3cret"),
        b=server(port=0),
        c=server(user="\x1b[31m"),
        d=server(password="a\x01b"),
        e=server(password="\udcff"),
        f=server(password=""),
        g=server("127.0.0.1", 25),
    )

    assert draft.unsaid == (
        "line of edge.test (this host itself)",
        "so the inventory has `relay: direct`, which is not what the host does",
        "line of not a name|s3cret (neither a name nor an address)",
        "line of mail.isp.example (no port)",
        "line of mail.isp.example (credentials that an inventory cannot hold)",
        "line of 127.0.0.1 (this host itself)",
    )
    assert (draft.host.default, draft.host.routes, draft.relays) == ((Direct(),), {}, {})


def test_a_server_that_is_looked_up_by_mx() -> None:
    """Is named itself, which is told."""
    draft = built(Server(host="isp.example", port=25, mx_lookup=True, shown="relayhost"))

    assert isinstance(draft.host.default[0], Smarthost)
    assert draft.unsaid == ("relayhost (looked up by MX on the host; the inventory names the machine itself)",)


def test_keys() -> None:
    """Such as no inventory can name are listed, unless another key says the same in A-labels."""
    keys = ("ü.", "UPPER", "a b", "\x1b[31m", "bücher", "xn--bcher-kva", "[192", "#", "*")

    same: dict[str, FoundTarget] = dict.fromkeys(keys, server())
    different: dict[str, FoundTarget] = {"xn--bcher-kva": server(), "bücher": Direct()}

    draft, other = built(None, **same), built(None, **different)

    assert list(draft.host.routes) == ["xn--bcher-kva.test"]
    assert draft.unsaid == (
        r"routes that no inventory can name: ü..test, UPPER.test, a b.test, \x1b[31m.test, [192.test and 2 more",
    )
    assert other.unsaid == ("routes that no inventory can name: bücher.test",)


def test_senders() -> None:
    """Each with its relay; a key that can be no sender is told."""
    senders: dict[str, Server | Direct] = {
        "@a.test": server(),
        "<>": Direct(),
        "a.test": server(),
        "b@a.test": server(port=0),
        "c@a.test": Server(host="192.0.2.1", port=25, is_ours=True),
    }
    found = Found(name="x", default=(Direct(),), domains={}, routes={}, senders=senders)

    draft = build(found, qmail_host(domains={}), reference)

    target = Smarthost(relay=draft.relays["isp"], endpoint=draft.relays["isp"].endpoints[0])
    assert draft.host.senders == {"@a.test": SenderRoute(target=target), "<>": SenderRoute(target=Direct())}
    assert draft.unsaid == ("line of mail.isp.example (no port)", "senders that no inventory can name: a.test")


def test_rewritten_addresses() -> None:
    """Addresses and domains; what is no address is told, on one line."""
    rewrite = {"root@a.test": "x@b.test", "@a.test": "@b.test", "root": "x@b.test", "y@a.test": "\x1b[31m"}
    found = Found(name="x", default=(Direct(),), domains={}, routes={}, rewrite=rewrite)

    draft = build(found, qmail_host(domains={}), reference)

    assert draft.host.rewrite == {"root@a.test": "x@b.test", "@a.test": "@b.test"}
    what = "rewritten in mail that leaves, but not as an inventory can say it: "
    assert draft.unsaid == (f"{what}root", f"{what}y@a.test")


def test_words_of_the_host_are_harmless() -> None:
    """Whatever the files put into them."""
    found = Found(name="x", default=(), domains={}, routes={}, unsaid=("\x1b[31m",), remarks=("a\nhosts:",))

    draft = build(found, qmail_host(domains={}), reference)

    assert draft.unsaid[0] == r"\x1b[31m"
    assert draft.remarks == (r"a\nhosts:",)
