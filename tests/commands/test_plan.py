"""`relayconf plan`, on a host of this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.commands.apply import apply
from relayconf.commands.options import ApplyOptions
from relayconf.commands.plan import _is_due, plan
from relayconf.drift import Drift
from relayconf.errors import Unreachable, UsageError
from relayconf.exits import ExitCode
from relayconf.files import DesiredFile
from relayconf.masking import Masker
from relayconf.mta import qmail
from relayconf.plan import plan_host
from relayconf.result import failed, planned
from tests.support.facts import qmail_facts
from tests.support.hosts import STORY_SMTPROUTES, qmail_host
from tests.support.local_host import INVENTORY, local_host, said
from tests.support.qmail_tree import snapshot


def test_pending_changes_are_told_by_the_exit_status_only_when_asked(tmp_path: Path) -> None:
    """A plan that worked is 0, with `--exit-code` 4; nothing on the host is touched."""
    host = local_host(tmp_path)
    before = snapshot(host.control)
    heard = said()

    assert plan(heard.console, host.options()) is ExitCode.OK
    assert plan(said().console, host.options(), exit_code=True) is ExitCode.CHANGES_PENDING
    assert "Plan: 1 host changes" in heard.out.getvalue()
    assert heard.err.getvalue() == "edge: planned\n"
    assert snapshot(host.control) == before


def test_nothing_to_do_is_0_with_either(tmp_path: Path) -> None:
    """For cron."""
    host = local_host(tmp_path, smtproutes=b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n")
    heard = said()

    assert plan(heard.console, host.options(), exit_code=True) is ExitCode.OK
    assert heard.out.getvalue() == "Plan: no changes (1 host)\n"


def test_a_refused_host_beats_pending_changes(tmp_path: Path) -> None:
    """A host without control/me cannot be applied: 5, not 4."""
    host = local_host(tmp_path)
    (host.control / "me").unlink()
    heard = said()

    assert plan(heard.console, host.options(), exit_code=True) is ExitCode.HOST_FAILED
    assert "edge   refused: control/me is missing" in heard.out.getvalue()


def test_json_is_one_document(tmp_path: Path) -> None:
    """With the versioned format on top."""
    heard = said()

    plan(heard.console, local_host(tmp_path).options(json=True))

    assert json.loads(heard.out.getvalue())["format"] == 1


def test_drift_counts_when_it_would_be_overwritten(tmp_path: Path) -> None:
    """It is shown with its flag; an edit that the inventory agrees with is no drift."""
    host = local_host(tmp_path)
    apply(said().console, host.options(), ApplyOptions(yes=True))
    (host.control / "smtproutes").write_bytes(b":by.hand\n")
    heard, agreed = said(), said()

    assert plan(heard.console, host.options(), exit_code=True) is ExitCode.CHANGES_PENDING
    assert "Drift     edge   smtproutes: last as transaction " in heard.out.getvalue()
    assert "blocks apply until --overwrite-drift\n" in heard.out.getvalue()
    (host.control / "smtproutes").write_bytes(b"# mine\nkamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n")
    assert plan(agreed.console, host.options(), exit_code=True) is ExitCode.OK
    assert agreed.out.getvalue() == "Plan: no changes (1 host)\n"


def test_without_secrets_nobody_is_asked(tmp_path: Path) -> None:
    """A Postfix host's password comes from a command that leaves a trace."""
    inventory = (
        INVENTORY.replace(
            "{{host: mail.asahi-net.or.jp, tls: none}}",
            "{{host: a.test, port: 587, auth: {{username: u, password: {{command: 'touch {home}/asked; echo x'}}}}}}",
        )
        .replace("mta: qmail", "mta: postfix")
        .replace("qmail_home: {home}", "config_directory: {home}")
    )
    host = local_host(tmp_path, inventory=inventory)
    asked = tmp_path / "qmail" / "asked"

    plan(said().console, host.options(), without_secrets=True)
    assert not asked.exists()
    plan(said().console, host.options())
    assert asked.exists()


def test_what_is_to_be_done_shows() -> None:
    """A diff, or an edit that would be overwritten; not what stays, and not relayconf's own record alone."""
    host = qmail_host()
    made = plan_host(
        host=host,
        mta=qmail,
        facts=qmail_facts(),
        rendered=[DesiredFile(path="qmail:smtproutes", content=STORY_SMTPROUTES)],
        masker=Masker(b"k" * 32),
        key=b"k" * 32,
    )
    record = replace(made, diffs=())
    drift = Drift(path="postfix:live/sasl_passwd", last="a", disk="b", wanted="c")
    edited = replace(made, changes=(), diffs=(), drift=(drift,))
    stays = replace(record, drift=(replace(drift, wanted="b"),))

    due = [_is_due(planned(one)) for one in (made, record, edited, stays)]

    assert due == [True, False, True, False]
    assert not _is_due(failed("edge", Unreachable("down")))


def test_a_plan_without_secrets_is_not_saved(tmp_path: Path) -> None:
    """It could not be applied."""
    host = local_host(tmp_path)
    with pytest.raises(UsageError, match="a plan without secrets cannot be applied"):
        plan(said().console, host.options(), without_secrets=True, out=tmp_path / "p.json")
    assert not (tmp_path / "p.json").exists()
