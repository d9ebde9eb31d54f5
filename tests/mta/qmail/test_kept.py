"""Files of somebody else's that mean as much as the wish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.importing.directories import control_facts
from relayconf.model import FlavourName, Host
from relayconf.mta.qmail.flavours import FLAVOURS
from relayconf.mta.qmail.kept import directory_of, findings, probes, routes_alike, with_kept
from relayconf.mta.qmail.paths import TLSDESTINATIONS
from relayconf.mta.qmail.smtproutes import PATH
from tests.support.hosts import qmail_host

WANT = DesiredFile(path=PATH, content=b"# Managed by relayconf.\na.test:\n:relay.test\n")


def facts_of(**files: bytes | None) -> Facts:
    """A host with these control files and a usual `me`."""
    return control_facts({"me": b"me.test\n", **files}, Path("/c"))


def of_flavour(flavour: FlavourName = "classic") -> Host:
    """A host of it."""
    return replace(qmail_host(), flavour=flavour)


def kept(facts: Facts, want: DesiredFile = WANT, flavour: FlavourName = "classic") -> DesiredFile:
    """What the wish becomes."""
    (file,) = with_kept(of_flavour(flavour), facts, [want])
    return file


@pytest.mark.parametrize(
    "live",
    [
        b":RELAY.test.\na.test:\nme.test:dead.test\n*.b:dead.test\n",
        b":relay.test\na.test:\n.a.test:relay.test\n",
    ],
)
def test_what_routes_alike_stays(live: bytes) -> None:
    """Dead lines, duplicates, and lines that say what the default says; and it is told."""
    facts = facts_of(smtproutes=live)

    file = kept(facts)

    assert file.content == live
    assert [(item.code, item.text) for item in findings(facts, [file])] == [
        ("qmail-kept", "smtproutes says as much as the inventory, in words of its own: it stays until that changes")
    ]


@pytest.mark.parametrize(
    "live",
    [
        b":relay.test\n",
        b":relay.test:26\na.test:\n",
        b":relay.test\na.test:\n.b.test:other.test\n",
        b":relay.test\na.test:\n[192.0.2.1]:other.test\n",
        None,
    ],
)
def test_what_does_not_is_replaced(live: bytes | None) -> None:
    """Another route for somebody is enough."""
    assert kept(facts_of(smtproutes=live)) == WANT
    assert list(findings(facts_of(smtproutes=live), [WANT])) == []


def test_an_empty_file_is_as_good_as_none() -> None:
    """Nothing is deleted for nothing."""
    wish = replace(WANT, content=None)

    assert kept(facts_of(smtproutes=b"# nothing\n"), wish).content == b"# nothing\n"
    assert kept(facts_of(smtproutes=b"a.test:b.test\n"), wish) == wish


def test_what_relayconf_wrote_is_its_own() -> None:
    """Then it is drift, and other words are not kept."""
    facts = facts_of(smtproutes=b":RELAY.test\na.test:\n")
    applied = replace(facts, values={f"applied.{PATH}": "0 20261124T000000Z-000000 2026-11-24T00:00:00Z"})

    assert kept(applied) == WANT
    assert list(findings(applied, [replace(WANT, content=b":RELAY.test\na.test:\n")])) == []


def test_a_mode_that_lets_nobody_else_read_stays() -> None:
    """With passwords in it; any other mode is put right."""
    want = replace(WANT, mode=0o640, group="qmail", secret=True)
    for owner, group, mode, stays in (
        ("root", "qmail", 0o640, True),
        ("qmailr", "root", 0o600, True),
        ("root", "root", 0o640, False),
        ("root", "qmail", 0o644, False),
    ):
        facts = facts_of(smtproutes=b":relay.test\na.test:\n")
        disk = replace(facts.files[PATH], owner=owner, group=group, mode=mode)
        file = kept(replace(facts, files={**facts.files, PATH: disk}), want)

        assert (file.mode is None and file.group is None) is stays
        assert file.content == want.content


def test_routes_before_smtproutes() -> None:
    """Where qmtproutes comes first a line more or less can matter."""
    live = b":relay.test\na.test:\n.a.test:relay.test\n"

    assert kept(facts_of(smtproutes=live, qmtproutes=b".test:q.test\n"), flavour="sqmail") == WANT
    assert kept(facts_of(smtproutes=live, qmtproutes=b".test:q.test\n")).content == live


def alike(flavour: str, one: bytes, other: bytes) -> bool:
    """Of two files of one host."""
    facts = facts_of()
    return routes_alike(*(directory_of(FLAVOURS[flavour], facts, content) for content in (one, other)))


def test_by_flavour() -> None:
    """Bounces, credentials, names that files of TLS are found by, and a password that is not there."""
    assert not alike("sqmail", b"!@:b.test\n:a.test\n", b":a.test\n")
    assert alike("classic", b"!@:b.test\n:a.test\n", b":a.test\n")
    assert not alike("sagredo", b":a.test:587|u|x\n", b":a.test:587|u|y\n")
    assert alike("classic", b":a.test:587|u|x\n", b":a.test:587|u|y\n")
    assert not alike("sagredo", b":A.test\n", b":a.test\n")
    assert alike("sagredo", b":[192.0.2.1]\n", b":192.0.2.001\n")
    assert not alike("sagredo", b":a.test:587|u\n", b":a.test:587|u\n")


def test_probes() -> None:
    """One for every key, below a wildcard too, and a name that no key has a part of."""
    keys = [b".probe.test", b"a.test", b"", b"*", b"u@a.test", b"!@"]

    assert list(probes(FLAVOURS["sqmail"], keys)) == [b"probex", b"probex.probe.test", b"a.test"]


@pytest.mark.parametrize(
    ("live", "stays"),
    [(b"=relay.test:/ca.pem||\nother.test:\n", True), (b"*:\n", False), (b"other.test:\n", False)],
)
def test_destinations(live: bytes, stays: bool) -> None:  # noqa: FBT001  a parameter of the test
    """A table that demands TLS of the relays of the wish, with a certificate perhaps, is not replaced by a weaker."""
    want = DesiredFile(path=TLSDESTINATIONS, content=b"# Managed by relayconf.\nrelay.test:\n")

    assert (kept(facts_of(tlsdestinations=live), want, "sqmail") != want) is stays


def test_other_files_are_as_wished() -> None:
    """Whoever wrote them."""
    files: Mapping[str, bytes | None] = {"authsenders": b"@a.test:b.test|u|p\n"}
    want = DesiredFile(path="qmail:authsenders", content=b"x")
    same = replace(want, content=files["authsenders"])

    assert kept(facts_of(**files), want, "sagredo") == want
    assert list(findings(facts_of(**files), [same])) == []
