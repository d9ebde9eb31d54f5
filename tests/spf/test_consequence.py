"""Which records are looked at."""

from __future__ import annotations

from pathlib import Path

from relayconf.inventory import load
from relayconf.spf.consequence import MOST_DOMAINS, consequences
from relayconf.spf.lookup import Lookup
from tests.support.spf_zone import Zone

ZONE = Zone(names={"a.example": {"TXT": ["v=spf1 -all"]}})


def test_only_the_hosts_whose_routes_change(tmp_path: Path) -> None:
    """But what a domain needs is asked of the whole inventory."""
    path = tmp_path / "inventory.yaml"
    path.write_text(
        """version: 1
relay: direct
mta: postfix
hosts:
  one: {address: 192.0.2.1, domains: {a.example: local}}
  two: {address: 192.0.2.2, domains: {a.example: local, b.example: local}}
""",
        encoding="utf-8",
    )
    wish = load(path)
    asked: list[str] = []

    def at(domain: str) -> Lookup:
        asked.append(domain)
        return ZONE

    found = consequences(wish, [wish.hosts["one"]], at)

    assert asked == ["a.example"]
    assert [plan.record for plan in found.plans] == ["v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all"]
    assert (found.more, found.reason) == (0, "")


def test_no_more_than_some(tmp_path: Path) -> None:
    """Of the others their number is said."""
    path = tmp_path / "inventory.yaml"
    domains = ", ".join(f"d{n}.example: local" for n in range(MOST_DOMAINS + 3))
    path.write_text(
        f"version: 1\nhosts: {{e: {{address: 192.0.2.1, mta: postfix, relay: direct, domains: {{{domains}}}}}}}\n",
        encoding="utf-8",
    )
    wish = load(path)
    found = consequences(wish, list(wish.hosts.values()), lambda _: ZONE)

    assert (len(found.plans), found.more) == (MOST_DOMAINS, 3)
    assert found.plans[3].domain == "d3.example"
