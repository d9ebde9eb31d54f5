"""Hosts in parallel: each for itself."""

from __future__ import annotations

from pathlib import Path

from relayconf.errors import HostCrash, Unreachable
from relayconf.model import Host
from relayconf.result import HostResult, Status, skipped
from relayconf.workers import each, isolated
from tests.support.hosts import qmail_host


def silent(*_: object) -> None:
    """Progress that nobody hears of."""


def host(tmp_path: Path, name: str) -> Host:
    """A host that nobody contacts."""
    return qmail_host(name, home=tmp_path, state=tmp_path)


def test_results_come_in_the_order_of_the_hosts(tmp_path: Path) -> None:
    """Whatever the order in which they end."""
    fleet = [host(tmp_path, name) for name in ("c", "a", "b")]

    results = each(fleet, lambda one: skipped(one.name), parallel=3, progress=silent).results

    assert [result.host for result in results] == ["c", "a", "b"]


def test_an_error_is_the_host_s_result(tmp_path: Path) -> None:
    """A known one as it is, a bug as a crash of that host."""

    def down(_: Host) -> HostResult:
        raise Unreachable("down")

    def bug(_: Host) -> HostResult:
        raise ZeroDivisionError

    known, crashed = isolated(host(tmp_path, "a"), down), isolated(host(tmp_path, "b"), bug)

    assert (known.status, type(known.error)) == (Status.FAILED, Unreachable)
    assert (crashed.status, type(crashed.error)) == (Status.FAILED, HostCrash)
