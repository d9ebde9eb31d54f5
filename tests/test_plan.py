"""Planning one host: what counts as a change, what a reviewer sees, what the fingerprint binds."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from relayconf.connection import Ssh
from relayconf.facts import Facts, Severity
from relayconf.files import ActualFile, ChangeKind, DesiredFile
from relayconf.manage import Manage
from relayconf.masking import Masker
from relayconf.model import Direct, Endpoint, Host, Relay, Smarthost, TlsLevel
from relayconf.mta import qmail
from relayconf.mta.base import EVERYTHING_ELSE, Way
from relayconf.plan import HostPlan, RouteChange, _moved, plan_host
from tests.support.facts import actual, qmail_facts
from tests.support.hosts import STORY_SMTPROUTES, qmail_host

KEY = b"k" * 32
PATH = "qmail:smtproutes"
_PLAIN = Endpoint(port=25, tls=TlsLevel.NONE, auth=False)


def plan(
    before: bytes | None,
    after: bytes | None,
    *,
    key: bytes = KEY,
    mode: int | None = None,
    found: Facts | None = None,
    host: Host | None = None,
) -> HostPlan:
    """The plan of the story's host whose smtproutes is *before* and should be *after*."""
    return plan_host(
        host=host or qmail_host(),
        mta=qmail,
        facts=found or qmail_facts(smtproutes=before),
        rendered=[DesiredFile(path=PATH, content=after, mode=mode)],
        masker=Masker(key),
        key=key,
    )


def test_a_missing_file_is_created_and_every_line_shown() -> None:
    """The user's own case: no smtproutes yet, everything went by MX."""
    made = plan(None, STORY_SMTPROUTES)

    assert [(item.kind, item.diff) for item in made.diffs] == [
        (
            ChangeKind.CREATE,
            ("@@ -0,0 +1,2 @@", "+kamata-net.com:192.168.0.100", "+:mail.asahi-net.or.jp"),
        )
    ]
    assert made.routes == (
        RouteChange(recipients=EVERYTHING_ELSE, before="direct (MX)", after="mail.asahi-net.or.jp:25"),
        RouteChange(recipients="kamata-net.com", before="direct (MX)", after="192.168.0.100:25"),
    )
    assert made.has_changes


def test_an_equal_file_is_no_change() -> None:
    """And no route changes either."""
    made = plan(STORY_SMTPROUTES, STORY_SMTPROUTES)

    assert (made.changes, made.routes, made.routes_unchanged) == ((), (), 2)
    assert not made.has_changes


def test_a_file_that_means_the_same_keeps_the_admin_s_layout() -> None:
    """Comments, order and white space are the admin's."""
    by_hand = b"# our relay\n:mail.asahi-net.or.jp\n\nKAMATA-net.com:192.168.0.100  \n"

    assert plan(by_hand, STORY_SMTPROUTES).changes == ()


def test_a_file_that_should_not_be_there_is_deleted() -> None:
    """Its absence is what the inventory wants: everything by MX."""
    made = plan(STORY_SMTPROUTES, None)

    assert [item.kind for item in made.changes] == [ChangeKind.DELETE]
    assert [route.after for route in made.routes] == ["direct (MX)", "direct (MX)"]
    assert plan(None, None).changes == ()


def test_domains_that_become_local_or_cease_to_be() -> None:
    """They are in no table of routes; what stays local is not told, and what has a row is told once."""
    found = qmail_facts(smtproutes=b"a.test:192.0.2.1\n:x.test\n", locals_=b"edge.test\nold.test\nb.test\n")
    host = dataclasses.replace(qmail_host(), manage=Manage(locals=True))
    made = plan_host(
        host=host,
        mta=qmail,
        facts=found,
        rendered=[
            DesiredFile(path=PATH, content=b"b.test:192.0.2.2\n:x.test\n"),
            DesiredFile(path="qmail:locals", content=b"edge.test\na.test\nnew.test\n"),
        ],
        masker=Masker(KEY),
        key=KEY,
    )

    assert [(route.recipients, route.before, route.after) for route in made.routes] == [
        ("a.test", "192.0.2.1:25", "local"),
        ("b.test", "local", "192.0.2.2:25"),
        ("old.test", "local", "x.test:25"),
        ("new.test", "x.test:25", "local"),
    ]
    assert made.routes_unchanged == 1


def test_a_local_domain_that_has_a_row_keeps_its_words() -> None:
    """An MTA may know of several ways to be local."""
    rest = {EVERYTHING_ELSE: Way(kind="direct")}
    ways = (rest | {"a.test": Way(kind="local"), "b.test": Way(kind="local")}, rest)

    assert _moved(({"a.test": "local:mailbox"}, {"b.test": "x"}), ways) == [
        {"a.test": "local:mailbox", "b.test": "local"},
        {"b.test": "x"},
    ]


def test_a_removed_route_falls_back_to_the_wildcard_that_covers_it() -> None:
    """Not to the default: the table says where mail will go, not which line is gone."""
    made = plan(b"a.example.com:192.0.2.1\n.example.com:192.0.2.2\n", b".example.com:192.0.2.2\n")

    assert made.routes == (RouteChange(recipients="a.example.com", before="192.0.2.1:25", after="192.0.2.2:25"),)


def test_a_mode_that_differs_is_a_change_without_a_diff() -> None:
    """The bytes stay those on the host, in the admin's layout."""
    by_hand = b"# ours\n" + STORY_SMTPROUTES

    made = plan(by_hand, STORY_SMTPROUTES, mode=0o640)

    assert [(item.diff, item.metadata, made.changes[0].after.content) for item in made.diffs] == [
        ((), ("mode 0644 -> 0640",), by_hand)
    ]


def test_a_password_on_the_host_shows_as_digits_that_follow_the_key() -> None:
    """A reviewer sees whether it changes, never what it is."""
    before = b":relay.example:587|user|hunter2\n"

    first, second = plan(before, STORY_SMTPROUTES), plan(before, STORY_SMTPROUTES, key=b"j" * 32)

    diff = "\n".join(first.diffs[0].diff)
    assert "‹secret " in diff
    assert "hunter2" not in diff
    assert diff != "\n".join(second.diffs[0].diff)


def test_findings_and_refusals_of_the_mta_come_with_the_plan() -> None:
    """A host without control/me defers all mail; the plan is refused."""
    made = plan(None, STORY_SMTPROUTES, found=qmail_facts(me=None))

    assert [item.severity for item in made.findings if item.code == "qmail-no-me"] == [Severity.ERROR]
    assert made.is_refused
    assert not made.has_changes


def test_what_a_relay_would_refuse_comes_with_the_plan() -> None:
    """As a warning; the plan can be applied."""
    relay = Relay(name="isp", host="relay.example", endpoints=(_PLAIN,), senders=("@other.example",))
    host = qmail_host(default=(Smarthost(relay=relay, endpoint=_PLAIN),))
    made = plan(None, STORY_SMTPROUTES, host=host)

    assert [item.severity for item in made.findings if item.code == "relay-senders"] == [Severity.WARNING]
    assert made.has_changes


def test_the_fingerprint_binds_base_wish_and_key() -> None:
    """Any of them moving gives another one; the same again gives the same."""
    same = plan(None, STORY_SMTPROUTES).fingerprint
    base = qmail_facts(smtproutes=b":relay.example\n")
    moved = dataclasses.replace(base, files={**base.files, PATH: dataclasses.replace(base.files[PATH], mode=0o600)})
    fingerprints = [
        plan(None, STORY_SMTPROUTES, key=b"j" * 32).fingerprint,
        plan(None, b":relay.example\n").fingerprint,
        plan(None, STORY_SMTPROUTES, found=base).fingerprint,
        plan(None, STORY_SMTPROUTES, found=moved).fingerprint,
    ]

    assert plan(None, STORY_SMTPROUTES).fingerprint == same
    assert len({same, *fingerprints}) == 5


def test_the_fingerprint_binds_the_machine_and_what_refuses_it() -> None:
    """The same name at another address is another host; what was refused when it was reviewed was not agreed to."""
    hosts = (
        qmail_host(),
        qmail_host(address="192.0.2.99"),
        qmail_host(ssh=Ssh(port=2222)),
        dataclasses.replace(qmail_host(), connection="local"),
    )
    made = [plan(None, STORY_SMTPROUTES, host=host).fingerprint for host in hosts]
    made.append(plan(None, STORY_SMTPROUTES, found=qmail_facts(me=None)).fingerprint)

    assert len(set(made)) == 5


def _applied(found: Facts, content: bytes) -> Facts:
    """The host with *content* as what was applied last."""
    line = f"{hashlib.sha256(content).hexdigest()} t 2026-11-24T10:15:00Z"
    return dataclasses.replace(found, values={f"applied.{PATH}": line})


def test_an_edit_that_would_be_overwritten_is_drift_and_a_limit() -> None:
    """The fingerprint binds it: what was edited by hand since was not agreed to."""
    found = qmail_facts(smtproutes=b":by.hand\n")
    edited = plan(None, STORY_SMTPROUTES, found=_applied(found, STORY_SMTPROUTES))
    ordinary = plan(None, STORY_SMTPROUTES, found=_applied(found, b":by.hand\n"))

    assert [(item.path, item.disk) for item in edited.drift] == [(PATH, "edited since")]
    assert [limit.code for limit in edited.limits] == ["drift"]
    assert (ordinary.drift, ordinary.limits) == ((), ())
    assert edited.changes == ordinary.changes
    assert edited.fingerprint != ordinary.fingerprint


def test_a_host_in_motion_is_not_judged_by_what_is_half_there() -> None:
    """What a transaction on its way wrote is not yet among what was applied: nobody edited it, and nobody owns it."""
    foreign = qmail_facts(smtproutes=b"other.test:x\n")
    first = dataclasses.replace(foreign, values={**foreign.values, "state.busy": "20261124T101500Z-3fa2c1"})
    assert [limit.code for limit in plan(None, STORY_SMTPROUTES, found=foreign).limits] == ["take-over"]
    assert plan(None, STORY_SMTPROUTES, found=first).limits == ()
    assert plan(None, STORY_SMTPROUTES, found=first).is_refused

    found = _applied(qmail_facts(smtproutes=b":by.hand\n"), STORY_SMTPROUTES)
    busy = dataclasses.replace(found, values={**found.values, "state.busy": "20261124T101500Z-3fa2c1"})
    for moving in (busy, dataclasses.replace(found, unfinished="20261124T101500Z-3fa2c1")):
        assert (plan(None, STORY_SMTPROUTES, found=moving).drift, moving.is_settled) == ((), False)


def test_limits_compare_the_ways_before_and_after() -> None:
    """A relay that goes, a domain that the host receives for, routes of somebody else's."""
    gone = plan(b":isp\nkamata-net.com:store\nother.test:x\n", None, host=qmail_host(default=(Direct(),), domains={}))
    leaving = plan(None, b":isp\n", host=qmail_host(domains={}))

    assert [limit.code for limit in gone.limits] == ["no-relay", "take-over"]
    assert [limit.text for limit in leaving.limits] == [
        "mail for domains of our own would leave through a relay: kamata-net.com"
    ]
    assert plan(STORY_SMTPROUTES, STORY_SMTPROUTES).limits == ()


def test_a_content_known_only_by_its_hash_is_compared_by_it() -> None:
    """An unchanged large file never has to travel."""
    known = actual(PATH, STORY_SMTPROUTES)
    facts = qmail_facts(smtproutes=STORY_SMTPROUTES)
    without: ActualFile = dataclasses.replace(known, content=None)

    made = plan(None, STORY_SMTPROUTES, found=dataclasses.replace(facts, files={**facts.files, PATH: without}))

    assert made.changes == ()


def test_one_file_in_two_phases_is_two_changes_and_one_diff() -> None:
    """The base of the second change is the wish of the first; a reviewer sees the whole way."""
    first = DesiredFile(path=PATH, content=b":relay.example\n", mode=0o640)
    second = DesiredFile(path=PATH, content=STORY_SMTPROUTES, phase=1)

    made = plan_host(
        host=qmail_host(),
        mta=qmail,
        facts=qmail_facts(smtproutes=b":old.example\n"),
        rendered=[first, second],
        masker=Masker(KEY),
        key=KEY,
    )

    assert [(change.after.phase, change.before.content) for change in made.changes] == [
        (0, b":old.example\n"),
        (1, b":relay.example\n"),
    ]
    assert made.changes[1].before.mode == 0o640
    (shown,) = made.diffs
    assert shown.diff == ("@@ -1 +1,2 @@", "-:old.example", "+kamata-net.com:192.168.0.100", "+:mail.asahi-net.or.jp")
    assert (shown.steps, shown.kind) == (2, ChangeKind.UPDATE)
    assert made.routes[0].after == "mail.asahi-net.or.jp:25"


def test_a_file_that_comes_and_goes_is_compared_with_what_each_phase_left() -> None:
    """Deleted in the first phase, made anew in the second."""
    made = plan_host(
        host=qmail_host(),
        mta=qmail,
        facts=qmail_facts(smtproutes=STORY_SMTPROUTES),
        rendered=[DesiredFile(path=PATH, content=None), DesiredFile(path=PATH, content=STORY_SMTPROUTES, phase=1)],
        masker=Masker(KEY),
        key=KEY,
    )

    assert [change.kind for change in made.changes] == [ChangeKind.DELETE, ChangeKind.CREATE]


def test_a_new_file_that_takes_over_another_s_part_is_shown_against_it() -> None:
    """Its own place was empty; an internal one is made and not shown."""
    new = DesiredFile(path="qmail:2/routes", content=b":b.example\n", target="/x/2/routes", replaces=PATH)
    passing = DesiredFile(path="qmail:1/routes", content=b":c.example\n", target="/x/1/routes", internal=True)

    made = plan_host(
        host=qmail_host(),
        mta=qmail,
        facts=qmail_facts(smtproutes=b":a.example\n"),
        rendered=[passing, new],
        masker=Masker(KEY),
        key=KEY,
    )

    assert [change.before.target for change in made.changes] == ["/x/1/routes", "/x/2/routes"]
    (shown,) = made.diffs
    assert (shown.target, shown.kind, shown.diff) == (
        "/x/2/routes",
        ChangeKind.CREATE,
        ("@@ -1 +1 @@", "-:a.example", "+:b.example"),
    )
    assert [route.after for route in made.routes] == ["b.example:25"]


def test_what_the_host_says_of_its_state_directory_is_known_before_the_deploy() -> None:
    """A directory that cannot be trusted refuses the plan, a deploy that is at work is told of."""
    base = qmail_facts(smtproutes=STORY_SMTPROUTES)
    unsafe = dataclasses.replace(base, values={"state.reason": "the state directory /s has mode 755, not 700"})
    busy = dataclasses.replace(base, values={"state.busy": "20261124T101500Z-3fa2c1"})

    refused, told = plan(None, STORY_SMTPROUTES, found=unsafe), plan(None, STORY_SMTPROUTES, found=busy)

    assert refused.is_refused
    assert "the state directory /s has mode 755, not 700" in [item.text for item in refused.findings]
    assert not told.is_refused
    assert "another deploy is at work here: transaction 20261124T101500Z-3fa2c1" in [
        item.text for item in told.findings
    ]


@pytest.mark.parametrize(("window", "refused"), [("61", True), ("overdue", False), ("rebooted", False)])
def test_nothing_comes_on_top_of_what_waits_to_be_confirmed(window: str, *, refused: bool) -> None:
    """While its time lasts; what is over is put right by the apply itself."""
    waits = dataclasses.replace(
        qmail_facts(smtproutes=STORY_SMTPROUTES), values={"state.unconfirmed": f"20261124T101500Z-3fa2c1 {window}"}
    )
    found = plan(None, STORY_SMTPROUTES, found=waits)

    assert found.is_refused is refused
    assert any("waits to be confirmed, for 61 s yet" in item.text for item in found.findings) is refused
