"""`relayconf apply`, on a host of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.apply import apply
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.support.local_host import local_host, said
from tests.support.qmail_tree import snapshot


def test_a_typed_yes_applies(tmp_path: Path) -> None:
    """The plan first, then the question, then what was done."""
    host = local_host(tmp_path)
    heard = said("yes\n", terminal=True)

    assert apply(heard.console, host.options()) is ExitCode.OK
    assert "Apply this to 1 host? Type yes: " in heard.err.getvalue()
    assert heard.out.getvalue().index("Plan: 1 host changes") < heard.out.getvalue().index("Apply: 1 changed")
    assert (host.control / "smtproutes").exists()


@pytest.mark.parametrize("answer", ["y\n", "no\n", "\n", ""])
def test_anything_else_changes_nothing(tmp_path: Path, answer: str) -> None:
    """`y` is not `yes`, and neither is silence."""
    host = local_host(tmp_path)
    before = snapshot(host.control)
    heard = said(answer, terminal=True)

    assert apply(heard.console, host.options()) is ExitCode.ERROR
    assert heard.err.getvalue().endswith("nothing was changed\n")
    assert snapshot(host.control) == before
    assert not (tmp_path / "state").exists()


def test_without_a_terminal_it_wants_yes_beforehand(tmp_path: Path) -> None:
    """What is piped in is no answer."""
    host = local_host(tmp_path)

    with pytest.raises(UsageError, match="no terminal to ask on"):
        apply(said("yes\n").console, host.options())
    assert apply(said().console, host.options(), yes=True) is ExitCode.OK


def test_an_unchanged_host_is_not_asked_about(tmp_path: Path) -> None:
    """Nor written to."""
    host = local_host(tmp_path, smtproutes=b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n")
    heard = said()

    assert apply(heard.console, host.options()) is ExitCode.OK
    assert heard.out.getvalue() == "Plan: no changes (1 host)\n"
    assert not (tmp_path / "state").exists()


def test_a_refused_host_is_never_applied(tmp_path: Path) -> None:
    """Whatever is said."""
    host = local_host(tmp_path)
    (host.control / "me").unlink()
    before = snapshot(host.control)

    assert apply(said().console, host.options(), yes=True) is ExitCode.HOST_FAILED
    assert snapshot(host.control) == before


def test_json_is_one_document_whatever_happens(tmp_path: Path) -> None:
    """The plan's when there is nothing to do, the apply's when there was."""
    host = local_host(tmp_path)
    first, second = said(), said()

    apply(first.console, host.options(json=True), yes=True)
    apply(second.console, host.options(json=True), yes=True)

    assert json.loads(first.out.getvalue())["kind"] == "apply"
    assert json.loads(second.out.getvalue())["kind"] == "plan"
