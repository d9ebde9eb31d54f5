"""Tables and parameters of one state."""

from __future__ import annotations

import pytest

from relayconf.files import DesiredFile
from relayconf.model import Direct, Internal, Nexthop
from relayconf.mta.postfix import live, render
from relayconf.mta.postfix.names import MAIN_CF, RECORD
from relayconf.mta.postfix.state import (
    Wish,
    ca_settings,
    in_lane,
    map_settings,
    nexthops,
    own_settings,
    rewritten,
    slot_settings,
    wish_of,
)
from tests.mta.postfix.hosts import BUILT_IN, MAIN, facts, host, relay, secret, sender

HEAD = b"# Managed by relayconf. Change the inventory, not this file.\n"
STORE = Internal(nexthop=Nexthop(host="store.test"))
BOTH = host(relay("a", 465), routes={"b.test": relay("b"), "o.test": STORE, "d.test": Direct()})


def wanted() -> Wish:
    """The wish of BOTH."""
    return wish_of(render(BOTH, BUILT_IN, secret))


def test_the_wish() -> None:
    """Tables as Postfix reads them, parameters but for the tables' own, next hops and services."""
    wish = wanted()

    assert wish.parameters["relayhost"] == "[a.test]:465"
    assert "transport_maps" not in wish.parameters
    assert wish.tables["sasl_passwd"] == {"[a.test]:465": "a:pw", "[b.test]:587": "b:pw"}
    assert wish.nexthops == {"[a.test]:465", "[b.test]:587", "[store.test]:25"}
    assert wish.services == {"relayconf-tls"}
    assert "pw" not in repr(wish)


def test_nothing_wished() -> None:
    """No files, no wish."""
    assert wish_of(()) == Wish(
        lane="",
        contents={},
        tables={"transport": {}, "senders": {}, "sasl_passwd": {}, "tls_policy": {}, "generic": {}},
        parameters={},
    )
    assert nexthops({"transport": {"a": "smtp:", "b": ":"}, "senders": {"@c": "DUNNO"}}, "") == frozenset()


@pytest.mark.parametrize(
    ("rows", "shielded"),
    [
        (b".lab.test smtp:[x]:25\n", b".lab.test smtp:[x]:25\nhost.lab.test  :\nmail1.lab.test  :\n"),
        (
            b".lab.test smtp:[x]:25\nmail1.lab.test smtp:\n",
            b".lab.test smtp:[x]:25\nmail1.lab.test smtp:\nhost.lab.test  :\n",
        ),
        (b".lab.test :\n.test smtp:\n", b".lab.test :\n.test smtp:\n"),
        (b"lab.test smtp:\n", b"lab.test smtp:\n"),
    ],
)
def test_wildcards_leave_the_host_s_own_names_alone(rows: bytes, shielded: bytes) -> None:
    """A name that the host delivers itself stays there below a wildcard, unless the inventory names it."""
    wish = wish_of(
        (DesiredFile(path="postfix:transport", content=rows),), ("mail1.lab.test", "host.lab.test", "localhost")
    )

    assert wish.contents["transport"] == shielded


def test_in_a_slot() -> None:
    """Mail to relays goes through the slot's services, all other mail as before."""
    wish = in_lane(wanted(), "b")

    assert wish.contents["transport"] == HEAD + (
        b"b.test  relayconf-b:[b.test]:587\no.test  smtp:[store.test]:25\nd.test  smtp:\n"
    )
    assert wish.parameters["default_transport"] == wish.parameters["relay_transport"] == "relayconf-b-tls"
    assert wish.services == {"relayconf-b", "relayconf-b-tls"}
    assert in_lane(wanted(), "") == wanted()


def test_senders_in_a_slot() -> None:
    """Each service has its twin there, those for senders' own passwords as well; `DUNNO` stays."""
    senders = {
        "@own.test": sender(relay("a", 465), "shop"),
        "@b.test": sender(relay("b")),
        "u@b.test": sender(relay("b"), "u"),
        "@d.test": sender(Direct()),
    }
    wish = wish_of(render(host(senders=senders), BUILT_IN, secret))
    moved = in_lane(wish, "a")

    assert wish.services == {"relayconf-senders", "relayconf-senders-tls"}
    assert wish.nexthops == {"[a.test]:465", "[b.test]:587"}
    assert moved.services == {"relayconf-a", "relayconf-a-senders", "relayconf-a-senders-tls"}
    assert moved.contents["senders"] == HEAD + (
        b"@own.test  relayconf-a-senders-tls:[a.test]:465\n@b.test  relayconf-a:[b.test]:587\n"
        b"u@b.test  relayconf-a-senders:[b.test]:587\n@d.test  DUNNO\n"
    )
    assert moved.parameters == wish.parameters


def test_a_slot_without_a_relay_by_default() -> None:
    """The transport of all other mail is not touched, nor a table that names no relay."""
    plain = wish_of(render(host(routes={"d.test": Direct()}), BUILT_IN, secret))
    wish = in_lane(plain, "a")

    assert wish.parameters == {"relayhost": ""}
    assert wish.contents == plain.contents


def test_rewritten() -> None:
    """The comments at the top stay, everything below is the table."""
    assert rewritten(b"# a\n# b\nx y\n# c\n", {"k": "v"}) == b"# a\n# b\nk  v\n"
    assert rewritten(b"# a\n", {}) == b"# a\n"


def test_map_parameters() -> None:
    """Ours in front of the admin's; a table that is not in the generation is not named."""
    found = live.read(facts({MAIN_CF: MAIN + b"transport_maps = hash:/a hash:${relayconf_maps}/transport\n"}))

    assert map_settings(wanted(), found, "/g/7", {"transport": b"x", "tls_policy": b"x"}) == {
        "relayconf_maps": "/g/7",
        "transport_maps": "hash:${relayconf_maps}/transport, hash:/a",
        "smtp_tls_policy_maps": "hash:${relayconf_maps}/tls_policy",
    }
    assert map_settings(wanted(), found, "/g/7", {}) == {}


def test_map_parameters_of_a_slot() -> None:
    """The tables keyed by relay are the slot's; an empty list of them is written, since master.cf names it."""
    found = live.read(facts({MAIN_CF: MAIN + b"smtp_tls_policy_maps = hash:/a\n"}))
    wish = in_lane(wanted(), "a")

    assert map_settings(wish, found, "/g/7", {"transport": b"x", "sasl_passwd": b"x"}) == {
        "relayconf_maps": "/g/7",
        "transport_maps": "hash:${relayconf_maps}/transport",
        "smtp_sasl_password_maps": "hash:${relayconf_maps}/sasl_passwd",
        "relayconf_a_maps": "$relayconf_maps",
        "relayconf_a_sasl_password_maps": "hash:${relayconf_a_maps}/sasl_passwd",
        "relayconf_a_tls_policy_maps": "hash:/a",
    }
    assert slot_settings("b", found, {}) == {
        "relayconf_b_sasl_password_maps": "",
        "relayconf_b_tls_policy_maps": "hash:/a",
    }
    assert map_settings(wish, found, "/g/7", {}) == {}


@pytest.mark.parametrize(
    ("main", "record", "level", "bundle"),
    [
        (b"", None, "secure", True),
        (b"", None, "verify", True),
        (b"", None, "encrypt", False),
        (b"smtp_tls_CAfile = /own\n", None, "secure", False),
        (b"smtp_tls_CAfile = /old\n", b"smtp_tls_CAfile\t/old\t-\n", "secure", True),
    ],
)
def test_authorities(main: bytes, record: bytes | None, level: str, *, bundle: bool) -> None:
    """The host's bundle where a certificate is checked, unless the admin has named one."""
    found = live.read(facts({MAIN_CF: MAIN + main, RECORD: record}))
    wish = wish_of(render(host(relay("a", tls=level)), BUILT_IN, secret))

    assert ca_settings(wish, found) == ({"smtp_tls_CAfile": "/etc/ssl/certs/ca-certificates.crt"} if bundle else {})


def test_the_type_of_tables() -> None:
    """A parameter of the admin's own template gets the host's type, too."""
    found = live.read(facts(values={"postfix.database_type": "lmdb", "postfix.ca_bundle": "-"}))
    wish = wish_of((DesiredFile(path=MAIN_CF, content=b"x_maps = $default_database_type:/x\n"),))

    assert own_settings(wish, found) == {"x_maps": "lmdb:/x"}
