"""What of others' a managed file would take away, and what has no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.manage import Manage
from relayconf.model import Host, Local, Target
from relayconf.mta.qmail import ownership
from relayconf.mta.qmail.paths import LOCALS
from tests.support.facts import actual, qmail_facts
from tests.support.hosts import STORE, qmail_host

DOMAINS: Mapping[str, Target] = {"a.example": Local(), "store.example": STORE}
EVERY = Manage(locals=True, rcpthosts=True, virtualdomains={}, me="a.example")


def host(manage: Manage = EVERY) -> Host:
    """A host that is local for one domain."""
    return replace(qmail_host(domains=DOMAINS), manage=manage)


def on_host(applied: str = "", /, **files: bytes | None) -> Facts:
    """A host with these control files."""
    facts = qmail_facts()
    changed = {f"qmail:{name}": actual(f"qmail:{name}", content) for name, content in files.items()}
    return replace(
        facts,
        values={f"applied.{applied}": f"{'0' * 64} t 2026-11-24T10:15:00Z"} if applied else {},
        files={**facts.files, **changed},
    )


def lost(facts: Facts, **wish: bytes) -> list[str]:
    """What would be lost where these files are wished."""
    return list(ownership.lost(host(), facts, [DesiredFile(path=f"qmail:{n}", content=c) for n, c in wish.items()]))


@pytest.mark.parametrize(
    ("files", "wish", "text"),
    [
        (
            {"locals": b"a.example\nB.example\nstore.example\n"},
            {"locals": b"a.example\n"},
            "entries of locals that the inventory does not have would go: b.example",
        ),
        (
            {"locals": None, "me": b"me.example\n"},
            {"locals": b"a.example\n"},
            "entries of locals that the inventory does not have would go: me.example",
        ),
        (
            {"locals": b"a.example\nlocalhost\nevil|secret\n"},
            {"locals": b"localhost\n"},
            "entries of locals that the inventory does not have would go: a.example, evil…",
        ),
        (
            {"rcpthosts": b".b.example\nstore.example\n"},
            {"rcpthosts": b"a.example\n"},
            "entries of rcpthosts that the inventory does not have would go: .b.example, store.example",
        ),
        (
            {"virtualdomains": b"b.example:b\nx.b.example:\na.example:a\n"},
            {"virtualdomains": b"a.example:other\n"},
            "entries of virtualdomains that the inventory does not have would go: b.example, x.b.example",
        ),
    ],
)
def test_lost(files: Mapping[str, bytes | None], wish: Mapping[str, bytes], text: str) -> None:
    """Entries of a file that relayconf never wrote; what the inventory sends elsewhere is no loss of locals."""
    assert lost(on_host(**files), **wish) == [text]


def test_not_lost() -> None:
    """What stays, what is not managed, an open relay that is closed, and what relayconf wrote itself."""
    assert lost(on_host(locals=b"b.example\n"), rcpthosts=b"kamata-net.com\nb.example\n") == []
    assert lost(on_host(rcpthosts=None), rcpthosts=b"a.example\n") == []
    assert lost(on_host(LOCALS, locals=b"b.example\n"), locals=b"a.example\n") == []


def told(facts: Facts, manage: Manage = EVERY, **wish: bytes) -> list[tuple[str, str]]:
    """Codes and texts."""
    desired = [DesiredFile(path=f"qmail:{name}", content=content) for name, content in wish.items()]
    return [(item.code, item.text) for item in ownership.findings(host(manage), facts, desired)]


def test_nothing_left_for_locals() -> None:
    """When the admin's virtualdomains has them all; said once, where the inventory alone does not say it."""
    text = "`manage.locals`: no domain is left for locals, and an empty one makes mail for the host itself leave too"
    empty = replace(host(), domains={"store.example": STORE})

    assert told(on_host(), locals=b"# none\n") == [("qmail-manage-empty", text)]
    assert told(on_host(), locals=b"a.example\n") == []
    assert told(on_host(locals=b""), rcpthosts=b"a.example\n") == []
    assert not list(ownership.findings(empty, on_host(), [DesiredFile(path=LOCALS, content=b"")]))


def test_virtual_domains_that_locals_has() -> None:
    """The line would do nothing: locals comes first."""
    manage = Manage(virtualdomains={"b.example": "b", "X@a.example": "x", "c.example": "c"})
    text = "in `manage.virtualdomains`, but in locals too, which comes first: b.example, X@a.example"
    facts = on_host(locals=b"a.example\nB.example\n")

    assert told(facts, manage, virtualdomains=b"b.example:b\n") == [("qmail-manage-dead", text)]
    assert told(facts, manage, locals=b"z.example\n") == []


def test_a_new_name() -> None:
    """qmail-send goes by the old one until it is started again."""
    text = "me changes: qmail-send goes by the old name, in bounces and for addresses without @, until it starts again"

    assert told(on_host(me=b"old.example\n"), me=b"a.example\n") == [("qmail-me-restart", text)]
    assert told(on_host(me=None), me=b"a.example\n") == [("qmail-me-restart", text)]
    assert told(on_host(me=b"a.example\nnotes\n"), me=b"a.example\n") == []
    assert told(on_host(), virtualdomains=b"") == []
