"""`relayconf apply`, on a host of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relayconf.commands.apply import apply
from relayconf.commands.options import ApplyOptions
from relayconf.commands.plan import plan
from relayconf.console import Console
from relayconf.errors import StalePlan, UsageError
from relayconf.exits import ExitCode
from tests.support.local_host import INVENTORY, LocalHost, Terminal, local_host, said
from tests.support.qmail_tree import make_qmail, snapshot


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


def test_a_reviewed_plan_is_applied_and_no_other(tmp_path: Path) -> None:
    """The short fingerprint that was printed, or the whole one; the plan of an edited inventory has another."""
    host = local_host(tmp_path)
    printed = said()
    plan(printed.console, host.options())
    short = printed.out.getvalue().rsplit(" ", 1)[1].strip()
    whole = said()
    plan(whole.console, host.options(json=True))
    long = json.loads(whole.out.getvalue())["fingerprint"]
    before = snapshot(host.control)
    inventory = host.inventory.read_text()
    host.inventory.write_text(inventory.replace("192.168.0.100", "192.168.0.101"))

    for fingerprint in (short, long):
        with pytest.raises(StalePlan, match=r"the plan is another by now, its fingerprint is \w{4}-\w{4}; nothing was"):
            apply(said().console, host.options(), ApplyOptions(yes=True, reviewed=fingerprint))
    assert snapshot(host.control) == before
    host.inventory.write_text(inventory)
    assert apply(said().console, host.options(), ApplyOptions(yes=True, reviewed=short)) is ExitCode.OK
    assert snapshot(host.control) != before
    assert apply(said().console, host.options(), ApplyOptions(yes=True, reviewed=short)) is ExitCode.OK


def test_a_plan_that_was_refused_when_it_was_reviewed_is_another(tmp_path: Path) -> None:
    """What refused it is part of the fingerprint."""
    host = local_host(tmp_path)
    (tmp_path / "state").mkdir(mode=0o755)
    refused = said()
    assert plan(refused.console, host.options()) is ExitCode.HOST_FAILED
    short = refused.out.getvalue().rsplit(" ", 1)[1].strip()
    (tmp_path / "state").chmod(0o700)

    with pytest.raises(StalePlan):
        apply(said().console, host.options(), ApplyOptions(yes=True, reviewed=short))


def test_a_reviewed_plan_puts_nothing_right_before(tmp_path: Path) -> None:
    """It was made of the host as it is; so when it is another by now, nothing at all was done."""
    host = local_host(tmp_path)
    apply(said().console, host.options(), ApplyOptions(yes=True))
    state = tmp_path / "state"
    (transaction,) = (state / "txn").iterdir()
    journal = (transaction / "journal").read_text()
    (transaction / "journal").write_text(journal.partition("finalize")[0])
    (state / "lock").symlink_to(f"1.1:another-boot:{transaction.name}")
    (host.control / "smtproutes").write_bytes(b":by.hand\n")

    with pytest.raises(StalePlan):
        apply(said().console, host.options(), ApplyOptions(yes=True, reviewed="0000-0000"))
    assert (state / "lock").is_symlink()
    apply(said().console, host.options(), ApplyOptions(yes=True))
    assert not (state / "lock").is_symlink()


@pytest.mark.parametrize("fingerprint", ["", "7c1e", "xxxx-yyyy", "7c1e-9a04-1"])
def test_what_is_no_fingerprint(tmp_path: Path, fingerprint: str) -> None:
    """Told before any host is asked."""
    host = local_host(tmp_path)

    with pytest.raises(UsageError, match="is no fingerprint"):
        apply(said().console, host.options(), ApplyOptions(yes=True, reviewed=fingerprint))


def test_without_a_terminal_it_wants_yes_beforehand(tmp_path: Path) -> None:
    """What is piped in is no answer."""
    host = local_host(tmp_path)

    with pytest.raises(UsageError, match="no terminal to ask on"):
        apply(said("yes\n").console, host.options())
    assert apply(said().console, host.options(), ApplyOptions(yes=True)) is ExitCode.OK


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

    assert apply(said().console, host.options(), ApplyOptions(yes=True)) is ExitCode.HOST_FAILED
    assert snapshot(host.control) == before


def test_json_is_one_document_whatever_happens(tmp_path: Path) -> None:
    """The plan's when there is nothing to do, the apply's when there was."""
    host = local_host(tmp_path)
    first, second = said(), said()

    apply(first.console, host.options(json=True), ApplyOptions(yes=True))
    apply(second.console, host.options(json=True), ApplyOptions(yes=True))

    assert json.loads(first.out.getvalue())["kind"] == "apply"
    assert json.loads(second.out.getvalue())["kind"] == "plan"


def test_what_is_asked_about_is_seen(tmp_path: Path) -> None:
    """With stdout in a file, or JSON on it, the plan is shown where the question is."""
    host = local_host(tmp_path)
    piped, json_wanted = said("no\n", terminal=True), said("no\n", terminal=True)

    apply(piped.console, host.options())
    apply(json_wanted.console, host.options(json=True))

    assert "+:mail.asahi-net.or.jp" in piped.out.getvalue()
    for heard in (piped, json_wanted):
        assert "+:mail.asahi-net.or.jp" in heard.err.getvalue()
        assert heard.err.getvalue().index("Plan: 1 host changes") < heard.err.getvalue().index("Type yes")


@pytest.mark.parametrize(
    "relay",
    [
        "host: mail.asahi-net.or.jp, port: 465",
        "host: mail.asahi-net.or.jp, port: 587, tls: encrypt",
        "host: mail.asahi-net.or.jp, port: 587, auth: {{username: u, password: {{env: NO_SUCH}}}}",
    ],
)
def test_what_the_mta_cannot_do_is_refused_before_anything_is_written(tmp_path: Path, relay: str) -> None:
    """TLS and AUTH on a qmail without them: the plan says why, apply changes nothing, and no secret is asked for."""
    inventory = INVENTORY.replace("host: mail.asahi-net.or.jp, tls: none", relay)
    host = local_host(tmp_path, inventory=inventory)
    before = snapshot(host.control)
    heard = said()

    assert apply(heard.console, host.options(), ApplyOptions(yes=True)) is ExitCode.HOST_FAILED
    assert "edge   refused: " in heard.out.getvalue()
    assert "+:mail.asahi-net.or.jp" not in heard.out.getvalue()
    assert snapshot(host.control) == before


def test_an_earlier_apply_that_was_cut_short_is_put_right(tmp_path: Path) -> None:
    """Also when there is nothing else to do; `plan` tells of it, with the exit status of pending changes."""
    host = local_host(tmp_path)
    apply(said().console, host.options(), ApplyOptions(yes=True))
    state = tmp_path / "state"
    (transaction,) = (state / "txn").iterdir()
    (state / "lock").symlink_to(f"1.1:another-boot:{transaction.name}")
    told, put_right = said(), said()

    assert plan(told.console, host.options(), exit_code=True) is ExitCode.CHANGES_PENDING
    assert f"transaction {transaction.name} was cut short; `apply` will put it right" in told.out.getvalue()
    assert apply(put_right.console, host.options(), ApplyOptions(yes=True)) is ExitCode.OK
    assert put_right.out.getvalue() == (
        f"edge   transaction {transaction.name}, which had been cut short, was finished\n\nPlan: no changes (1 host)\n"
    )
    assert not (state / "lock").exists()
    assert (host.control / "smtproutes").exists()


def test_a_plan_that_is_on_the_screen_already_is_not_shown_twice(tmp_path: Path) -> None:
    """Question and plan stand on the same terminal."""
    screen = Terminal()
    console = Console(stdin=Terminal("no\n"), stdout=screen, stderr=screen)

    apply(console, local_host(tmp_path).options())

    assert screen.getvalue().count("Plan: 1 host changes") == 1


def _edited(tmp_path: Path) -> LocalHost:
    """The host after an apply and an edit by hand."""
    host = local_host(tmp_path)
    apply(said().console, host.options(), ApplyOptions(yes=True))
    (host.control / "smtproutes").write_bytes(b":by.hand\n")
    return host


def test_a_limit_blocks_until_its_flag_is_given(tmp_path: Path) -> None:
    """Nothing is asked and nothing is changed before."""
    host = _edited(tmp_path)
    refused, allowed = said("yes\n", terminal=True), said()

    assert apply(refused.console, host.options(), ApplyOptions(allowed=["no-relay"])) is ExitCode.HOST_FAILED
    assert "Type yes" not in refused.err.getvalue()
    assert "hint: if that is meant: --overwrite-drift\n" in refused.out.getvalue()
    assert (host.control / "smtproutes").read_bytes() == b":by.hand\n"
    assert apply(allowed.console, host.options(), ApplyOptions(yes=True, allowed=["drift"])) is ExitCode.OK
    assert (host.control / "smtproutes").read_bytes() != b":by.hand\n"


def test_the_other_hosts_go_on(tmp_path: Path) -> None:
    """As they do with a refused one."""
    host = _edited(tmp_path)
    make_qmail(tmp_path / "other")
    other = (
        f"{{mta: qmail, connection: local, relay: isp, qmail_home: {tmp_path}/other, state_directory: {tmp_path}/s}}"
    )
    host.inventory.write_text(host.inventory.read_text().replace("domains:", f"  other: {other}\ndomains:"))
    heard = said()

    assert apply(heard.console, host.options(), ApplyOptions(yes=True)) is ExitCode.HOST_FAILED
    assert heard.out.getvalue().endswith("Apply: 1 changed, 1 refused\n")
    assert (tmp_path / "other/control/smtproutes").exists()
    assert (host.control / "smtproutes").read_bytes() == b":by.hand\n"


def test_what_the_plan_was_reviewed_with_is_what_apply_has(tmp_path: Path) -> None:
    """Flags are no part of the fingerprint, the limits that they allow are."""
    host = _edited(tmp_path)
    heard = said()
    plan(heard.console, host.options())
    short = heard.out.getvalue().rsplit(" ", 1)[1].strip()

    assert apply(said().console, host.options(), ApplyOptions(yes=True, reviewed=short)) is ExitCode.HOST_FAILED
    overwriting = ApplyOptions(yes=True, reviewed=short, allowed=["drift"])
    assert apply(said().console, host.options(), overwriting) is ExitCode.OK


def test_the_plan_without_secrets_is_not_the_one_to_apply(tmp_path: Path) -> None:
    """Its fingerprint is another."""
    host = local_host(tmp_path)
    heard = said()
    plan(heard.console, host.options(), without_secrets=True)
    short = heard.out.getvalue().rsplit(" ", 1)[1].strip()

    with pytest.raises(StalePlan):
        apply(said().console, host.options(), ApplyOptions(yes=True, reviewed=short))
