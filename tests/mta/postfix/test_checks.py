"""Findings of a host against the inventory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.facts import Facts, Finding
from relayconf.model import At, Host, Local, Nexthop, Target
from relayconf.mta.postfix import desired, findings, render
from relayconf.mta.postfix.names import MAIN_CF
from tests.mta.postfix.hosts import BUILT_IN, MAIN, facts, host, relay, secret


def found(wanted: Host, state: Facts) -> tuple[Finding, ...]:
    """What a plan of *wanted* on *state* says."""
    return findings(wanted, state, desired(wanted, state, render(wanted, BUILT_IN, secret)))


def told(wanted: Host, state: Facts) -> list[str]:
    """The same as text: severity, code, text."""
    return [f"{one.severity} {one.code}: {one.text}" for one in found(wanted, state)]


def values(**changed: str) -> Facts:
    """A host with these facts."""
    return facts(values={f"postfix.{name}": value for name, value in changed.items()})


def test_a_healthy_host() -> None:
    """Nothing to say."""
    assert found(host(relay("a"), domains={"localhost": Local()}), facts()) == ()


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (
            facts({MAIN_CF: b"a = 1\nbroken\n"}),
            "error postfix-unreadable: main.cf, line 2: no `name = value`",
        ),
        (facts({MAIN_CF: b"a = 1\0\n"}), "error postfix-unreadable: main.cf, line 1: holds a NUL"),
        (
            facts({"postfix:live/transport": b"a\0"}),
            "error postfix-unreadable: a lookup table's source holds a NUL in line 1",
        ),
        (
            values(running="no"),
            "warning postfix-stopped: Postfix does not run: what is written takes effect when it starts",
        ),
        (values(writable="no"), "error postfix-read-only: the directory of main.cf cannot be written"),
        (
            values(database_type="-"),
            "error postfix-no-table-type: this Postfix has no type of lookup table that relayconf can write",
        ),
        (
            values(sasl="no"),
            (
                "error postfix-sasl-plugin: the relay wants a password, but this host has no SASL plugin that can send "
                "one (PLAIN or LOGIN)"
            ),
        ),
        (
            values(ca_bundle="-"),
            (
                "error postfix-no-ca: the certificate of [a.test]:587 is to be checked, but this host has no bundle of "
                "authorities"
            ),
        ),
        (
            values(myhostname="A.test"),
            (
                "error postfix-relay-self: a.test is the name of this host itself (myhostname): mail for it would go "
                "round and round"
            ),
        ),
        (
            values(queue="1 59"),
            "note postfix-queue: 1 message waits in the queue, the oldest 59 s: --flush retries them",
        ),
        (
            values(queue="412 11000"),
            "note postfix-queue: 412 messages wait in the queue, the oldest 3 h: --flush retries them",
        ),
        (
            values(queue="2 120"),
            "note postfix-queue: 2 messages wait in the queue, the oldest 2 min: --flush retries them",
        ),
        (
            values(queue="2 180000"),
            "note postfix-queue: 2 messages wait in the queue, the oldest 2 d: --flush retries them",
        ),
        (
            values(managed_by="plesk"),
            (
                "error postfix-managed: Postfix's configuration here is written by Plesk; what relayconf changes would "
                "be lost or do harm"
            ),
        ),
    ],
)
def test_one_thing(state: Facts, text: str) -> None:
    """Each is told once, in these words."""
    assert told(host(relay("a")), state) == [text]


@pytest.mark.parametrize("queue", ["0 0", "-", "x y", "5"])
def test_an_empty_queue(queue: str) -> None:
    """Nothing waits, or the host could not count: no word."""
    assert told(host(relay("a")), values(queue=queue)) == []


@pytest.mark.parametrize("parameter", ["smtp_tls_CAfile = /x", "smtp_tls_CApath = /x"])
def test_own_authorities(parameter: str) -> None:
    """What the admin has set for certificates is enough."""
    state = facts({MAIN_CF: MAIN + f"{parameter}\n".encode()}, {"postfix.ca_bundle": "-"})

    assert told(host(relay("a")), state) == []


def test_frozen_files() -> None:
    """An immutable file is named, and nothing else is said of the directory."""
    state = values(writable="no")
    frozen = {**state.files, MAIN_CF: replace(state.files[MAIN_CF], immutable=True)}

    assert told(host(relay("a")), replace(state, files=frozen)) == [
        "error postfix-frozen: may not be replaced (immutable): main.cf"
    ]


def test_domains_that_are_not_local() -> None:
    """Local in the inventory and not on the host: their mail would leave."""
    domains: dict[str, Target] = {
        "x.test": Local(),
        ".y.test": Local(),
        "o.test": At(host="mail1", nexthop=Nexthop(host="192.0.2.10")),
    }
    (finding,) = found(host(relay("a"), domains=domains), facts())

    assert finding.text == (
        "local in the inventory, but neither in mydestination nor a virtual domain of this host, so that such mail "
        "would leave: x.test, .y.test, o.test"
    )
    assert finding.ways_out == (
        "add them to mydestination in main.cf, then `postfix reload`",
        "name the subdomains one by one: mydestination has no wildcards",
        "say in the inventory where it is delivered, such as `{at: HOST}`",
    )
    assert len(found(host(relay("a"), domains={"x.test": Local()}), facts())[0].ways_out) == 2


def test_domains_that_nobody_can_tell() -> None:
    """Where tables say what is local, the inventory is believed."""
    state = facts({MAIN_CF: MAIN + b"virtual_mailbox_domains = hash:/etc/postfix/domains\n"})

    assert found(host(relay("a"), domains={"x.test": Local()}), state) == ()


@pytest.mark.parametrize(
    ("version", "texts"),
    [
        (
            "3.4.29",
            [
                (
                    "error postfix-failover-release: `relay` lists relays to fail over between, for which "
                    "Postfix 3.5 is needed: this is 3.4.29"
                )
            ],
        ),
        ("2.11.0", ["2.11.0"]),
        ("3.5.0", []),
        ("3.10-RC1", []),
        ("-", []),
    ],
)
def test_a_list_on_an_old_release(version: str, texts: list[str]) -> None:
    """Lists came with Postfix 3.5 (postconf(5), relayhost)."""
    told_of = told(host((relay("a"), relay("b"))), values(version=version))
    assert len(told_of) == len(texts)
    assert all(one.endswith(text) for one, text in zip(told_of, texts, strict=True))
    assert told(host(relay("a")), values(version=version)) == []
