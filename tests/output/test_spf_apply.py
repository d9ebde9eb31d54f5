"""Exchanges in words."""

from __future__ import annotations

import json

from relayconf.dnsupdate import TxtSet
from relayconf.errors import DnsError
from relayconf.facts import Finding, Severity
from relayconf.output import spf_apply
from relayconf.publish import Exchange
from relayconf.spf.planner import SpfPlan

OLD, NEW = (b"v=spf1 -all",), (b"v=spf1 ip4:192.0.2.1 -all",)
BEFORE = TxtSet(name="a.example", zone="a.example.", records=frozenset({OLD, (b"x=\x1b",)}))
AFTER = BEFORE.with_spf(NEW[0].decode())
PLAN = SpfPlan(domain="a.example", live=("v=spf1 -all",), record=NEW[0].decode())
REFUSED = Finding(code="x", severity=Severity.ERROR, text="bad", ways_out=("mend it",))
DONE = Exchange(domain="a.example", plan=PLAN, before=BEFORE, after=AFTER, is_published=True)
CASES = [
    DONE,
    Exchange(domain="b.example", plan=SpfPlan(domain="b.example"), before=BEFORE),
    Exchange(domain="c.example", plan=SpfPlan(domain="c.example", findings=(REFUSED,)), before=BEFORE),
    Exchange(domain="d.example", error=DnsError("no\x1b", hint="try")),
    Exchange(
        domain="e.example",
        plan=PLAN,
        before=TxtSet(name="e.example", zone="."),
        after=TxtSet(name="e.example", zone=".", records=frozenset({NEW})),
        error=DnsError("no"),
    ),
]


def test_text() -> None:
    """What goes, what comes, how much stays, and how it ended; nothing moves a cursor."""
    assert (
        spf_apply.text(CASES)
        == """a.example
  -"v=spf1 -all"
  +"v=spf1 ip4:192.0.2.1 -all"
  1 other TXT record stays
  published

b.example
  no change

c.example
  error: bad
    way out: mend it

d.example
  error: no\\x1b
    hint: try

e.example
  +"v=spf1 ip4:192.0.2.1 -all"
  error: no"""
    )


def test_several_others() -> None:
    """Are counted."""
    before = TxtSet(name="a.example", zone=".", records=frozenset({OLD, (b"x",), (b"y",)}))

    assert "  2 other TXT records stay" in spf_apply.text(
        [Exchange(domain="a.example", plan=PLAN, before=before, after=before.with_spf("v=spf1 ~all"))]
    )


def test_json() -> None:
    """Everything, in ASCII."""
    shown = json.loads(spf_apply.as_json(CASES))

    assert (shown["format"], shown["kind"]) == (1, "spf-apply")
    assert shown["domains"][0]["after"] == ["v=spf1 ip4:192.0.2.1 -all", "x=\x1b"]
    assert shown["domains"][0]["plan"]["record"] == "v=spf1 ip4:192.0.2.1 -all"
    assert shown["domains"][3] == {
        "domain": "d.example",
        "plan": None,
        "before": None,
        "after": None,
        "published": False,
        "error": {"message": "no\x1b", "hint": "try"},
    }
