"""What moved in others' records, in words; the rest is seen in tests/commands/test_spf_watch.py."""

from __future__ import annotations

import json

from relayconf.output.spf_watch import Seen, as_json, text
from relayconf.spf.watch import Moved, Snapshot

BEFORE = Snapshot(networks=("192.0.2.0/24",), terms=1, records=("v=spf1 -all",))
ELSEWHERE = Snapshot(networks=("192.0.2.9/32",), terms=1, records=("v=spf1 -all",))
AFTER = Snapshot(networks=("192.0.2.0/24", "198.51.100.0/24"), terms=3, records=("v=spf1 -all", "v=spf1 \x1b"))
SEEN = Seen(
    moved=[Moved(name="a\x1b", before=BEFORE, after=AFTER)],
    new=["b.example"],
    unknown=[],
    now={"a\x1b": AFTER, "b.example": AFTER},
    over={"c.example": 12},
)


def test_text() -> None:
    """Costs and records too; nothing moves a cursor."""
    assert (
        text(SEEN)
        == """a\\x1b   changed
  +198.51.100.0/24
  look-ups: 1 before, 3 now
  has several SPF records: whatever includes it is broken (permerror)
  before  "v=spf1 -all"
  now     "v=spf1 -all"
  now     "v=spf1 \\027"
b.example   recorded: 2 networks, 3 look-ups
c.example   takes 12 look-ups; receivers give up after 10 (permerror)
Includes: 1 changed, 1 new, 0 unknown, 0 unchanged"""
    )


def test_addresses_alone() -> None:
    """Change below a record that stays."""
    seen = Seen(moved=[Moved(name="a", before=BEFORE, after=ELSEWHERE)], new=[], unknown=[], now={}, over={})

    assert text(seen).splitlines()[:3] == ["a   changed", "  -192.0.2.0/24", "  +192.0.2.9/32"]


def test_json() -> None:
    """Everything, in ASCII."""
    shown = json.loads(as_json(SEEN))

    assert (shown["format"], shown["kind"], shown["over"]) == (1, "spf-watch", {"c.example": 12})
    assert shown["changed"][0]["added"] == ["198.51.100.0/24"]
    assert shown["includes"]["b.example"]["terms"] == 3
