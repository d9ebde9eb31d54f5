"""How far SPF records have come, in words."""

from __future__ import annotations

import json

from relayconf.output import spf_check
from relayconf.spf.lookup import Answer, Outcome
from relayconf.spf.planner import SpfPlan
from relayconf.spf.propagation import Asked, Propagation

PLAN = SpfPlan(domain="a.example", live=("v=spf1 -all",), record="v=spf1 mx -all")
OLD = Answer(outcome=Outcome.FOUND, values=("v=spf1 -all", "x"), ttl=30)
ASKED = (
    Asked(server="ns\x1b (192.0.2.1)", answer=OLD),
    Asked(server="ns2 (192.0.2.2)", answer=Answer(outcome=Outcome.NODATA, ttl=5)),
    Asked(server="192.0.2.3", answer=Answer(outcome=Outcome.NXDOMAIN, ttl=9), is_resolver=True),
)
FOUND = Propagation(domain="a.example", plan=PLAN, asked=ASKED)


def test_text() -> None:
    """Where no server has it, the next step is said; nothing moves a cursor."""
    assert (
        spf_check.text([FOUND, Propagation(domain="b.example", plan=SpfPlan(domain="b.example"), asked=ASKED[1:])])
        == """a.example
  planned  "v=spf1 mx -all"
  ns\\x1b (192.0.2.1)   old: "v=spf1 -all"
  ns2 (192.0.2.2)      old: no SPF record
  resolver 192.0.2.3   old, for 9 s yet: no SPF record
  publish it: `relayconf spf apply`, or as `relayconf spf plan` prints it

b.example
  planned  no SPF record
  ns2 (192.0.2.2)      planned
  resolver 192.0.2.3   planned"""
    )


def test_json() -> None:
    """Everything, in ASCII."""
    shown = json.loads(spf_check.as_json([FOUND]))["domains"][0]

    assert (shown["record"], shown["wait"], shown["findings"]) == ("v=spf1 mx -all", 30, [])
    assert shown["servers"][0] == {
        "server": "ns\x1b (192.0.2.1)",
        "resolver": False,
        "state": "old",
        "outcome": "found",
        "records": ["v=spf1 -all"],
        "ttl": 30,
    }
