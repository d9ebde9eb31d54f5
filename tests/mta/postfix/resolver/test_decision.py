"""Where mail goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from relayconf.errors import MainCfError
from relayconf.mta.postfix.resolver.decision import Resolver
from relayconf.mta.postfix.resolver.settings import settings
from tests.mta.postfix.resolver.memory import Memory, resolved, settings_of

VECTORS = json.loads((Path(__file__).parents[3] / "data" / "postfix-routing-vectors.json").read_text())
RELAYHOST = "relayhost = [relay.test]:587\n"


@pytest.mark.parametrize("config", VECTORS["configs"], ids=lambda config: config["id"])
def test_vectors(config: dict[str, Any]) -> None:
    """What Postfix 3.7.11 and 3.11.6 answered."""
    parameters = {**VECTORS["base_main_cf"], **config["main_cf"]}
    main = "".join(f"{name} = {value}\n" for name, value in parameters.items()).replace("CONFDIR", "/conf")
    files = Memory(contents={f"/conf/{name}": text.encode() for name, text in config["files"].items()})
    resolver = Resolver(settings(main.encode(), None, files, directory="/conf", machine="m"))

    for query in config["queries"]:
        found = resolver.resolve(query["sender"], query["recipient"])
        assert (found.transport, found.nexthop) == (query["transport"], query["nexthop"])
        assert (found.address, found.address_class) == (query["resolved_recipient"], query["class"])
        assert list(found.flags) == query["flags"]
        assert not found.unknown


def test_there_are_vectors() -> None:
    """As many as the file says."""
    assert sum(len(config["queries"]) for config in VECTORS["configs"]) == VECTORS["vectors_total"]


@pytest.mark.parametrize(
    ("main", "transport", "nexthop", "why"),
    [
        ("", "smtp", "foo.test", ("default_transport -> smtp",)),
        (RELAYHOST, "smtp", "[relay.test]:587", ("relayhost -> [relay.test]:587", "default_transport -> smtp")),
        (
            f"{RELAYHOST}default_transport = slow:[x]\n",
            "slow",
            "[x]",
            ("relayhost -> [relay.test]:587", "default_transport -> slow:[x]; beats relayhost"),
        ),
        (
            f"{RELAYHOST}sender_dependent_relayhost_maps = inline:{{@b.test=[s]}}\n",
            "smtp",
            "[s]",
            ("`@b.test` in sender_dependent_relayhost_maps -> [s]; beats relayhost", "default_transport -> smtp"),
        ),
        (
            "sender_dependent_relayhost_maps = inline:{@b.test=[s]}\ndefault_transport = smtp:[d]\n",
            "smtp",
            "[d]",
            (
                "`@b.test` in sender_dependent_relayhost_maps -> [s]",
                "default_transport -> smtp:[d]; beats sender_dependent_relayhost_maps",
            ),
        ),
        (
            f"{RELAYHOST}sender_dependent_relayhost_maps = inline:{{@b.test=dunno}}\n",
            "smtp",
            "[relay.test]:587",
            (
                "`@b.test` in sender_dependent_relayhost_maps -> dunno",
                "relayhost -> [relay.test]:587",
                "default_transport -> smtp",
            ),
        ),
        (
            "sender_dependent_default_transport_maps = inline:{@b.test=slow:}\n",
            "slow",
            "foo.test",
            ("`@b.test` in sender_dependent_default_transport_maps -> slow:",),
        ),
        (
            "sender_dependent_default_transport_maps = inline:{@b.test=DUNNO}\n",
            "smtp",
            "foo.test",
            ("`@b.test` in sender_dependent_default_transport_maps -> DUNNO", "default_transport -> smtp"),
        ),
        (
            f"{RELAYHOST}transport_maps = inline:{{foo.test=:}}\n",
            "smtp",
            "[relay.test]:587",
            (
                "relayhost -> [relay.test]:587",
                "default_transport -> smtp",
                "`foo.test` in transport_maps -> :: as without it",
            ),
        ),
        (
            f"{RELAYHOST}transport_maps = inline:{{foo.test=:[n]}}\n",
            "smtp",
            "[n]",
            (
                "relayhost -> [relay.test]:587",
                "default_transport -> smtp",
                "`foo.test` in transport_maps -> :[n]; beats relayhost",
            ),
        ),
        (
            "relocated_maps = inline:{u@foo.test=v@x.test}\n",
            "error",
            "5.1.6 User has moved to v@x.test",
            ("default_transport -> smtp", "`u@foo.test` in relocated_maps -> v@x.test"),
        ),
    ],
)
def test_what_decides(main: str, transport: str, nexthop: str, why: tuple[str, ...]) -> None:
    """And in which order."""
    found = resolved(main, "u@foo.test")

    assert (found.transport, found.nexthop) == (transport, nexthop)
    assert found.why == ("foo.test is in no list of domains", *why)


def test_relocated_without_prefix() -> None:
    """Postfix 3.9 can leave the words to the table."""
    for value, nexthop in (
        ("5.7.1 gone away", "5.7.1 gone away"),
        ("gone", "5.2.0 Mailbox is unavailable"),
        ("5.7.1", "5.2.0 Mailbox is unavailable"),
    ):
        main = f"relocated_prefix_enable = no\nrelocated_maps = inline:{{ {{u@foo.test={value}}} }}\n"
        assert resolved(main, "u@foo.test").nexthop == nexthop


def test_unknown_user_without_table_name() -> None:
    """The text of virtual alias domains."""
    main = "virtual_alias_domains = foo.test\nshow_user_unknown_table_name = no\ntransport_maps = static:smtp:[x]\n"

    found = resolved(main, "u@foo.test")

    assert (found.address_class, found.transport, found.nexthop) == ("alias", "error", "5.1.1 User unknown")
    assert found.why == ("`foo.test` in virtual_alias_domains",)


def test_null_sender() -> None:
    """Has keys of its own."""
    main = (
        "sender_dependent_relayhost_maps = inline:{<>=[b]}\n"
        "sender_dependent_default_transport_maps = inline:{n=slow}\n"
        "empty_address_default_transport_maps_lookup_key = n\n"
    )

    found = resolved(main, "u@foo.test", "")

    assert (found.transport, found.nexthop) == ("slow", "[b]")


def test_the_host_s_own_name() -> None:
    """Where mydestination is empty."""
    found = resolved("mydestination =\n", "")

    assert (found.address, found.address_class) == ("MAILER-DAEMON@host.example.org", "default")
    assert resolved("mydestination = x\nmyhostname = x\n", "root").why[0] == "`x` in mydestination"


def test_numeric_domain_of_the_host() -> None:
    """It becomes a literal."""
    found = resolved("resolve_numeric_domain = yes\n", "u@127.0.0.1")

    assert (found.address, found.address_class) == ("u@[127.0.0.1]", "local")


def test_bad_addresses() -> None:
    """Are refused, whatever the transport."""
    found = resolved("", "u@x..test")
    assert (found.transport, found.nexthop, found.flags) == ("error", "5.1.3 bad address syntax", ("error",))
    assert found.why == ("`x..test` is no domain",)

    found = resolved("", "-u@foo.test")
    assert (found.transport, found.flags) == ("smtp", ("error",))
    assert found.why[-1] == "but it starts with `-`: 5.1.3 bad address syntax"
    assert resolved("allow_min_user = yes\n", "-u@foo.test").flags == ()


@pytest.mark.parametrize(
    ("main", "why"),
    [
        ("transport_maps = hash:/gone\n", "transport_maps: hash:/gone is not there"),
        ("default_transport = :[x]\n", "default_transport -> :[x] has no transport"),
        ("mydestination = /gone\n", "mydestination: /gone is not there"),
        ("relay_domains = fail:x\n", "relay_domains: fail:x"),
    ],
)
def test_failures(main: str, why: str) -> None:
    """The mail waits."""
    found = resolved(main, "u@foo.test")

    assert (found.transport, found.nexthop) == ("retry", "4.3.0 address resolver failure")
    assert found.flags == ("fail",)
    assert found.why[-1] == f"a lookup fails, and the mail waits: {why}"


def test_unknown() -> None:
    """What is known before stays known."""
    found = resolved("transport_maps = inline:{x.test=slow:}, mysql:m\n", "u@foo.test")
    assert (found.address_class, found.transport, found.nexthop) == ("default", "", "")
    assert found.unknown == "transport_maps: mysql:m has to be asked (u@foo.test)"

    found = resolved("mydestination = mysql:m\n", "u@foo.test")
    assert (found.address, found.address_class) == ("u@foo.test", None)
    assert found.unknown == "mydestination: mysql:m has to be asked (foo.test)"


def test_odd_files_are_told_once() -> None:
    """Though many parameters may name them."""
    found = resolved("transport_maps = hash:/t\nrelocated_maps = hash:/t\n", "u@foo.test", t="a b\n")

    assert found.why[-1] == "/t.db is not there: until postmap has made it, all mail waits"
    assert len(found.why) == 3


def test_master_cf_of_the_rewrite_service() -> None:
    """Its options stand over main.cf."""
    master = "rewrite unix - - - - - trivial-rewrite -o relayhost=[m]\n"

    assert Resolver(settings_of(RELAYHOST, master=master)).resolve("", "u@foo.test").nexthop == "[m]"
    assert Resolver(settings_of(RELAYHOST, master="")).resolve("", "u@foo.test").nexthop == "[relay.test]:587"


def test_what_kills_postfix() -> None:
    """Is an error."""
    with pytest.raises(MainCfError, match="swap_bangpath is neither yes nor no"):
        resolved("swap_bangpath = maybe\n", "u@foo.test")
