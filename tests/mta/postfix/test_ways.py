"""Postfix's routes as values."""

from __future__ import annotations

import pytest

from relayconf.model import Direct, Discard, Host, Internal, Local, Nexthop, Reject, TlsLevel
from relayconf.mta.base import EVERYTHING_ELSE, Way
from relayconf.mta.postfix import ways
from relayconf.mta.postfix.names import MAIN_CF
from tests.mta.postfix.hosts import MAIN, State, facts, host, relay, sender, settled

LOCAL, DIRECT, REJECT, UNKNOWN = (Way(kind="local"), Way(kind="direct"), Way(kind="reject"), Way(kind="unknown"))
OWN = ("mail1.lab.test", "localhost.lab.test", "localhost")
STORE = Internal(nexthop=Nexthop(host="store.test"))


def ours(way: Way) -> Way:
    """The way of a domain that is the host's own."""
    return Way(kind=way.kind, nexthop=way.nexthop, tls=way.tls, is_ours=True)


HERE = dict.fromkeys(OWN, ours(LOCAL))


def found(state: State) -> dict[str, Way]:
    """The ways of a host, without those that every host here has."""
    contents = {path: file.content for path, file in state.facts.files.items()}
    told = dict(ways(state.facts, contents))
    assert {name: told.pop(name) for name in OWN} == HERE
    return told


def by_hand(main: str) -> dict[str, Way]:
    """The ways of a host with more in main.cf."""
    return found(State(facts=facts({MAIN_CF: MAIN + main.encode() + b"\n"})))


def via(nexthop: str, tls: str | None) -> Way:
    """Through a server."""
    return Way(kind="relay", nexthop=nexthop, tls=None if tls is None else TlsLevel(tls))


def wanted(password: str) -> Host:
    """A host with every kind of route."""
    return host(
        relay("a", password=password),
        domains={"store.test": STORE, "localhost": Local()},
        routes={
            "b.test": relay("b", 465, tls="may"),
            "mx.test": Direct(),
            "no.test": Reject(text="5.1.1 no"),
            "void.test": Discard(text="gone"),
        },
        senders={"@s.test": sender(relay("b", 465, tls="may"), "s"), "<>": sender(relay("a", password=password))},
    )


@pytest.mark.parametrize("is_in_slot", [False, True])
def test_what_relayconf_applied(*, is_in_slot: bool) -> None:
    """Relays with the level of their policy, servers of our own, by MX, refused; in a slot as well."""
    state = settled(wanted("pw"))
    state = settled(wanted("new"), state) if is_in_slot else state

    assert found(state) == {
        EVERYTHING_ELSE: via("[a.test]:587", "secure"),
        "store.test": ours(via("[store.test]:25", "may")),
        "b.test": via("[b.test]:465", "encrypt"),
        "mx.test": DIRECT,
        "no.test": REJECT,
        "void.test": Way(kind="discard"),
        "from @s.test": via("[b.test]:465", "encrypt"),
        "from <>": via("[a.test]:587", "secure"),
    }


def test_a_sender_as_everybody() -> None:
    """By MX, where that is the default."""
    state = settled(host(senders={"@s.test": sender(relay("a")), "u@s.test": sender(Direct())}))

    assert found(state) == {
        EVERYTHING_ELSE: DIRECT,
        "from @s.test": via("[a.test]:587", "secure"),
        "from u@s.test": DIRECT,
    }


@pytest.mark.parametrize(
    ("main", "rest"),
    [
        ("", DIRECT),
        ("relayhost = [o.test]", via("[o.test]", "may")),
        ("relayhost = o.test\nsmtp_tls_security_level = encrypt", via("o.test", "encrypt")),
        ("relayhost = o.test\nsmtp_tls_security_level =", via("o.test", "none")),
        ("relayhost = o.test\nsmtp_tls_security_level = $x", via("o.test", None)),
        ("relayhost = o.test\nsmtp_use_tls = yes", via("o.test", None)),
        ("relayhost = o.test\nsmtp_tls_policy_maps = hash:/p", via("o.test", None)),
        ("relayhost = o.test\ndefault_transport = smtp:[d.test]", via("[d.test]", "may")),
        ("default_transport = error:5.0.0 no", REJECT),
        ("default_transport = lmtp:unix:/x", LOCAL),
        ("default_transport = mailer:x", UNKNOWN),
    ],
)
def test_everything_else(main: str, rest: Way) -> None:
    """By default_transport and relayhost; the level is main.cf's where nothing else can say it."""
    assert by_hand(main) == {EVERYTHING_ELSE: rest}


@pytest.mark.parametrize(
    ("main", "way"),
    [
        ("relay_domains = Own.test, hash:/r", DIRECT),
        ("relay_domains = own.test $mydestination\nrelayhost = [o.test]", via("[o.test]", "may")),
        ("relay_domains = own.test\nrelay_transport = relay:[s.test]\nrelayhost = [o.test]", via("[s.test]", "may")),
        ("relay_domains = own.test\ntransport_maps = hash:/t", UNKNOWN),
        ("virtual_mailbox_domains = own.test\nrelay_domains = own.test\nrelayhost = [o.test]", LOCAL),
    ],
)
def test_domains_that_the_host_names(main: str, way: Way) -> None:
    """Received for others: by relay_transport; unknown where the admin's table may route them. Or delivered here."""
    assert by_hand(main)["own.test"] == ours(way)


def test_a_list_is_as_safe_as_its_least() -> None:
    """Mail may go to any of them; nothing is known when one is not."""
    hops = "[a.test]:587, [b.test]:465"
    for other, level in (("encrypt", "encrypt"), ("verify", "verify"), ("dane", "dane")):
        state = settled(host((relay("a"), relay("b", 587, tls=other))))
        assert found(state)[EVERYTHING_ELSE] == via("[a.test]:587, [b.test]:587", level)
    assert by_hand(f"relayhost = {hops}\nsmtp_tls_policy_maps = hash:/p") == {EVERYTHING_ELSE: via(hops, None)}


def test_a_row_takes_a_domain_away() -> None:
    """transport_maps comes before everything; a row that keeps what Postfix does keeps it."""
    state = settled(host(relay("a"), routes={"v.test": relay("b"), ".own.test": relay("b")}))
    more = b"virtual_alias_domains = v.test x.own.test kept.test\nrelay_domains = b.own.test r.own.test\n"
    contents = {path: file.content for path, file in state.facts.files.items()}
    contents[MAIN_CF] = (contents[MAIN_CF] or b"") + more
    contents["postfix:live/transport"] = (contents["postfix:live/transport"] or b"") + b"r.own.test :\n"
    told = found(State(facts=facts(contents)))

    assert told == {
        EVERYTHING_ELSE: via("[a.test]:587", "secure"),
        ".own.test": via("[b.test]:587", "secure"),
        "v.test": ours(via("[b.test]:587", "secure")),
        "x.own.test": ours(via("[b.test]:587", "secure")),
        "kept.test": ours(LOCAL),
        "b.own.test": ours(via("[b.test]:587", "secure")),
        "r.own.test": ours(via("[a.test]:587", "secure")),
    }


@pytest.mark.parametrize("path", [MAIN_CF, "postfix:live/transport"])
def test_what_cannot_be_read(path: str) -> None:
    """Nothing follows from it."""
    state = settled(host(relay("a"), routes={"mx.test": Direct()})).facts
    contents = {name: file.content for name, file in state.files.items()} | {path: b"a\0"}

    assert ways(state, contents) == {EVERYTHING_ELSE: UNKNOWN}


def test_a_list_that_cannot_be_expanded() -> None:
    """Names no domain."""
    assert by_hand("relay_domains = ${x") == {EVERYTHING_ELSE: DIRECT}
