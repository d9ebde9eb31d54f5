"""Who sends for a domain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.inventory import load
from relayconf.model import SenderRoute, Smarthost
from relayconf.spf.needs import domains, needs_of
from tests.support.spf_zone import Zone

INVENTORY = """version: 1
relays:
  isp: {host: r.example, spf: ["include:isp.example", 192.0.2.0/28]}
  own: {host: o.example, spf: []}
  mute: {host: m.example}
  other: {host: x.example, spf: ["include:x.example"], senders: ["@else.example", "@shop.example"]}
hosts:
  edge: {address: edge.example, mta: postfix, relay: isp, routes: {p.example: direct, q.example: {relay: own}}}
  store: {address: 10.0.0.1, mta: postfix, relay: {via: edge}, domains: {k.example: local, .k.example: local}}
  inner: {address: 10.0.0.2, mta: postfix, relay: direct, domains: {k.example: local, d.example: mx}}
  far: {address: 10.0.0.3, mta: postfix, relay: [mute, other], domains: {k.example: local}, egress: [2001:db8::5]}
  moved: {address: 10.0.0.5, mta: postfix, relay: direct, egress: [203.0.113.9], domains: {k.example: local}}
  shop: {address: 10.0.0.6, mta: postfix, relay: own}
  lone: {address: 10.0.0.4, mta: postfix, relay: {host: z.example}, rewrite: {root@a.example: me@k.example}}
"""


def test_needs(tmp_path: Path) -> None:
    """The union of relays and direct hosts, on through hosts of ours; what is not known is said."""
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    inventory = load(path)
    lookup = Zone(names={"edge.example": {"A": ["198.51.100.7"]}})

    found = needs_of(inventory, "k.example", lookup)

    assert domains(inventory) == ("k.example",)
    assert sorted(need.term for need in found.needs) == [
        "include:isp.example",
        "ip4:192.0.2.0/28",
        "ip4:198.51.100.7",
        "ip4:203.0.113.9",
    ]
    assert {finding.code for finding in found.findings} == {"no-egress", "relay-without-spf", "unknown-relay"}


def test_senders_with_a_relay_of_their_own(tmp_path: Path) -> None:
    """Need that of it, besides that of the host's default."""
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    read = load(path)
    routes = {
        sender: SenderRoute(target=Smarthost(relay=read.relays[relay], endpoint=read.relays[relay].endpoints[0]))
        for sender, relay in (("@shop.example", "other"), ("<>", "isp"))
    }
    wish = replace(read, hosts={"shop": replace(read.hosts["shop"], senders=routes)})

    assert domains(wish) == ("shop.example",)
    assert [need.term for need in needs_of(wish, "shop.example", Zone(names={})).needs] == ["include:x.example"]


HOSTS = """version: 1
relays: {isp: {host: r.example, spf: ["include:isp.example"]}}
mta: postfix
hosts:
  one: {address: one.k.example, relay: direct}
  two: {address: two.k.example, relay: isp, routes: {p.example: direct}, egress: [203.0.113.9]}
  three: {address: three.k.example, relay: isp}
  four: {address: four.k.example, relay: direct, domains: {four.k.example: local}}
  five: {address: 10.0.0.5, relay: direct}
"""
ADDRESSES = Zone(
    names={
        "one.k.example": {"A": ["198.51.100.7"], "AAAA": ["2001:db8::7"]},
        "two.k.example": {"A": ["198.51.100.8"]},
        "three.k.example": {"A": ["198.51.100.9"]},
        "four.k.example": {"A": ["198.51.100.10"]},
    }
)


@pytest.mark.parametrize(
    ("name", "terms", "is_host"),
    [
        ("one.k.example", ["a", "ip4:198.51.100.7", "ip6:2001:db8::7"], True),
        ("two.k.example", ["ip4:203.0.113.9", "include:isp.example"], True),
        ("four.k.example", ["a", "ip4:198.51.100.10"], False),
    ],
    ids=["direct", "other-address", "a-domain-too"],
)
def test_what_a_host_says_in_helo(tmp_path: Path, name: str, terms: list[str], is_host: bool) -> None:  # noqa: FBT001
    """`a` where it covers where the bounces come from; the host's own mail may leave by a relay."""
    path = tmp_path / "inventory.yaml"
    path.write_text(HOSTS, encoding="utf-8")
    found = needs_of(load(path), name, ADDRESSES)

    assert ([need.term for need in found.needs], found.is_host) == (terms, is_host)


def test_a_name_without_address(tmp_path: Path) -> None:
    """Is none that a receiver could ask for: nothing is needed for it but what the host sends."""
    path = tmp_path / "inventory.yaml"
    path.write_text(HOSTS, encoding="utf-8")

    assert [finding.code for finding in needs_of(load(path), "one.k.example", Zone(names={})).findings] == ["no-egress"]


BY_SENDER = """version: 1
relays:
  isp: {host: r.example, spf: ["include:isp.example"]}
  ses: {host: s.example, spf: ["include:ses.example"]}
  one: {host: o.example, spf: ["include:one.example"]}
mta: postfix
relay: isp
domains: {k.example: local}
senders: {"@shop.example": {relay: ses}, anna@k.example: {relay: one}, <>: {relay: ses}}
hosts: {edge: {address: 192.0.2.1}}
"""


def test_senders(tmp_path: Path) -> None:
    """The relay of a domain of senders in place of the default one, that of one address beside it."""
    path = tmp_path / "inventory.yaml"
    path.write_text(BY_SENDER, encoding="utf-8")
    inventory = load(path)

    def terms(domain: str) -> list[str]:
        return sorted(need.term for need in needs_of(inventory, domain, Zone(names={})).needs)

    assert domains(inventory) == ("k.example", "shop.example")
    assert terms("shop.example") == ["include:ses.example"]
    assert terms("k.example") == ["include:isp.example", "include:one.example"]
