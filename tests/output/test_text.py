"""Plans and results as text: exact, grouped, masked, and safe to print."""

from __future__ import annotations

import dataclasses

import pytest

from relayconf.drift import Drift
from relayconf.errors import ConnectionLost, LimitCrossed, RollbackFailed, Unreachable
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import DesiredFile
from relayconf.masking import Masker
from relayconf.mta import qmail
from relayconf.output import text
from relayconf.plan import HostPlan, plan_host
from relayconf.result import FleetResult, HostResult, Status, failed, planned, skipped
from relayconf.safety import Limit
from relayconf.waves import Wave
from tests.support.facts import qmail_facts
from tests.support.hosts import STORY_SMTPROUTES, qmail_host

KEY = b"k" * 32
FINGERPRINT = "7c1e9a04" + "0" * 56


def plan(
    name: str,
    *,
    before: bytes | None = None,
    after: bytes | None = STORY_SMTPROUTES,
    findings: tuple[Finding, ...] = (),
    unfinished: str | None = None,
    mode: int | None = None,
) -> HostPlan:
    """A host's plan with exactly these findings."""
    facts = qmail_facts(smtproutes=before)
    made = plan_host(
        host=qmail_host(name),
        mta=qmail,
        facts=Facts(values={}, files=facts.files, unfinished=unfinished),
        rendered=[DesiredFile(path="qmail:smtproutes", content=after, mode=mode)],
        masker=Masker(KEY),
        key=KEY,
    )
    return HostPlan(
        host=made.host,
        changes=made.changes,
        diffs=made.diffs,
        routes=made.routes,
        routes_unchanged=made.routes_unchanged,
        findings=findings,
        unfinished=unfinished,
        fingerprint=made.fingerprint,
    )


def fleet(*plans: HostPlan, also: tuple[HostResult, ...] = ()) -> FleetResult:
    """The results of planning these."""
    return FleetResult(results=(*map(planned, plans), *also))


def test_the_story_s_plan() -> None:
    """Routes, the diff, one line of sums with the fingerprint's eight digits."""
    assert text.plan(fleet(plan("edge")), FINGERPRINT) == (
        "Routes that change        before        after                     hosts   proved by\n"
        "  the rest of the world   direct (MX)   mail.asahi-net.or.jp:25   edge    model\n"
        "  kamata-net.com          direct (MX)   192.168.0.100:25          edge    model\n"
        "  0 routes unchanged\n"
        "\n"
        "edge   /var/qmail/control/smtproutes   create  0644 root\n"
        "  @@ -0,0 +1,2 @@\n"
        "  +kamata-net.com:192.168.0.100\n"
        "  +:mail.asahi-net.or.jp\n"
        "\n"
        "Plan: 1 host changes, 0 refused, 0 failed, 0 unchanged   fingerprint 7c1e-9a04"
    )


def test_nothing_to_do_is_said_in_one_line() -> None:
    """What the second plan says."""
    assert text.plan(fleet(plan("edge", before=STORY_SMTPROUTES)), FINGERPRINT) == "Plan: no changes (1 host)"


def test_equal_diffs_and_routes_of_many_hosts_are_shown_once() -> None:
    """With the hosts' names, as ranges where they are many."""
    shown = text.plan(fleet(*(plan(f"node{n:03}") for n in range(1, 31))), FINGERPRINT)

    assert shown.count("+kamata-net.com:192.168.0.100") == 1
    assert "node[001-030]   /var/qmail/control/smtproutes   create  0644 root\n" in shown
    assert shown.count("the rest of the world") == 1


def test_different_changes_of_two_hosts_stand_apart() -> None:
    """An update, a deletion and a mode, each with what it does."""
    deleted = plan("mx2", before=STORY_SMTPROUTES, after=None)
    updated = plan("mx1", before=b":old.example\n")
    mode = plan("mx3", before=STORY_SMTPROUTES, mode=0o640)

    shown = text.plan(fleet(updated, deleted, mode), FINGERPRINT)

    assert "mx1   /var/qmail/control/smtproutes   update  0644 root\n  @@ -1 +1,2 @@\n  -:old.example\n" in shown
    assert "mx2   /var/qmail/control/smtproutes   delete\n" in shown
    assert "mx3   /var/qmail/control/smtproutes   update  0640 root\n  mode 0644 -> 0640\n" in shown
    assert "0-2 routes unchanged" in shown


def test_many_route_changes_are_counted_beyond_the_first_ones() -> None:
    """The diff has them all."""
    many = b"".join(b"d%d.example:192.0.2.1\n" % number for number in range(60))

    shown = text.plan(fleet(plan("edge", after=many)), FINGERPRINT)

    assert "  … and 20 more\n" in shown
    assert "+d59.example:192.0.2.1" in shown


def test_refusals_warnings_and_notes() -> None:
    """Each with its hosts and ways out; a refused host is counted and keeps the rest of the plan readable."""
    error = Finding(code="a", severity=Severity.ERROR, text="the relay needs AUTH", ways_out=("isp:25", "a hop"))
    warning = Finding(code="b", severity=Severity.WARNING, text="open relay", ways_out=("write rcpthosts",))
    note = Finding(code="c", severity=Severity.NOTE, text="no TLS here")

    shown = text.plan(fleet(plan("mx1", findings=(error,)), plan("mx2", findings=(warning, note))), FINGERPRINT)

    assert "mx1   refused: the relay needs AUTH\n  ways out: isp:25 · a hop\n" in shown
    assert "mx1   /var/qmail" not in shown
    assert "Warning   mx2   open relay\n            way out: write rcpthosts\n" in shown
    assert "Note      mx2   no TLS here\n" in shown
    assert shown.endswith("Plan: 1 host changes, 1 refused, 0 failed, 0 unchanged   fingerprint 7c1e-9a04")


def test_a_refusal_without_ways_out_has_no_empty_line_for_them() -> None:
    """The line is left out."""
    error = Finding(code="a", severity=Severity.ERROR, text="no")

    assert "ways out" not in text.plan(fleet(plan("mx1", findings=(error,))), FINGERPRINT)


def test_an_unfinished_transaction_is_told() -> None:
    """`plan` reports it and leaves it alone."""
    shown = text.plan(fleet(plan("mx1", before=STORY_SMTPROUTES, unfinished="20261124T101500Z-3fa2c1")), FINGERPRINT)

    assert shown == (
        "mx1   transaction 20261124T101500Z-3fa2c1 was cut short; `apply` will put it right\n"
        "\n"
        "Plan: no changes (1 host)"
    )


def test_hosts_that_failed_alike_stand_together() -> None:
    """With what to do."""
    down = tuple(failed(name, Unreachable("no answer", hint="is it up?")) for name in ("mx1", "mx2"))

    assert text.plan(fleet(also=down), FINGERPRINT) == (
        "mx1 mx2   failed, nothing changed: no answer\n"
        "  hint: is it up?\n"
        "\n"
        "Plan: 0 hosts change, 0 refused, 2 failed, 0 unchanged   fingerprint 7c1e-9a04"
    )


def test_remote_text_cannot_act_on_the_terminal() -> None:
    """Escape sequences in findings, errors, hints and transaction names come out as words."""
    hostile = "\x1b[2Jgone\r\n"
    finding = Finding(code="a", severity=Severity.ERROR, text=hostile, ways_out=(hostile,))
    warning = Finding(code="a", severity=Severity.WARNING, text=hostile, ways_out=(hostile,))

    shown = text.plan(
        fleet(
            plan("mx1", findings=(finding, warning), unfinished=hostile),
            also=(failed("mx2", Unreachable(hostile, hint=hostile)),),
        ),
        FINGERPRINT,
    )

    assert "\x1b" not in shown
    assert "\r" not in shown
    assert shown.count("\\x1b[2Jgone") == 7


def test_what_apply_did() -> None:
    """Changed hosts with their transaction, the others with what they were left as."""
    changed = HostResult(
        host="mx1", status=Status.CHANGED, transaction="t-1", verified="pass mail left", warnings=("look here",)
    )
    results = (
        changed,
        failed("mx2", ConnectionLost("cut", hint="run plan"), plan("mx2")),
        failed("mx3", RollbackFailed("smtproutes"), plan("mx3")),
    )

    assert text.applied(FleetResult(results=results)) == (
        "mx1   changed   t-1   verified: mail left\n"
        "mx1   warning: look here\n"
        "\n"
        "mx2   outcome unknown: cut\n"
        "  hint: run plan\n"
        "mx3   ROLLBACK FAILED, needs a human: smtproutes\n"
        "\n"
        "Apply: 1 changed, 1 unknown, 1 rollback failed"
    )
    assert text.applied(FleetResult(results=(HostResult(host="a", status=Status.CHANGED, transaction="t"),))) == (
        "a   changed   t\n\nApply: 1 changed"
    )


def test_findings_of_one_host_worst_first() -> None:
    """For `check`."""
    found = [
        Finding(code="n", severity=Severity.NOTE, text="note"),
        Finding(code="e", severity=Severity.ERROR, text="error", ways_out=("this", "that")),
    ]

    assert text.findings("mx1", found) == ["mx1   error: error", "  ways out: this · that", "mx1   note: note"]


def test_generation_numbers_do_not_keep_equal_diffs_apart() -> None:
    """Two hosts at different generations share one diff, with the number left open; one host shows its own."""
    one, other = (
        dataclasses.replace(
            plan(name),
            diffs=(
                dataclasses.replace(
                    plan(name).diffs[0],
                    target=f"/etc/postfix/relayconf/{number}/transport",
                    diff=(f"+relayconf_maps = /etc/postfix/relayconf/{number}",),
                    steps=2,
                ),
            ),
        )
        for name, number in (("mx1", 7), ("mx2", 9))
    )

    both, alone = text.plan(fleet(one, other), FINGERPRINT), text.plan(fleet(one), FINGERPRINT)

    assert "mx1 mx2   /etc/postfix/relayconf/<generation>/transport   create  0644 root, live in 2 steps\n" in both
    assert "  +relayconf_maps = /etc/postfix/relayconf/<generation>\n" in both
    assert "mx1   /etc/postfix/relayconf/7/transport" in alone
    assert "  +relayconf_maps = /etc/postfix/relayconf/7\n" in alone


def test_hosts_that_were_never_begun_are_named() -> None:
    """After a ^C: nothing was changed there."""
    results = (
        HostResult(host="mx1", status=Status.CHANGED, transaction="t-1"),
        skipped("mx2"),
        skipped("mx3"),
    )

    assert text.applied(FleetResult(results=results, interrupted=True)) == (
        "mx1   changed   t-1\n"
        "\n"
        "mx2 mx3   skipped, nothing changed: interrupted before it was begun\n"
        "\n"
        "Apply: 1 changed, 2 skipped"
    )


def test_hosts_that_were_skipped_for_one_reason_stand_together() -> None:
    """After those that failed; a reason cannot act on the terminal."""
    results = (
        skipped("mx1", "3 hosts had failed (at most 2 may)"),
        failed("mx2", Unreachable("down")),
        skipped("mx3", "the canary \x1b failed"),
        skipped("mx4", "3 hosts had failed (at most 2 may)"),
    )

    assert text.applied(FleetResult(results=results)) == (
        "\n"
        "mx2   failed, nothing changed: down\n"
        "mx1 mx4   skipped, nothing changed: 3 hosts had failed (at most 2 may)\n"
        "mx3   skipped, nothing changed: the canary \\x1b failed\n"
        "\n"
        "Apply: 1 failed, 3 skipped"
    )


def wave(*names: str, allowed: int = 0, is_canary: bool = False) -> Wave:
    """A wave of these hosts."""
    return Wave(hosts=names, allowed=allowed, is_canary=is_canary)


MANY = tuple(f"node{number:03}" for number in range(2, 300))


@pytest.mark.parametrize(
    ("waves", "line"),
    [
        (
            (wave("mail1", "node001", is_canary=True), wave(*MANY, allowed=15)),
            "Waves: first mail1 node001 (canary), then 298 hosts; stops after more than 15 failures",
        ),
        (
            (wave(*MANY[:9], is_canary=True), wave("b", allowed=1)),
            "Waves: first node[002-010] (canary), then 1 host; stops after more than 1 failure",
        ),
        ((wave("a", is_canary=True), wave("b")), "Waves: first a (canary), then 1 host; stops at the first failure"),
        ((wave("a", "b", "c", "d", allowed=1),), "Waves: 4 hosts at once; stops after more than 1 failure"),
    ],
)
def test_the_waves_are_one_line_of_the_plan(waves: tuple[Wave, ...], line: str) -> None:
    """Above the sums, whose fingerprint stays the same."""
    *_, told, sums = text.plan(fleet(plan("edge")), FINGERPRINT, waves).splitlines()

    assert told == line
    assert sums == text.plan(fleet(plan("edge")), FINGERPRINT).splitlines()[-1]


@pytest.mark.parametrize("waves", [(), (wave("a", "b", "c", allowed=1),)])
def test_of_a_few_hosts_no_waves_are_told(waves: tuple[Wave, ...]) -> None:
    """They change together."""
    assert text.plan(fleet(plan("edge")), FINGERPRINT, waves) == text.plan(fleet(plan("edge")), FINGERPRINT)


@pytest.mark.parametrize(
    ("verified", "said"),
    [
        (None, ""),
        ("unknown", "   not verified"),
        ("unknown \x1b[2Jx", r"   not verified: \x1b[2Jx"),
        ("pass x", "   verified: x"),
    ],
)
def test_what_was_verified(verified: str | None, said: str) -> None:
    """In the host's words, made harmless."""
    result = HostResult(host="mx1", status=Status.CHANGED, transaction="t-1", verified=verified)
    assert text.applied(FleetResult(results=(result,))).splitlines()[0] == f"mx1   changed   t-1{said}"


def test_drift_and_limits() -> None:
    """Equal ones of several hosts once; what stays says so; values from the host are made safe."""
    drift = (
        Drift(path="postfix:main.cf", name="relayhost", last="[a]:25", disk="\x1b[31m", wanted=""),
        Drift(path="postfix:main.cf", name="smtp_x", last="yes", disk=None, wanted=None),
        Drift(path="qmail:smtproutes", last="as it was", disk="edited since", wanted=None),
    )
    limits = (Limit(code="drift", flag="--overwrite-drift", text="edits would be \x1b lost"),)
    one, two = (dataclasses.replace(plan(name), drift=drift, limits=limits) for name in ("mx1", "mx2"))
    idle = dataclasses.replace(plan("mx3", before=STORY_SMTPROUTES), drift=drift[:1], limits=limits)

    shown = text.plan(fleet(one, two, idle), FINGERPRINT)

    assert (
        "\nDrift     mx1 mx2 mx3   main.cf relayhost: last [a]:25, on disk \\x1b[31m, wanted empty\n"
        "Drift     mx1 mx2   main.cf smtp_x: last yes, on disk absent, which stays\n"
        "Drift     mx1 mx2   smtproutes: last as it was, on disk edited since, wanted absent\n"
        "\n"
        "Limit     mx1 mx2   edits would be \\x1b lost   blocks apply until --overwrite-drift\n"
    ) in shown


def test_a_host_that_a_limit_refused() -> None:
    """With the flag as its hint, and counted among the refused ones."""
    error = LimitCrossed("the plan crosses a limit (drift)", hint="if that is meant: --overwrite-drift")
    refused = HostResult(host="mx1", status=Status.REFUSED, plan=plan("mx1"), error=error)

    assert text.plan(FleetResult(results=(refused,)), FINGERPRINT).endswith(
        "mx1   refused: the plan crosses a limit (drift)\n"
        "  hint: if that is meant: --overwrite-drift\n"
        "\n"
        "Plan: 0 hosts change, 1 refused, 0 failed, 0 unchanged   fingerprint 7c1e-9a04"
    )
