"""SPF plans in words."""

from __future__ import annotations

from relayconf.facts import Finding, Severity
from relayconf.output import spf
from relayconf.spf.planner import SpfPlan

REFUSED = Finding(code="x", severity=Severity.ERROR, text="bad\x1b[31m", ways_out=("mend it",))
PLANS = [
    SpfPlan(domain="a.example", live=("v=spf1 -all",), record="v=spf1 -all"),
    SpfPlan(domain="b.example", findings=(REFUSED,)),
]


def test_text() -> None:
    """Nothing to do, nothing to propose, and what the DNS said cannot move a cursor."""
    assert spf.text(PLANS[:2]) == "\n".join(
        [
            *("a.example", '  now      "v=spf1 -all"', "  no change  (0 of 10 look-ups)", ""),
            *("b.example", "  now      no SPF record", "  error: bad\\x1b[31m", "    way out: mend it"),
        ]
    )
