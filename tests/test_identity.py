"""What an inventory says, as digests: equal when it says the same, and different by whatever a host is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import pytest

from relayconf.connection import Ssh
from relayconf.identity import Identity
from relayconf.inventory import load
from relayconf.manage import Manage
from relayconf.model import (
    At,
    Credentials,
    Direct,
    Host,
    MtaName,
    Mx,
    Nexthop,
    Origin,
    Reject,
    Relay,
    SecretRef,
    SenderRoute,
)
from tests.support.hosts import ISP, TO_ISP, qmail_host

KEY = bytes(range(32))
BEGIN = "version: 1\nmta: qmail\nrelays:\n  isp: {host: isp.test, port: 25, tls: none}\n"
TEXT = f"{BEGIN}relay: isp\nhosts:\n  a: {{}}\n  b: {{groups: [g]}}\ngroups: {{g: {{}}}}\ndomains: {{x.test: mx}}\n"

OTHERWISE: Mapping[str, Callable[[Host], Host]] = {
    "name": lambda host: replace(host, name="other"),
    "address": lambda host: replace(host, address="192.0.2.1"),
    "mta": lambda host: replace(host, mta=MtaName.POSTFIX),
    "connection": lambda host: replace(host, connection="local"),
    "ssh": lambda host: replace(host, ssh=Ssh(port=2222)),
    "groups": lambda host: replace(host, groups=("g",)),
    "default": lambda host: replace(host, default=(TO_ISP, Direct())),
    "domains": lambda host: replace(
        host, domains={"kamata-net.com": At(host="store", nexthop=Nexthop(host="192.168.0.101"))}
    ),
    "routes": lambda host: replace(host, routes={"x.test": Reject(text="no")}),
    "senders": lambda host: replace(host, senders={"x.test": SenderRoute(target=Direct())}),
    "rewrite": lambda host: replace(host, rewrite={"a@x.test": "b@x.test"}),
    "settings": lambda host: replace(host, settings={"smtp_helo_name": "x"}),
    "manage": lambda host: replace(host, manage=Manage(locals=True)),
    "egress": lambda host: replace(host, egress=("192.0.2.1",)),
    "qmail_home": lambda host: replace(host, qmail_home="/q"),
    "flavour": lambda host: replace(host, flavour="sagredo"),
    "config_directory": lambda host: replace(host, config_directory="/p"),
    "state_directory": lambda host: replace(host, state_directory="/s"),
}


def of(folder: Path, text: str, **files: str) -> str:
    """The identity of an inventory with this text."""
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    (folder / "inventory.yaml").write_text(text)
    return Identity(KEY).of(load(folder / "inventory.yaml"))


def test_it_is_the_same_for_the_same(tmp_path: Path) -> None:
    """Comments, places, the order of hosts and which file says it do not count."""
    split = TEXT.replace("relay: isp\n", "include: [more.yaml]\n")
    turned = TEXT.replace("  a: {}\n  b: {groups: [g]}\n", "  b: {groups: [g]}\n  # a comment\n  a: {}\n")

    assert {of(tmp_path, text, more="version: 1\nrelay: isp\n") for text in (TEXT, split, turned)} == {
        of(tmp_path, TEXT)
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("isp.test", "isp2.test"),
        ("port: 25", "port: 26"),
        ("x.test: mx", "x.test: local"),
        ("x.test: mx", "x.test: mx, y.test: mx"),
        ("  a: {}\n", "  a: {}\n  c: {}\n"),
        ("groups: {g: {}}", "groups: {g: {}, h: {}}"),
        ("relays:\n", "relays:\n  unused: {host: u.test, port: 25, tls: none}\n"),
    ],
)
def test_it_is_another_for_anything_that_is_said_otherwise(tmp_path: Path, old: str, new: str) -> None:
    """Of any host, whether it is planned or not."""
    assert of(tmp_path, TEXT.replace(old, new)) != of(tmp_path, TEXT)


def test_what_is_included_counts(tmp_path: Path) -> None:
    """The whole inventory is meant, not its first file."""
    text = TEXT.replace("relay: isp\n", "include: [more.yaml]\n")
    before = of(tmp_path, text, more="version: 1\nrelay: isp\n")

    assert of(tmp_path, text, more="version: 1\nrelay: direct\n") != before


def test_another_key_has_other_digests(tmp_path: Path) -> None:
    """They say nothing to who does not have it."""
    of(tmp_path, TEXT)
    inventory = load(tmp_path / "inventory.yaml")

    assert Identity(bytes(32)).of(inventory) != Identity(KEY).of(inventory)


def test_every_setting_of_a_host_counts() -> None:
    """But for the place where it is said: a setting that is new in the model has to be added here."""
    assert {*OTHERWISE, "origin"} == {field.name for field in fields(Host)}


@pytest.mark.parametrize("name", [name for name in OTHERWISE if name != "name"])
def test_a_setting_that_is_another_is_named(name: str) -> None:
    """And no other one is."""
    host = qmail_host()
    before = Identity(KEY).settings(host)
    after = Identity(KEY).settings(OTHERWISE[name](host))

    assert [key for key in before if before[key] != after[key]] == [name]
    assert {len(digest) for digest in before.values()} == {16}


def test_the_place_does_not_count() -> None:
    """A line more above the host changes nothing."""
    host = qmail_host()
    moved = replace(host, origin=Origin(file="other.yaml", line=9, column=9))

    assert Identity(KEY).settings(moved) == Identity(KEY).settings(host)


def test_order_within_a_table_counts() -> None:
    """A rendered file may be in that order."""
    there, back = {"a.test": Direct(), "b.test": Direct()}, {"b.test": Direct(), "a.test": Direct()}

    assert Identity(KEY).settings(qmail_host(routes=there)) != Identity(KEY).settings(qmail_host(routes=back))


def test_where_a_secret_is_counts() -> None:
    """The reference, that is; the secret itself is not asked for."""

    def settings(variable: str) -> Mapping[str, str]:
        credentials = Credentials(username="u", password=SecretRef(kind="env", value=variable))
        relay = Relay(name="isp", host="isp.test", endpoints=ISP.endpoints, credentials=credentials)
        return Identity(KEY).settings(qmail_host(default=(replace(TO_ISP, relay=relay),)))

    assert settings("A")["default"] != settings("B")["default"]
    assert settings("A") == settings("A")


def test_equal_parts_of_unlike_kinds_are_told_apart() -> None:
    """As `direct` and `mx` are, which have no parts at all."""
    direct, mx = (Identity(KEY).settings(qmail_host(routes={"a.test": target})) for target in (Direct(), Mx()))

    assert direct["routes"] != mx["routes"]


def test_a_shared_table_is_gone_through_once() -> None:
    """A thousand hosts with a table of twenty thousand domains take no thousand times as long as one."""
    table = {f"d{number}.test": Direct() for number in range(20_000)}
    identity = Identity(KEY)
    begun = time.perf_counter()
    identity.settings(qmail_host("first", domains=table))
    one = time.perf_counter() - begun
    for number in range(1000):
        identity.settings(qmail_host(f"h{number}", domains=table))

    assert time.perf_counter() - begun < 200 * one
