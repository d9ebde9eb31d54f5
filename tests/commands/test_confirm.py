"""`relayconf confirm`, on hosts of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.confirm import confirm
from relayconf.console import Console
from relayconf.exits import ExitCode
from tests.support.journals import TWO_HOSTS, applied, killed_by, make_rear, wait_for_confirmation
from tests.support.local_host import Interrupted, local_host, said
from tests.support.qmail_tree import snapshot


def test_what_waits_is_confirmed(tmp_path: Path) -> None:
    """And named; a host where nothing waits says so."""
    host = local_host(tmp_path, inventory=TWO_HOSTS)
    make_rear(host)
    transaction = applied(host)
    wait_for_confirmation(host, transaction)
    live = snapshot(host.control)
    first, second = said(), said()

    assert confirm(first.console, host.options()) is ExitCode.OK
    assert confirm(second.console, host.options("edge")) is ExitCode.OK
    assert first.out.getvalue() == (
        f"edge   confirmed   {transaction}\nrear   nothing waits to be confirmed\n\nConfirm: 1 unchanged, 1 changed\n"
    )
    assert second.out.getvalue() == "edge   nothing waits to be confirmed\n\nConfirm: 1 unchanged\n"
    assert not (tmp_path / "state" / "txn" / transaction / "confirm").exists()
    assert snapshot(host.control) == live


def test_too_late(tmp_path: Path) -> None:
    """What the host rolls back cannot be kept any more."""
    host = local_host(tmp_path)
    transaction = applied(host)
    wait_for_confirmation(host, transaction, boot="another-boot")
    heard = said()

    assert confirm(heard.console, host.options()) is ExitCode.HOST_FAILED
    assert f"edge   failed, nothing changed: confirm: transaction {transaction} was to be" in heard.out.getvalue()


def test_a_confirmation_that_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outcome is unknown here, and says so."""
    host = local_host(tmp_path)
    wait_for_confirmation(host, applied(host))
    killed_by("rm", "/confirm", tmp_path, monkeypatch)
    heard = said()

    assert confirm(heard.console, host.options()) is ExitCode.HOST_FAILED
    assert "edge   outcome unknown: the script was killed" in heard.out.getvalue()


def test_an_interrupted_look_confirms_nothing(tmp_path: Path) -> None:
    """The host goes on counting."""
    host = local_host(tmp_path)
    transaction = applied(host)
    wait_for_confirmation(host, transaction)
    heard = said()
    console = Console(stdin=heard.console.stdin, stdout=heard.out, stderr=Interrupted())

    assert confirm(console, host.options()) is ExitCode.INTERRUPTED
    assert (tmp_path / "state" / "txn" / transaction / "confirm").exists()


def test_json(tmp_path: Path) -> None:
    """One document."""
    host = local_host(tmp_path)
    transaction = applied(host)
    wait_for_confirmation(host, transaction)
    heard = said()

    confirm(heard.console, host.options(json=True))

    value = json.loads(heard.out.getvalue())
    assert (value["kind"], value["hosts"][0]["done"]["transactions"]) == ("confirm", [transaction])
