"""What a configuration directory says, for an inventory."""

from __future__ import annotations

from relayconf.facts import Facts
from relayconf.files import ActualFile
from relayconf.model import Direct, Discard, Local, Mx, Reject, Retry, TlsLevel
from relayconf.mta.base import Found, Server
from relayconf.mta.postfix.importing import found, sources
from tests.mta.postfix.hosts import host

RELAY = Server(host="relay.test", port=587)


def facts_of(main: str) -> Facts:
    """A host with this main.cf, named me.test, that delivers nothing itself unless it says so."""
    content = f"myhostname = me.test\nmydestination =\n{main}\n".encode()
    file = ActualFile(path="postfix:main.cf", target="/etc/postfix/main.cf", present=True, content=content)
    return Facts(values={"postfix.multi_instance": "-"}, files={file.path: file})


def read(main: str, **files: str) -> Found:
    """With tables in /etc/postfix."""
    return found(host(), facts_of(main), {f"/etc/postfix/{name}": text.encode() for name, text in files.items()})


def test_nothing_is_direct() -> None:
    """By MX, under the name that it has."""
    assert read("") == Found(name="me.test", default=(Direct(),), domains={}, routes={})


def test_the_default() -> None:
    """relayhost, unless default_transport names a next hop itself; several stand in for one another."""
    assert read("relayhost = [relay.test]:587").default == (RELAY,)
    assert read("relayhost = [x]\ndefault_transport = smtp:[relay.test]:587").default == (RELAY,)
    assert len(read("relayhost = [a], [b]:587").default) == 2
    odd = read("default_transport = uucp:x")
    assert (odd.default, odd.unsaid) == ((), ("main.cf: default_transport is uucp",))


def test_the_transport_table() -> None:
    """Every kind of row."""
    got = read(
        "relayhost = [relay.test]:587\ntransport_maps = hash:/etc/postfix/t\n"
        "mydestination = in.test, moved.test, me.test",
        t=(
            "direct.test smtp:\n.sub.test relay:[relay.test]:587\nu@a.test :[relay.test]:587\nkept.test :\n"
            "no.test error:5.1.1 gone\nno2.test error:gone\nno3.test error:\n"
            "later.test retry:4.3.2 x\nlater2.test retry:x\n"
            "drop.test discard:\ndrop2.test discard:ok\n"
            "in.test :\nmoved.test smtp:[192.0.2.10]\nbox.test lmtp:unix:/x\n"
            "list.test smtp:[a], [b]\nbad.test smtp:[a\n"
        ),
    )

    assert got.routes == {
        "direct.test": Direct(),
        ".sub.test": RELAY,
        "u@a.test": RELAY,
        "kept.test": RELAY,
        "no.test": Reject(text="5.1.1 gone"),
        "no2.test": Reject(text="5.0.0 gone"),
        "no3.test": Reject(text="5.0.0 Address is undeliverable"),
        "later.test": Retry(text="4.3.2 x"),
        "later2.test": Retry(text="4.0.0 x"),
        "drop.test": Discard(text="discarded"),
        "drop2.test": Discard(text="ok"),
        "list.test": Server(host="a", port=25),
    }
    assert got.domains == {
        "in.test": Local(),
        "me.test": Local(),
        "moved.test": Server(host="192.0.2.10", port=25, is_ours=True),
    }
    assert got.unsaid == (
        "transport, box.test: the service lmtp",
        "transport, list.test: further servers to fail over to than the first",
        "transport, bad.test: [a is no next hop",
    )


def test_a_row_that_keeps_what_there_is_not() -> None:
    """Is nothing."""
    assert read("default_transport = uucp:x\ntransport_maps = inline:{a.test=:}").routes == {}


def test_a_row_for_everything() -> None:
    """Is the default; but on the host it has local mail too."""
    got = read("transport_maps = inline:{*=smtp:[relay.test]:587}")
    odd = read("transport_maps = inline:{*=local:}")

    assert got.default == (RELAY,)
    assert got.unsaid == ("transport, *: taken for the default; on the host it has local mail too",)
    assert odd.default == ()
    assert read("transport_maps = inline:{*=:}").default == (Direct(),)
    assert read("transport_maps = static:smtp:").unsaid == (
        "main.cf, transport_maps: a static table for every address",
    )


def test_relayed_domains() -> None:
    """By MX where all is; to the server of a row or of relay_transport; with the rest where that has a relay."""
    domains = "relay_domains = a.test, b.test\ntransport_maps = inline:{a.test=smtp:[192.0.2.10], x.b.test=smtp:}\n"
    inner = Server(host="192.0.2.10", port=25, is_ours=True)

    direct, relayed = read(domains), read(f"{domains}relayhost = [relay.test]:587")
    passed = read("relay_domains = a.test\nrelay_transport = relay:[192.0.2.10]")

    assert direct.domains == {"a.test": inner, "b.test": Mx(), "x.b.test": Mx()}
    assert relayed.domains == {"a.test": inner, "x.b.test": Mx()}
    assert passed.domains == {"a.test": inner}
    mine = (
        "relay_domains = a.test\nrelayhost = [relay.test]:587\ntransport_maps = inline:{a.test=smtp:[relay.test]:587}"
    )
    assert read(mine).routes == {"a.test": RELAY}


def test_a_server_with_a_policy_is_a_relay() -> None:
    """Whatever domain it is for: named in place it would lose the policy."""
    got = read(
        "relay_domains = a.test\ntransport_maps = inline:{a.test=smtp:[192.0.2.10]:2525}\n"
        "smtp_tls_policy_maps = inline:{[192.0.2.10]:2525=encrypt}"
    )

    assert got.routes == {"a.test": Server(host="192.0.2.10", port=2525, tls=TlsLevel.ENCRYPT)}
    assert got.domains == {}


def test_senders_and_addresses() -> None:
    """Transports before relayhosts; and what is written anew in mail that leaves."""
    got = read(
        "sender_dependent_relayhost_maps = inline:{@a.test=[relay.test]:587, b@a.test=DUNNO, @c.test=[x}\n"
        "sender_dependent_default_transport_maps = inline:{<>=smtp:, @d.test=error:no}\n"
        "smtp_generic_maps = inline:{root@me.test=admin@a.test}"
    )

    assert got.senders == {"<>": Direct(), "@a.test": RELAY}
    assert got.rewrite == {"root@me.test": "admin@a.test"}


def test_what_stays_and_what_is_left_over() -> None:
    """Told by name alone."""
    got = read(
        "relayhost = [relay.test]:587\nsmtp_sasl_auth_enable = yes\ncontent_filter = smtp:[127.0.0.1]:10024\n"
        "smtp_sasl_password_maps = inline:{[relay.test]:587=u:s3cret, old.test=v:s3cret}\n"
        "smtp_tls_policy_maps = inline:{old.test=may}\nsmtp_tls_security_level = encrypt"
    )

    assert got.default == (Server(host="relay.test", port=587, user="u", password="s3cret", tls=TlsLevel.ENCRYPT),)
    assert got.unsaid == (
        "a password for old.test, which no route here leads to",
        "a TLS policy for old.test, which no route here leads to",
        "main.cf: content_filter stays as it is",
    )
    assert "s3cret" not in repr(got)


def test_sources() -> None:
    """The texts of all tables, each once; what is none is left out."""
    main = (
        "transport_maps = hash:/etc/postfix/t regexp:/r inline:{a=b}\nrelay_domains = a.test hash:/etc/postfix/t /list"
    )

    assert sources(facts_of(main)) == ("/etc/postfix/t", "/list")
