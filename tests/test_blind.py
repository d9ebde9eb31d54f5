"""Plans for which no secret is resolved."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from relayconf.blind import PLACEHOLDER, filled, notes, unresolved
from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.masking import Masker
from relayconf.model import Host, SecretRef
from relayconf.mta import postfix, qmail
from relayconf.mta.postfix.names import MAIN_CF, RECORD
from relayconf.plan import HostPlan, plan_host
from tests.mta.postfix.hosts import BUILT_IN, facts, generation, host, relay, secret, settled
from tests.support.facts import qmail_facts
from tests.support.hosts import STORY_SMTPROUTES

KEY = b"k" * 32
WANTED = host(relay("a"))


def on_host(wanted: Host = WANTED) -> Facts:
    """A host at rest that was applied with its secrets, and knows how its passwords were left."""
    state = settled(wanted)
    record = replace(state.facts.files[RECORD], mode=0o600)
    number = generation(state.content(MAIN_CF)).rpartition("/")[2]
    left = state.facts.files["postfix:live/sasl_passwd"].sha256
    said = {"postfix.generation": number, f"applied.postfix:{number}/sasl_passwd": f"{left} t 2026-11-24T10:15:00Z"}
    return replace(state.facts, values={**state.facts.values, **said}, files={**state.facts.files, RECORD: record})


def planned(wanted: Host, found: Facts) -> HostPlan:
    """The plan without secrets."""
    return plan_host(
        host=wanted,
        mta=postfix,
        facts=found,
        rendered=postfix.render(wanted, BUILT_IN, unresolved),
        masker=Masker(KEY),
        key=KEY,
        without_secrets=True,
    )


def with_passwords(found: Facts, content: bytes) -> Facts:
    """The host with another table of passwords."""
    path = "postfix:live/sasl_passwd"
    file = replace(found.files[path], content=content, sha256=hashlib.sha256(content).hexdigest())
    return replace(found, files={**found.files, path: file})


def _noted(plan: HostPlan) -> bool:
    return "secrets not compared" in [item.text for item in plan.findings]


def test_no_reference_is_resolved() -> None:
    """Whatever it is."""
    assert unresolved(SecretRef(kind="command", value="exit 1")) == PLACEHOLDER


def test_all_but_the_secrets_agrees() -> None:
    """Then nothing changes, and the plan says what it did not look at."""
    plan = planned(WANTED, on_host())

    assert (plan.changes, plan.drift) == ((), ())
    assert _noted(plan)


def test_a_host_without_secrets_is_compared_in_full() -> None:
    """And has no note."""
    wanted = host(relay("a", password=None))

    plan = planned(wanted, on_host(wanted))

    assert plan.changes == ()
    assert not _noted(plan)


def test_another_layout_is_no_other_secret() -> None:
    """White space in front of it does not matter."""
    assert planned(WANTED, with_passwords(on_host(), b"[a.test]:587\ta:pw\n")).changes == ()


def test_another_user_is_a_change() -> None:
    """All but the secret is compared; the secret that was not resolved does not show."""
    plan = planned(WANTED, with_passwords(on_host(), b"[a.test]:587  b:pw\n"))
    diff = "\n".join(line for item in plan.diffs for line in item.diff)

    assert "a:‹secret " in diff
    assert PLACEHOLDER not in diff


def test_a_secret_edited_on_the_host_is_drift() -> None:
    """Its hash is not that of what was applied, although nothing else is to be done."""
    plan = planned(WANTED, with_passwords(on_host(), b"[a.test]:587  a:other\n"))

    assert plan.changes == ()
    assert [(item.path, item.disk, item.wanted) for item in plan.drift] == [
        ("postfix:live/sasl_passwd", "edited since", "as the inventory says")
    ]


def test_drift_is_told_once() -> None:
    """Where more than the secret was edited."""
    plan = planned(WANTED, with_passwords(on_host(), b"[a.test]:587  b:pw\n"))

    assert [item.path for item in plan.drift] == ["postfix:live/sasl_passwd"]


def test_the_fingerprint_is_never_that_of_a_real_plan() -> None:
    """Also of a host that has no secrets."""
    wanted = host(relay("a", password=None))
    real = plan_host(
        host=wanted,
        mta=postfix,
        facts=facts(),
        rendered=postfix.render(wanted, BUILT_IN, secret),
        masker=Masker(KEY),
        key=KEY,
    )
    blind = planned(wanted, facts())

    assert real.changes == blind.changes
    assert real.fingerprint != blind.fingerprint


@pytest.mark.parametrize(
    ("disk", "wish", "after"),
    [
        (b":r:25|u|one\n", f":r:25|u|{PLACEHOLDER}\n", b":r:25|u|one\n"),
        (b":r:25|u|one\n:r:25|u|two\n", f"# c\n:r:25|u|{PLACEHOLDER}\nx:y", b"# c\n:r:25|u|one\nx:y"),
        (b":r:25|u|one\n", f":q:25|u|{PLACEHOLDER}\n", f":q:25|u|{PLACEHOLDER}\n".encode()),
        (b":r:25|u|one\n", ":r:25|u|own\n", b":r:25|u|own\n"),
        (None, f":r:25|u|{PLACEHOLDER}\n", f":r:25|u|{PLACEHOLDER}\n".encode()),
    ],
)
def test_the_host_s_own_secrets_stand_in(disk: bytes | None, wish: str, after: bytes) -> None:
    """Where the same stands in front of them; for the placeholder alone."""
    rendered = [DesiredFile(path="qmail:smtproutes", content=wish.encode())]

    assert [file.content for file in filled(qmail, qmail_facts(smtproutes=disk), rendered)] == [after]


def test_a_file_that_is_not_to_be() -> None:
    """Has no secrets."""
    gone = DesiredFile(path="qmail:smtproutes", content=None)

    assert filled(qmail, qmail_facts(smtproutes=STORY_SMTPROUTES), [gone]) == (gone,)
    assert notes([gone]) == ()
