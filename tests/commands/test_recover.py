"""`relayconf recover`, on a host of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.recover import recover
from relayconf.exits import ExitCode
from tests.support.journals import applied, cut_short, killed_by, wait_for_confirmation
from tests.support.local_host import local_host, said
from tests.support.qmail_tree import snapshot


def test_what_was_cut_short_is_put_right(tmp_path: Path) -> None:
    """And told; once that is done there is nothing to do."""
    host = local_host(tmp_path)
    before = snapshot(host.control)
    transaction = applied(host)
    cut_short(host, transaction)
    first, second = said(), said()

    assert recover(first.console, host.options()) is ExitCode.OK
    assert recover(second.console, host.options()) is ExitCode.OK
    assert first.out.getvalue() == (
        f"edge   transaction {transaction}, which had been cut short, was rolled back\n\nRecover: 1 changed\n"
    )
    assert second.out.getvalue() == "edge   nothing was cut short\n\nRecover: 1 unchanged\n"
    assert snapshot(host.control) == before


def test_a_recovery_that_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outcome is unknown here, and says so; the next one goes on."""
    host = local_host(tmp_path)
    applied(host)
    before = snapshot(host.control)
    cut_short(host, applied(host, 101))
    heard = said()
    with monkeypatch.context() as inner:
        killed_by("mv", "smtproutes", tmp_path, inner)

        assert recover(heard.console, host.options()) is ExitCode.HOST_FAILED

    assert "edge   outcome unknown: the script was killed" in heard.out.getvalue()
    assert recover(said().console, host.options()) is ExitCode.OK
    assert snapshot(host.control) == before


def test_what_was_not_confirmed_in_time_goes(tmp_path: Path) -> None:
    """As the host's own clock would have done."""
    host = local_host(tmp_path)
    before = snapshot(host.control)
    transaction = applied(host)
    wait_for_confirmation(host, transaction, until=1)
    heard = said()

    assert recover(heard.console, host.options(json=True)) is ExitCode.OK
    value = json.loads(heard.out.getvalue())
    assert value["kind"] == "recover"
    assert value["hosts"][0]["done"]["recovered"] == [
        f"transaction {transaction}, which nobody had confirmed in time, was rolled back"
    ]
    assert snapshot(host.control) == before
