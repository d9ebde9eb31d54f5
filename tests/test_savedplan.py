"""A plan that outlives its process: what is kept of it, and what is told when it is another by now."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence

import pytest

from relayconf.errors import Unreachable
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import ActualFile, DesiredFile
from relayconf.masking import Masker
from relayconf.model import Direct, Host, Inventory, Smarthost
from relayconf.mta import postfix, qmail
from relayconf.plan import HostPlan, plan_host
from relayconf.render import render
from relayconf.result import FleetResult, HostResult, Status, failed, planned
from relayconf.savedplan import SavedHost, SavedPlan, differences, inventory_difference, saved_plan
from tests.mta.postfix import hosts as made
from tests.support.facts import qmail_facts
from tests.support.hosts import STORY_SMTPROUTES, qmail_host

KEY = bytes(range(32))
EDGE = qmail_host()
WISH = "the wish moved, by a template, a secret, a fact of the host or another relayconf"


def inventory(*hosts: Host) -> Inventory:
    """An inventory of these hosts and nothing else."""
    return Inventory(file="inventory.yaml", relays={}, hosts={host.name: host for host in hosts}, groups=())


def of_qmail(
    before: bytes | None = None,
    after: bytes | None = STORY_SMTPROUTES,
    *,
    host: Host = EDGE,
    mode: int | None = None,
    more: Sequence[DesiredFile] = (),
    facts: Facts | None = None,
) -> HostPlan:
    """The plan of a qmail host."""
    return plan_host(
        host=host,
        mta=qmail,
        facts=facts or qmail_facts(smtproutes=before),
        rendered=[DesiredFile(path="qmail:smtproutes", content=after, mode=mode), *more],
        masker=Masker(KEY),
        key=KEY,
    )


def of_postfix(
    password: str = "pw",  # noqa: S107  nobody's
    relay: Smarthost | None = None,
    **contents: bytes,
) -> HostPlan:
    """The plan of a Postfix host whose relay wants a password; *contents* of its files that are not the usual ones."""
    host = made.host(relay or made.relay("isp"))
    facts = made.facts({f"postfix:{name.replace('_cf', '.cf')}": content for name, content in contents.items()})
    rendered = render(host, made.BUILT_IN, lambda _: password)
    return plan_host(host=host, mta=postfix, facts=facts, rendered=rendered, masker=Masker(KEY), key=KEY)


def refused(plan: HostPlan, *codes: str) -> HostPlan:
    """*plan* with these errors among its findings, and another fingerprint."""
    findings = tuple(Finding(code=code, severity=Severity.ERROR, text=code) for code in codes)
    fingerprint = hashlib.sha256("".join(codes).encode()).hexdigest() if codes else plan.fingerprint
    return dataclasses.replace(plan, findings=findings, fingerprint=fingerprint)


def save(*results: HostResult) -> SavedPlan:
    """What is saved of these results, of an inventory that has their hosts."""
    hosts = [result.plan.host if result.plan else qmail_host(result.host) for result in results]
    fleet = FleetResult(results=results)
    return saved_plan(fleet, inventory(*hosts), key=KEY, created="2026-11-24T10:15:00Z", version="0.1.0")


def moved(then: HostPlan | HostResult, now: HostPlan | HostResult) -> str | None:
    """What is told of one host."""
    before, after = (item if isinstance(item, HostResult) else planned(item) for item in (then, now))
    return differences(save(before), FleetResult(results=(after,)), KEY).get(after.host)


def test_what_is_kept_of_a_host() -> None:
    """Names, phases, kinds and digests in the order of the changes, internal ones too."""
    plan = of_postfix()
    (host,) = save(planned(plan)).hosts

    assert (host.name, host.status, host.fingerprint, host.errors) == ("mail1", Status.PLANNED, plan.fingerprint, ())
    assert [(change.path, change.phase, change.target, change.kind) for change in host.changes] == [
        (change.path, change.after.phase, change.before.target, change.kind) for change in plan.changes
    ]
    assert any(change.after.internal for change in plan.changes)
    assert all(len(digest) == 64 for change in host.changes for digest in (change.base, change.wish))


def test_no_hash_of_a_content_is_kept() -> None:
    """Neither the plain one nor one that equal contents of two hosts have in common."""
    hosts = [qmail_host(name) for name in ("a", "b")]
    saved = save(*(planned(of_qmail(host=host)) for host in hosts))
    a, b = (host.changes[0] for host in saved.hosts)

    assert a.wish != b.wish
    assert a.base != b.base
    assert hashlib.sha256(STORY_SMTPROUTES).hexdigest() not in repr(saved)


def test_what_is_kept_of_a_host_without_a_plan() -> None:
    """How it ended; and it is no other plan when it ends like that again."""
    down = failed("edge", Unreachable("down"))

    assert save(down).hosts == (
        SavedHost(
            name="edge",
            status=Status.FAILED,
            fingerprint=None,
            errors=(),
            settings=save(planned(of_qmail())).hosts[0].settings,
            changes=(),
        ),
    )
    assert moved(down, down) is None


def test_the_same_plan_is_no_other() -> None:
    """Made again of the same."""
    assert moved(of_postfix(), of_postfix()) is None
    assert moved(refused(of_qmail(), "e"), refused(of_qmail(), "e")) is None


def test_the_base_comes_first() -> None:
    """Somebody's edit of main.cf moves what is wished for it, too; what happened is the edit."""
    assert moved(of_postfix(), of_postfix(main_cf=made.MAIN + b"x = y\n")) == (
        "the base moved, the host was changed: postfix:main.cf"
    )
    assert moved(of_qmail(b":a\n"), of_qmail(b":b\n")) == "the base moved, the host was changed: qmail:smtproutes"


@pytest.mark.parametrize(
    "change",
    [
        lambda file: dataclasses.replace(file, mode=0o600),
        lambda file: dataclasses.replace(file, owner="x"),
        lambda file: dataclasses.replace(file, group="x"),
    ],
)
def test_a_base_is_more_than_its_content(change: Callable[[ActualFile], ActualFile]) -> None:
    """Mode and ownership are part of what was seen."""
    facts = qmail_facts(smtproutes=b":a\n")
    file = change(facts.files["qmail:smtproutes"])
    now = dataclasses.replace(facts, files={**facts.files, "qmail:smtproutes": file})

    assert moved(of_qmail(b":a\n"), of_qmail(facts=now)) == "the base moved, the host was changed: qmail:smtproutes"


def test_a_new_secret_moves_the_wish() -> None:
    """Of the file that it is in."""
    assert moved(of_postfix("old"), of_postfix("new")) == f"{WISH}: postfix:1/sasl_passwd, postfix:2/sasl_passwd"


def test_what_a_later_step_stands_on_is_no_base() -> None:
    """Nobody has changed main.cf on the host when its first step is another and the second follows from that."""
    open_relay = made.relay("isp", password=None)

    assert [change.path for change in of_postfix().changes].count("postfix:main.cf") == 2
    assert moved(of_postfix(), of_postfix(relay=open_relay)) == f"{WISH}: postfix:main.cf, relayconf:postfix-parameters"


def test_a_new_template_moves_the_wish() -> None:
    """The mode is part of it."""
    assert moved(of_qmail(), of_qmail(after=b":other\n")) == f"{WISH}: qmail:smtproutes"
    assert moved(of_qmail(), of_qmail(mode=0o600)) == f"{WISH}: qmail:smtproutes"


def test_a_change_more_or_less() -> None:
    """Such as a file that somebody edited since, or put right."""
    also = DesiredFile(path="qmail:locals", content=b"")

    assert moved(of_qmail(), of_qmail(more=[also])) == "a change more: qmail:locals"
    assert moved(of_qmail(more=[also]), of_qmail()) == "a change less: qmail:locals"


def test_another_target() -> None:
    """A symbolic link leads elsewhere."""
    facts = qmail_facts()
    file = dataclasses.replace(facts.files["qmail:smtproutes"], target="/elsewhere")
    now = dataclasses.replace(facts, files={**facts.files, "qmail:smtproutes": file})

    assert moved(of_qmail(), of_qmail(facts=now)) == (
        "another file is meant: /elsewhere, not /var/qmail/control/smtproutes"
    )


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        ((), ("b", "a"), "it is refused otherwise: a, b, then not at all"),
        (("a",), (), "it is refused otherwise: not at all, then a"),
        (("a",), ("b",), "it is refused otherwise: b, then a"),
    ],
)
def test_other_refusals(then: tuple[str, ...], now: tuple[str, ...], told: str) -> None:
    """By the codes of their findings."""
    assert moved(refused(of_qmail(), *then), refused(of_qmail(), *now)) == told


def test_a_warning_is_no_refusal() -> None:
    """How many messages wait changes by the minute."""
    waits = Finding(code="queue", severity=Severity.WARNING, text="412 messages wait")

    plan = dataclasses.replace(of_qmail(), findings=(waits,))
    assert save(planned(plan)).hosts[0].errors == ()
    assert moved(of_qmail(), plan) is None


def test_another_end() -> None:
    """A host that was down when the others were planned was not reviewed; and one that is down now is told of."""
    down = failed("edge", Unreachable("down"))

    assert moved(down, of_qmail()) == "it is planned, then it was failed"
    assert moved(of_qmail(), down) == "it is failed, then it was planned"
    there = planned(of_qmail())
    assert moved(there, dataclasses.replace(there, status=Status.UNKNOWN)) == "it is unknown, then it was planned"


def test_what_has_no_better_reason() -> None:
    """A fingerprint covers more than is told apart here."""
    assert moved(of_qmail(), dataclasses.replace(of_qmail(), fingerprint="0")) == "its fingerprint is another"


def test_hosts_that_are_not_asked_about_do_not_count() -> None:
    """A part of the plan can be applied."""
    a, b = (planned(of_qmail(host=qmail_host(name))) for name in ("a", "b"))

    assert differences(save(a, b), FleetResult(results=(b,)), KEY) == {}


def test_the_same_inventory_has_no_difference() -> None:
    """Whatever its hosts' plans are."""
    saved = save(planned(of_qmail()))

    assert inventory_difference(saved, inventory(EDGE), KEY) is None


def test_what_an_inventory_says_otherwise() -> None:
    """By host and setting."""
    a, b, c = (qmail_host(name) for name in "abc")
    saved = save(*(planned(of_qmail(host=host)) for host in (a, b, c)))
    other = dataclasses.replace(b, domains={}, routes={"x.test": Direct()})

    assert inventory_difference(saved, inventory(a, other), KEY) == "b (domains, routes); c (gone)"
    assert inventory_difference(saved, inventory(a, b, c, qmail_host("d")), KEY) == (
        "something that is not said of these hosts"
    )


def test_a_setting_that_one_side_does_not_know_is_a_difference() -> None:
    """As another relayconf may have more of them."""
    saved = save(planned(of_qmail()))
    host = saved.hosts[0]
    older = {name: digest for name, digest in host.settings.items() if name != "egress"}
    then = dataclasses.replace(saved, inventory="0", hosts=(dataclasses.replace(host, settings={**older, "new": "1"}),))

    assert inventory_difference(then, inventory(EDGE), KEY) == "edge (new, egress)"
