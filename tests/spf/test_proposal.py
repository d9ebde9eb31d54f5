"""Inventory and DNS together."""

from __future__ import annotations

from pathlib import Path

from relayconf.inventory import load
from relayconf.spf.lookup import Answer
from relayconf.spf.proposal import canonical, planned_domains, propose
from tests.support.spf_zone import Zone

INVENTORY = """version: 1
relays: {isp: {host: mail.example, spf: [ip4:192.0.2.0/28]}, mute: {host: mute.example}}
relay: [isp, mute]
hosts: {edge: {address: 192.0.2.99, mta: postfix}}
"""


def test_proposal(tmp_path: Path) -> None:
    """What is not known of the inventory stands before what is wrong with the record; nothing is asked twice."""
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    asked: list[tuple[str, str]] = []
    zone = Zone(names={"a.example": {"TXT": ["v=spf1 ptr -all"]}})

    def lookup(name: str, kind: str) -> Answer:
        asked.append((name, kind))
        return zone(name, kind)

    found = propose(load(path), "a.example", lookup)

    assert [finding.code for finding in found.findings] == ["relay-without-spf", "ptr"]
    assert found.record == "v=spf1 ptr ip4:192.0.2.0/28 -all"
    assert len(asked) == len(set(asked))


HOSTS = """version: 1
mta: postfix
relay: direct
hosts:
  one: {address: one.k.example, domains: {k.example: local}}
  two: {address: two.k.example}
  three: {address: 192.0.2.3}
"""


def test_a_host_gets_a_record_of_its_own(tmp_path: Path) -> None:
    """For its bounces: a strict one from the first, as nobody else says that name. Not where there is no address."""
    path = tmp_path / "inventory.yaml"
    path.write_text(HOSTS, encoding="utf-8")
    wish = load(path)
    zone = Zone(names={"one.k.example": {"A": ["192.0.2.1"]}, "two.k.example": {}})
    found = propose(wish, "one.k.example", zone)

    assert planned_domains(wish, zone) == ("k.example", "one.k.example")
    assert (found.record, found.findings) == ("v=spf1 a -all", ())


def test_names_are_compared_in_one_form() -> None:
    """In lower case, without the last dot."""
    assert canonical("A.Example.") == "a.example"
