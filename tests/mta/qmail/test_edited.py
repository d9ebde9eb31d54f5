"""smtproutes that others wrote, or wrote in."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from relayconf.drift import Drift
from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.model import Direct, Target
from relayconf.mta.qmail import drift, takes_over
from tests.support.facts import actual, qmail_facts
from tests.support.hosts import STORY_SMTPROUTES, qmail_host

PATH = "qmail:smtproutes"
LAST = "as transaction t left it on 2026-11-24"


def on_host(smtproutes: bytes | None, applied: bytes | None = None, *, was_applied: bool = True) -> Facts:
    """A host with this file, where *applied* was applied last."""
    digest = "-" if applied is None else hashlib.sha256(applied).hexdigest()
    values = {f"applied.{PATH}": f"{digest} t 2026-11-24T10:15:00Z"} if was_applied else {}
    return dataclasses.replace(qmail_facts(smtproutes=smtproutes), values=values)


def drifted(facts: Facts, wanted: bytes | None = STORY_SMTPROUTES) -> tuple[Drift, ...]:
    """The drift of a host that should have *wanted*."""
    return drift(qmail_host(), facts, [DesiredFile(path=PATH, content=wanted)])


@pytest.mark.parametrize(
    ("smtproutes", "applied", "wanted", "found"),
    [
        (b":x\n", STORY_SMTPROUTES, STORY_SMTPROUTES, (LAST, "edited since", "as the inventory says")),
        (None, STORY_SMTPROUTES, STORY_SMTPROUTES, (LAST, "gone", "as the inventory says")),
        (b":x\n", None, None, ("removed by transaction t on 2026-11-24", "made since", None)),
        (b":x\n", b":x\n", STORY_SMTPROUTES, None),
        (b"# mine\n" + STORY_SMTPROUTES, b":x\n", STORY_SMTPROUTES, None),
        (None, b":x\n", None, None),
    ],
)
def test_drift(
    smtproutes: bytes | None, applied: bytes | None, wanted: bytes | None, found: tuple[str | None, ...] | None
) -> None:
    """A file that is neither what was applied nor what is wished."""
    told = [
        (item.path, item.name, (item.last, item.disk, item.wanted))
        for item in drifted(on_host(smtproutes, applied), wanted)
    ]

    assert told == ([] if found is None else [(PATH, None, found)])


def test_a_file_that_was_never_applied_cannot_drift() -> None:
    """It is somebody else's."""
    assert drifted(on_host(b":x\n", was_applied=False)) == ()


def test_a_content_known_only_by_its_hash() -> None:
    """Is compared by it."""
    facts = on_host(STORY_SMTPROUTES, b":x\n")
    known = dataclasses.replace(actual(PATH, STORY_SMTPROUTES), content=None)
    facts = dataclasses.replace(facts, files={**facts.files, PATH: known})

    assert drifted(facts) == ()
    assert len(drifted(facts, b":y\n")) == 1
    assert takes_over(qmail_host(), facts, [DesiredFile(path=PATH, content=b":y\n")]) == ()


FOREIGN = b"kamata-net.com:10.0.0.1\nkept.test:mail.asahi-net.or.jp\nedge.kamata-net.com:x\nA.test:x\n.b.test:\n:isp\n"


@pytest.mark.parametrize(
    ("routes", "names"),
    [({}, "a.test, .b.test"), ({"a.test": Direct()}, ".b.test")],
)
def test_routes_of_somebody_else_s(routes: dict[str, Target], names: str) -> None:
    """Those that the inventory does not name, that are in use, and whose mail would go elsewhere; not the default."""
    told = takes_over(
        qmail_host(routes=routes),
        on_host(FOREIGN, was_applied=False),
        [DesiredFile(path=PATH, content=STORY_SMTPROUTES)],
    )

    assert told == (f"routes of smtproutes that the inventory does not name would go: {names}",)


def test_nothing_is_taken_over() -> None:
    """Where relayconf was before, where the default alone becomes another, and where there is nothing."""
    wanted = [DesiredFile(path=PATH, content=STORY_SMTPROUTES)]

    for facts in (on_host(FOREIGN, b"x\n"), on_host(b":isp\n", was_applied=False), on_host(None, was_applied=False)):
        assert takes_over(qmail_host(), facts, wanted) == ()


def test_the_last_phase_counts() -> None:
    """What a file is until the HUP is neither drift nor a loss."""
    until, then = (DesiredFile(path=PATH, content=content) for content in (b"a.test:x\n:x\n", STORY_SMTPROUTES))

    assert [item.disk for item in drift(qmail_host(), on_host(b":y\n", b":z\n"), [until, then])] == ["edited since"]
    assert takes_over(qmail_host(), on_host(b"a.test:x\n", was_applied=False), [until, then]) == (
        "routes of smtproutes that the inventory does not name would go: a.test",
    )


def test_a_route_of_what_becomes_local() -> None:
    """Is no loss."""
    files = [DesiredFile(path=PATH, content=STORY_SMTPROUTES), DesiredFile(path="qmail:locals", content=b"a.test\n")]
    facts = on_host(b"a.test:x\n", was_applied=False)

    assert takes_over(qmail_host(), facts, files[:1]) != ()
    assert takes_over(qmail_host(), facts, files) == (
        "entries of locals that the inventory does not have would go: edge.kamata-net.com",
    )
