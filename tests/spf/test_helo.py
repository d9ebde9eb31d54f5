"""Whose bounces are judged by which name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.inventory import load
from relayconf.model import Direct, Inventory, Mx, SenderRoute, Smarthost, Target
from relayconf.spf.helo import Targets, helo_name, helo_names, nameless, sends_bounces

INVENTORY = """version: 1
relays: {isp: {host: r.example}}
mta: postfix
hosts:
  direct: {address: Direct.Example, relay: direct}
  named.example: {address: 192.0.2.1, relay: direct}
  plain: {address: 192.0.2.2, relay: direct}
  short: {address: short, relay: direct}
  relayed: {address: relayed.example, relay: isp}
  inside: {address: inside.example, relay: {via: direct}}
  bounced: {address: bounced.example, relay: direct}
  unbounced: {address: unbounced.example, relay: direct}
  routed: {address: routed.example, relay: isp, routes: {p.example: direct}}
  backup: {address: backup.example, relay: isp, domains: {d.example: mx}}
"""


SENDERS = {"bounced": "<>", "unbounced": "@k.example", "routed": "<>"}


def wish(path: Path) -> Inventory:
    """The inventory, some of whose hosts have a relay for some senders."""
    read = load(path)
    isp = read.relays["isp"]
    way = SenderRoute(target=Smarthost(relay=isp, endpoint=isp.endpoints[0]))
    hosts = {
        name: replace(host, senders={SENDERS[name]: way} if name in SENDERS else {})
        for name, host in read.hosts.items()
    }
    return replace(read, hosts=hosts)


@pytest.mark.parametrize(
    ("host", "name", "sends"),
    [
        ("direct", "direct.example", True),
        ("named.example", "named.example", True),
        ("plain", None, True),
        ("short", None, True),
        ("relayed", "relayed.example", False),
        ("inside", "inside.example", False),
        ("bounced", "bounced.example", False),
        ("unbounced", "unbounced.example", True),
        ("routed", "routed.example", True),
        ("backup", "backup.example", True),
    ],
)
def test_a_host(tmp_path: Path, host: str, name: str | None, sends: bool) -> None:  # noqa: FBT001  parametrised
    """Its name is its address or its name where that is a domain name; routes go before senders."""
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    found = wish(path).hosts[host]

    assert (helo_name(found), sends_bounces(found, Targets())) == (name, sends)


def test_a_table_is_looked_at_once() -> None:
    """However many hosts share it; equal tables of others are others."""
    table: dict[str, Target] = {"a": Direct(), "b": (mx := Mx()), "c": mx}
    known = Targets()

    assert known.of(table) == (table["a"], mx)
    assert known.of(table) is known.of(table)
    assert known.of({"a": mx}) == (mx,)


def test_all_hosts(tmp_path: Path) -> None:
    """The names that matter, each once, and the hosts that have none."""
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    hosts = [*wish(path).hosts.values()] * 2

    assert helo_names(hosts) == (
        *("direct.example", "named.example", "unbounced.example", "routed.example", "backup.example"),
    )
    assert nameless(hosts[:10]) == ("plain", "short")
