"""Lines on SPF records beside the routes."""

from __future__ import annotations

from relayconf.facts import Finding, Severity
from relayconf.output.spf_consequences import consequences, consequences_value
from relayconf.spf.consequence import Consequences
from relayconf.spf.evaluator import Verdict
from relayconf.spf.planner import Sending, SpfPlan

NETWORKS = ("192.0.2.1/32", "2001:db8::1/128", "198.51.100.0/24", "203.0.113.0/24")


def sending(before: Verdict) -> Sending:
    """An address that passes afterwards."""
    return Sending(address="192.0.2.1", why="x", before=before, after=Verdict.PASS)


def finding(code: str, severity: Severity, *ways_out: str) -> Finding:
    """A finding of that code."""
    return Finding(code=code, severity=severity, text=f"{code}\x1b", ways_out=ways_out)


PLANS = (
    SpfPlan(
        domain="a\x1b",
        live=("v=spf1 -all",),
        record="v=spf1 mx -all",
        covers=NETWORKS,
        sending=tuple(map(sending, (Verdict.FAIL, Verdict.PASS, Verdict.FAIL, Verdict.SOFTFAIL))),
        terms=3,
    ),
    SpfPlan(domain="b.example", live=("v=spf1 a", "v=spf1 mx"), record="v=spf1 a mx", terms=2),
    SpfPlan(domain="c.example", record="v=spf1 x", covers=NETWORKS[:1], terms=1),
    SpfPlan(domain="d.example", live=("v=spf1",), record="v=spf1", findings=(finding("ptr", Severity.WARNING),)),
    SpfPlan(
        domain="e.example",
        findings=(finding("no-egress", Severity.WARNING, "say it"), finding("no-answer", Severity.ERROR)),
    ),
)


def test_lines() -> None:
    """What changes and what is not known; a record that stays needs no word, nor what is wrong with it besides."""
    assert consequences(Consequences(plans=PLANS, more=7, reason="no\x1b resolver")) == [
        (
            "SPF       a\\x1b: mail will leave from 192.0.2.1, 2001:db8::1, 198.51.100.0/24 and 1 more, "
            "which fails or softfails today"
        ),
        '          publish "v=spf1 mx -all"  (3 of 10 look-ups)',
        "          b.example: the SPF record is to be another one",
        '          publish "v=spf1 a mx"  (2 of 10 look-ups)',
        "          c.example: mail will leave from 192.0.2.1, which passes today",
        '          publish "v=spf1 x"  (1 of 10 look-ups)',
        "          unknown: no-egress\\x1b",
        "            way out: say it",
        "          unknown: no-answer\\x1b",
        "          7 more domains were not looked at: `relayconf spf plan` looks at all",
        "          unknown: no\\x1b resolver",
        "",
    ]


def test_no_lines() -> None:
    """When all is well."""
    assert consequences(Consequences(plans=PLANS[3:4])) == []


def test_every_verdict_has_a_word() -> None:
    """Of what happens today."""
    for verdict in Verdict:
        plan = SpfPlan(domain="a", record="v=spf1", covers=NETWORKS[:1], sending=(sending(verdict),))
        assert consequences(Consequences(plans=(plan,)))[0].endswith(" today")


def test_json() -> None:
    """The plans as `spf plan` has them."""
    value = consequences_value(Consequences(plans=PLANS[:1], more=1))

    assert isinstance(value, dict)
    assert (value["more"], value["reason"], len(value["plans"])) == (1, None, 1)
