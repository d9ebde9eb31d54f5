"""Control files that the inventory manages, planned and deployed: their order, the HUP, and the way back."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.deploy import deploy
from relayconf.errors import DeployError
from relayconf.files import DesiredFile
from relayconf.manage import Manage
from relayconf.masking import Masker
from relayconf.model import At, Host, Local, Nexthop, Target
from relayconf.mta import qmail
from relayconf.observe import observe
from relayconf.plan import HostPlan, plan_host
from relayconf.render import render
from relayconf.safety import Limit
from relayconf.templating import Templates, default_directories
from tests.shell.sandbox import LOCAL, TRANSACTION, Sandbox, running
from tests.support.hosts import qmail_host

KEY = b"k" * 32
MARK = "# Managed by relayconf. Change the inventory, not this file.\n"
STORE = At(host="store", nexthop=Nexthop(host="192.168.0.100"))
DOMAINS: Mapping[str, Target] = {"edge.kamata-net.com": Local(), "kamata-net.com": STORE, "new.example": Local()}
EVERY = Manage(
    locals=True,
    rcpthosts=True,
    virtualdomains={"shop.example": "alice-shop"},
    me="edge.kamata-net.com",
    helohost="out.kamata-net.com",
)
SHOP: Mapping[str, Target] = {**DOMAINS, "shop.example": Local()}


def wanted(sandbox: Sandbox, manage: Manage, domains: Mapping[str, Target] = DOMAINS) -> Host:
    """The sandbox as a host of the inventory."""
    host = qmail_host(home=sandbox.home, state=sandbox.root / "state", domains=domains)
    return replace(host, manage=manage, flavour="classic")


def planned(sandbox: Sandbox, host: Host) -> HostPlan:
    """The plan of what is there."""
    files = render(host, Templates(default_directories(None)), str)
    facts = observe(sandbox.session, host, qmail)
    return plan_host(host=host, mta=qmail, facts=facts, rendered=files, masker=Masker(KEY), key=KEY)


def applied(sandbox: Sandbox, plan: HostPlan, transaction: str = TRANSACTION) -> list[str]:
    """What was swapped and activated, in this order, when *plan* was deployed."""
    deploy(sandbox.session, plan.host, qmail, plan.changes, transaction)
    steps = [line.split("\t") for line in sandbox.journal(transaction)]
    return [" ".join(words) for step in steps if (words := step[-1].split())[0] in {"swap", "activate"}]


def contents(sandbox: Sandbox) -> dict[str, str]:
    """The control files as texts."""
    return {name: content.decode() for name, (content, *_) in sandbox.snapshot().items()}


def test_one_domain_comes_and_one_goes(host: Sandbox) -> None:
    """The door closes first and opens last; the one HUP is between, when the routes of what goes are there."""
    (host.control / "smtproutes").write_text("new.example:192.0.2.1\n:old.example\n")
    (host.control / "locals").write_text("edge.kamata-net.com\nkamata-net.com\n")
    (host.control / "rcpthosts").write_text("old.example\nkamata-net.com\n")
    (host.control / "rcpthosts").chmod(0o640)
    told = host.root / "told"
    with running(host.home, "qmail-send", f"trap 'echo hup >>{told}' HUP; while :; do sleep 0.05; done"):
        done = applied(host, planned(host, wanted(host, replace(EVERY, virtualdomains=None))))
        deadline = time.monotonic() + 5
        while not told.exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    assert done == [
        "swap qmail:rcpthosts",
        "swap qmail:smtproutes",
        "activate",
        "swap qmail:locals",
        "activate",
        "swap qmail:smtproutes",
        "swap qmail:helohost",
        "swap qmail:rcpthosts",
        "activate",
    ]
    assert told.read_text() == "hup\n"
    assert contents(host) == {
        "helohost": "out.kamata-net.com\n",
        "locals": f"{MARK}edge.kamata-net.com\nnew.example\n",
        "me": "edge.kamata-net.com\n",
        "rcpthosts": f"{MARK}edge.kamata-net.com\nkamata-net.com\nnew.example\n",
        "smtproutes": f"{MARK}kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n",
    }
    assert {name: oct(mode) for name, (_, mode, *_) in host.snapshot().items()} == {
        **dict.fromkeys(("helohost", "locals", "me", "smtproutes"), "0o644"),
        "rcpthosts": "0o640",
    }
    assert planned(host, wanted(host, replace(EVERY, virtualdomains=None))).changes == ()


def test_no_hup_for_names_alone(dash: Sandbox) -> None:
    """Who reads rcpthosts, me and helohost reads them anew by itself."""
    told = dash.root / "told"
    manage = Manage(rcpthosts=True, me="mx.kamata-net.com", helohost="out.kamata-net.com")
    with running(dash.home, "qmail-send", f"trap 'echo hup >>{told}' HUP; while :; do sleep 0.05; done"):
        plan = planned(dash, wanted(dash, manage, {"edge.kamata-net.com": Local(), "kamata-net.com": STORE}))
        applied(dash, plan)
        time.sleep(0.2)

    assert [item.code for item in plan.findings if item.code == "qmail-me-restart"] == ["qmail-me-restart"]
    assert not told.exists()
    assert contents(dash)["me"] == "mx.kamata-net.com\n"


def test_virtual_domains_come_with_the_hup(dash: Sandbox) -> None:
    """And the way back brings back their absence."""
    before = dash.snapshot()
    host = wanted(dash, EVERY, SHOP)
    done = applied(dash, planned(dash, host))

    assert done[-8:-4] == ["activate", "swap qmail:virtualdomains", "swap qmail:locals", "activate"]
    assert contents(dash)["virtualdomains"] == f"{MARK}shop.example:alice-shop\n"
    assert "shop.example" not in contents(dash)["locals"]
    assert "shop.example" in contents(dash)["rcpthosts"]
    assert dash.undo("rollback")[-1] == "end 0"
    assert dash.snapshot() == before


def limits(plan: HostPlan) -> Sequence[Limit]:
    """What blocks apply."""
    return plan.limits


def test_what_others_would_lose(dash: Sandbox) -> None:
    """Entries that relayconf never wrote; after it wrote them, what was edited since; domains that would leave."""
    (dash.control / "locals").write_text("edge.kamata-net.com\nlocalhost\n")
    (dash.control / "virtualdomains").write_text("b.example:bob\n")
    manage = Manage(locals=True, virtualdomains={})
    first = planned(dash, wanted(dash, manage))

    assert [(route.recipients, route.before, route.after) for route in first.routes] == [
        ("the rest of the world", "direct (MX)", "mail.asahi-net.or.jp:25"),
        ("b.example", "local", "mail.asahi-net.or.jp:25"),
        ("localhost", "local", "mail.asahi-net.or.jp:25"),
        ("new.example", "direct (MX)", "local"),
    ]

    assert {limit.code: limit.text for limit in first.limits} == {
        "own-domain": "mail for domains of our own would leave through a relay: b.example, localhost",
        "take-over": "entries of locals that the inventory does not have would go: localhost; "
        "entries of virtualdomains that the inventory does not have would go: b.example",
    }
    applied(dash, first)
    (dash.control / "locals").write_text("edge.kamata-net.com\nnew.example\nc.example\n")
    second = planned(dash, wanted(dash, manage))

    assert {limit.code: limit.text for limit in second.limits} == {
        "drift": "edits made by hand would be overwritten: locals",
        "own-domain": "mail for domains of our own would leave through a relay: c.example",
    }
    assert [(item.path, item.disk, item.wanted) for item in second.drift] == [
        (LOCAL, "edited since", "as the inventory says")
    ]


def test_what_is_not_managed_stays(dash: Sandbox) -> None:
    """No file but the routes is touched, nor said to be, without `manage`, and none but those that it names with it."""
    (dash.control / "locals").write_text("edge.kamata-net.com\nnew.example\nx.example\n")
    plain = planned(dash, wanted(dash, Manage()))
    some = planned(dash, wanted(dash, Manage(helohost="out.kamata-net.com")))

    assert [change.path for change in plain.changes] == ["qmail:smtproutes"]
    assert [change.path for change in some.changes] == ["qmail:smtproutes", "qmail:helohost"]


@pytest.mark.parametrize(
    ("path", "content", "mode", "reason"),
    [
        ("qmail:rcpthosts", None, None, "without it qmail-smtpd takes mail for every domain from everyone"),
        ("qmail:me", None, None, "without it no program of qmail works"),
        (
            "qmail:rcpthosts",
            b"a.example\n",
            0o600,
            "with mode 600 and group {group} the user of qmail-smtpd could not read it",
        ),
    ],
)
def test_refused_on_the_host(host: Sandbox, path: str, content: bytes | None, mode: int | None, reason: str) -> None:
    """Whatever asks for it: nobody is left an open relay, or with files that their readers cannot read."""
    before = host.snapshot()
    group = Path("/etc/group").read_text().partition(":")[0]

    with pytest.raises(DeployError) as caught:
        host.deploy(host.changes(DesiredFile(path=path, content=content, mode=mode)))

    assert caught.value.message == f"validate: {path}: {reason.format(group=group)}; the host is as it was before"
    assert host.snapshot() == before
