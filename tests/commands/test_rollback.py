"""`relayconf rollback`, on hosts of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.rollback import rollback
from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.support.journals import TWO_HOSTS, applied, cut_short, killed_by, make_rear
from tests.support.local_host import Interrupted, LocalHost, Said, Terminal, local_host, said
from tests.support.qmail_tree import snapshot


def roll(host: LocalHost, answer: str = "", *names: str, to: str | None = None, yes: bool = False) -> Said:
    """Roll back; a human answers, if there is an answer. Nothing must go wrong."""
    heard = said(answer, terminal=bool(answer))
    assert rollback(heard.console, host.options(*names), to=to, yes=yes) is ExitCode.OK
    return heard


def test_a_typed_yes_rolls_back(tmp_path: Path) -> None:
    """What would be undone first, then the question, then what was done; one step a call, down to the beginning."""
    host = local_host(tmp_path)
    before = snapshot(host.control)
    first = applied(host)
    between = snapshot(host.control)
    second = applied(host, 101)

    heard = roll(host, "yes\n")

    shown = heard.out.getvalue().splitlines()
    assert shown[0] == "edge   1 transaction to roll back"
    assert shown[2].split()[0] == second
    assert shown[3:] == [f"edge   rolled back   {second}", "", "Rollback: 1 changed"]
    assert "Roll back 1 host? Type yes: " in heard.err.getvalue()
    assert snapshot(host.control) == between
    assert f"rolled back   {first}" in roll(host, yes=True).out.getvalue()
    assert snapshot(host.control) == before
    assert roll(host, yes=True).out.getvalue() == "edge   nothing to roll back\n"


@pytest.mark.parametrize("answer", ["y\n", "no\n", "\n"])
def test_anything_else_changes_nothing(tmp_path: Path, answer: str) -> None:
    """`y` is not `yes`."""
    host = local_host(tmp_path)
    applied(host)
    before = snapshot(host.control)
    heard = said(answer, terminal=True)

    assert rollback(heard.console, host.options()) is ExitCode.ERROR
    assert heard.err.getvalue().endswith("nothing was changed\n")
    assert snapshot(host.control) == before


def test_without_a_terminal_it_wants_yes_beforehand(tmp_path: Path) -> None:
    """What is piped in is no answer."""
    host = local_host(tmp_path)
    applied(host)
    before = snapshot(host.control)

    with pytest.raises(UsageError, match="there is no terminal to ask on") as caught:
        rollback(said("yes\n").console, host.options())
    assert "`relayconf history`" in str(caught.value.hint)
    assert snapshot(host.control) == before


def test_back_to_a_name(tmp_path: Path) -> None:
    """All that came after it goes; the newest itself is where the host is already."""
    host = local_host(tmp_path)
    first = applied(host)
    seen = snapshot(host.control)
    second, third = applied(host, 101), applied(host, 102)

    assert roll(host, to=third, yes=True).out.getvalue() == "edge   nothing to roll back\n"
    heard = roll(host, to=first, yes=True)

    assert "edge   2 transactions to roll back" in heard.out.getvalue()
    assert f"edge   rolled back   {third}\nedge   rolled back   {second}\n" in heard.out.getvalue()
    assert snapshot(host.control) == seen


def test_a_name_that_a_host_does_not_keep_is_refused(tmp_path: Path) -> None:
    """By name, and the host that has it is rolled back all the same."""
    host = local_host(tmp_path, inventory=TWO_HOSTS)
    rear = make_rear(host)
    first = applied(host)
    applied(host, 101)
    before = snapshot(rear)
    heard = said()

    assert rollback(heard.console, host.options(), to=first, yes=True) is ExitCode.HOST_FAILED
    assert f"rear   refused: this host keeps no transaction {first}" in heard.out.getvalue()
    assert heard.out.getvalue().endswith("\n\nRollback: 1 changed, 1 refused\n")
    assert snapshot(rear) == before
    assert b"192.168.0.100" in (host.control / "smtproutes").read_bytes()


def test_hosts_with_nothing_to_undo_are_told(tmp_path: Path) -> None:
    """The others are counted in the question."""
    host = local_host(tmp_path, inventory=TWO_HOSTS)
    rear = make_rear(host)
    applied(host)
    roll(host, "", "rear", yes=True)
    empty = snapshot(rear)
    heard = roll(host, "yes\n")

    assert "rear   nothing to roll back\n" in heard.out.getvalue()
    assert heard.out.getvalue().endswith("Rollback: 1 unchanged, 1 changed\n")
    assert "Roll back 1 host?" in heard.err.getvalue()
    assert snapshot(rear) == empty


def test_two_hosts_are_asked_about_once(tmp_path: Path) -> None:
    """And rolled back together."""
    host = local_host(tmp_path, inventory=TWO_HOSTS)
    rear = make_rear(host)
    applied(host)

    heard = roll(host, "yes\n")

    assert "Roll back 2 hosts?" in heard.err.getvalue()
    assert heard.out.getvalue().endswith("Rollback: 2 changed\n")
    assert not (rear / "smtproutes").exists()
    assert not (host.control / "smtproutes").exists()


def test_what_was_cut_short_is_put_right_before(tmp_path: Path) -> None:
    """And told before and after."""
    host = local_host(tmp_path)
    first = applied(host)
    second = applied(host, 101)
    cut_short(host, second)

    heard = roll(host, yes=True)

    shown = heard.out.getvalue()
    assert f"edge   transaction {second} is at work, or was cut short: then it is put right first" in shown
    assert f"edge   transaction {second}, which had been cut short, was rolled back" in shown
    assert f"edge   rolled back   {first}" in shown
    assert not (host.control / "smtproutes").exists()


def test_what_was_done_meanwhile_is_not_undone(tmp_path: Path) -> None:
    """Only what was shown: when somebody applies during the question, nothing is touched."""
    host = local_host(tmp_path)
    applied(host)

    class Busy(Terminal):
        def write(self, text: str, /) -> int:
            if "Type yes" in text:
                applied(host, 101)
            return super().write(text)

    heard = said("yes\n", terminal=True)
    console = Console(stdin=heard.console.stdin, stdout=heard.out, stderr=Busy())

    assert rollback(console, host.options()) is ExitCode.HOST_FAILED
    assert "edge   failed, nothing changed: rollback: the newest applied transaction is " in heard.out.getvalue()
    assert b"192.168.0.101" in (host.control / "smtproutes").read_bytes()


def test_a_repair_is_left_and_named(tmp_path: Path) -> None:
    """What a human wrote since is no business of a rollback: here that is all there is."""
    host = local_host(tmp_path)
    applied(host)
    (host.control / "smtproutes").write_bytes(b":by.hand\n")
    heard = said()

    assert rollback(heard.console, host.options(), yes=True) is ExitCode.HOST_FAILED
    assert "changed by somebody since: qmail:smtproutes; the host is as it was before" in heard.out.getvalue()
    assert (host.control / "smtproutes").read_bytes() == b":by.hand\n"


def test_a_rollback_that_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outcome is unknown here, and says so."""
    host = local_host(tmp_path)
    applied(host)
    applied(host, 101)
    killed_by("mv", "smtproutes", tmp_path, monkeypatch)
    heard = said()

    assert rollback(heard.console, host.options(), yes=True) is ExitCode.HOST_FAILED
    assert "edge   outcome unknown: the script was killed" in heard.out.getvalue()
    assert heard.out.getvalue().endswith("Rollback: 1 unknown\n")


def test_an_interrupted_look_undoes_nothing(tmp_path: Path) -> None:
    """Whatever was said beforehand."""
    host = local_host(tmp_path)
    applied(host)
    before = snapshot(host.control)
    heard = said()
    console = Console(stdin=heard.console.stdin, stdout=heard.out, stderr=Interrupted())

    assert rollback(console, host.options(), yes=True) is ExitCode.INTERRUPTED
    assert snapshot(host.control) == before


def test_json_is_one_document_whatever_happens(tmp_path: Path) -> None:
    """What was done, or what would be when that is nothing; the question shows the rest in words."""
    host = local_host(tmp_path)
    applied(host)
    heard, declined, over = said(), said("no\n", terminal=True), said()

    rollback(declined.console, host.options(json=True))
    rollback(heard.console, host.options(json=True), yes=True)
    rollback(over.console, host.options(json=True), yes=True)

    assert declined.out.getvalue() == ""
    assert "edge   1 transaction to roll back" in declined.err.getvalue()
    assert json.loads(heard.out.getvalue())["kind"] == "rollback"
    assert json.loads(over.out.getvalue())["kind"] == "way-back"
