"""After `relayconf apply`: the changed hosts' relays are tested, and what was applied is told whatever comes of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.commands.apply import apply
from relayconf.commands.options import USUAL_TESTS, ApplyOptions
from relayconf.commands.verifying import _exit_code, outcome
from relayconf.commands.wiring import Wiring
from relayconf.connection import Ssh
from relayconf.exits import ExitCode
from relayconf.result import FleetResult, HostResult, Status
from relayconf.verification import Outcome, Tested, Verified
from relayconf.visits import Visited
from tests.shell.qmail_kinds import open_folder
from tests.shell.sandbox import running
from tests.support.cli import run
from tests.support.local_host import INVENTORY, LocalHost, Said, local_host, said
from tests.support.qmail_remote import install
from tests.support.smtp_relay import Relay, relay

_YES = ApplyOptions(yes=True)
_HINT = "the change is live, nothing was rolled back; `relayconf rollback edge` undoes it"


def _host(folder: Path, port: int) -> LocalHost:
    """The usual one, with a relay that may be asked."""
    probe = "probe: {{from: me@kamata-net.com, to: us@kamata-net.com}}"
    isp = f"{{{{host: 127.0.0.1, port: {port}, tls: none, {probe}}}}}"
    inventory = INVENTORY.replace("{{host: mail.asahi-net.or.jp, tls: none}}", isp)
    host = local_host(folder, inventory=inventory)
    install(folder / "qmail")
    return host


def _refuse_later(server: Relay, then: Callable[[], object] = list) -> None:
    """Take what the deploy asks, refuse what is asked after it; *then* is done at that time."""

    def meanwhile() -> None:
        if sum(line.startswith("MAIL") for line in server.heard) > 1 and "RCPT" not in server.answers:
            server.answers = {"RCPT": "550 5.7.1 no"}
            then()

    server.meanwhile = meanwhile


@pytest.mark.root
@pytest.mark.parametrize("as_json", [False, True])
def test_a_relay_that_takes_it(as_json: bool) -> None:  # noqa: FBT001
    """Beside the outcome; a host that was not changed is not asked."""
    with relay() as server, open_folder() as folder:
        host = _host(folder, server.port)
        heard, idle = said(), said()
        with running(folder / "qmail", "qmail-rspawn", user=1, group=1):
            assert apply(heard.console, host.options(json=as_json), _YES) is ExitCode.OK
            asked = len(server.heard)
            assert apply(idle.console, host.options(json=as_json), _YES) is ExitCode.OK
            assert len(server.heard) == asked > 0

    if as_json:
        document = json.loads(heard.out.getvalue())
        assert (document["kind"], document["exit_code"]) == ("apply", 0)
        (told,) = document["verify"]["hosts"]
        assert (told["host"], told["tests"][0]["outcome"]) == ("edge", "pass")
        assert (document["verify"]["hint"], document["verify"]["interrupted"]) == (None, False)
        assert "verify" not in json.loads(idle.out.getvalue())
    else:
        assert f"\nApply: 1 changed\n\nedge\n  isp:{server.port}   pass   " in heard.out.getvalue()
        assert heard.out.getvalue().endswith("\n\nVerify: 1 pass\n")
        assert "edge: asked\n" in heard.err.getvalue()
        assert "Verify" not in idle.out.getvalue()


@pytest.mark.root
@pytest.mark.parametrize("as_json", [False, True])
def test_a_relay_that_refuses(as_json: bool) -> None:  # noqa: FBT001
    """Is the exit code and a hint. The change stays."""
    heard = said()
    with relay() as server, open_folder() as folder:
        host = _host(folder, server.port)
        _refuse_later(server)
        with running(folder / "qmail", "qmail-rspawn", user=1, group=1):
            assert apply(heard.console, host.options(json=as_json), _YES) is ExitCode.HOST_FAILED
        assert (host.control / "smtproutes").exists()

    if as_json:
        document = json.loads(heard.out.getvalue())
        assert (document["exit_code"], document["verify"]["hint"]) == (5, _HINT)
        assert document["hosts"][0]["status"] == "changed"
    else:
        assert "\nApply: 1 changed\n\nedge\n" in heard.out.getvalue()
        assert heard.out.getvalue().endswith(f"\n\nVerify: 1 fail\n  hint: {_HINT}\n")


@pytest.mark.root
def test_not_wanted() -> None:
    """Nobody is asked after the deploy, and nothing is said."""
    with relay() as server, open_folder() as folder:
        host = _host(folder, server.port)
        _refuse_later(server)
        with running(folder / "qmail", "qmail-rspawn", user=1, group=1):
            heard = run("apply", "--yes", "--no-verify", "--no-spf", "-i", str(host.inventory))

    assert sum(line.startswith("MAIL") for line in server.heard) == 1
    assert heard.stdout.endswith("\nApply: 1 changed\n")


def test_no_addresses(tmp_path: Path) -> None:
    """Nobody is asked and nothing is said; the document says that it was nothing."""
    heard, host = said(), local_host(tmp_path)

    assert apply(heard.console, host.options(json=True), _YES) is ExitCode.OK
    assert json.loads(heard.out.getvalue())["verify"] is None


@pytest.mark.root
@pytest.mark.parametrize("times", [1, 2])
def test_interrupted(times: int, request: pytest.FixtureRequest) -> None:
    """What was applied is told. After a first ^C the answers under way are waited for, after a second they are not."""
    heard = said()
    # a shell's background job ignores it, and so would this process
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))

    def press() -> None:
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)

    with relay() as server, open_folder() as folder:
        host = _host(folder, server.port)
        _refuse_later(server, press)
        with running(folder / "qmail", "qmail-rspawn", user=1, group=1):
            assert apply(heard.console, host.options(json=True), _YES) is ExitCode.INTERRUPTED
            for thread in threading.enumerate():
                if thread.name.startswith("host"):
                    thread.join()

    document = json.loads(heard.out.getvalue())
    assert (document["exit_code"], document["hosts"][0]["status"]) == (130, "changed")
    (test,) = document["verify"]["hosts"][0]["tests"]
    assert (document["verify"]["interrupted"], test["outcome"]) == (True, "fail" if times == 1 else "unknown")


def _planned(host: LocalHost, heard: Said) -> tuple[Wiring, HostResult]:
    wiring = Wiring(options=host.options(), console=heard.console)
    with wiring.rollout() as rollout:
        (planned,) = rollout.plan().results
    return wiring, planned


def test_a_host_that_cannot_do_it(tmp_path: Path) -> None:
    """Nobody knows, and the reason stands there."""
    heard, host = said(), _host(tmp_path, 2525)
    wiring, planned = _planned(host, heard)
    (tmp_path / "qmail/bin/qmail-remote").unlink()
    shutil.rmtree(host.control)
    fleet = FleetResult(results=(replace(planned, status=Status.CHANGED, transaction="t"),))

    assert outcome(wiring, fleet, USUAL_TESTS, fingerprint="7c1e", spf=None) is ExitCode.OK
    assert "  isp:2525   unknown   " in heard.out.getvalue()


@pytest.mark.parametrize(
    ("status", "code"), [(Status.CHANGED, ExitCode.OK), (Status.ROLLBACK_FAILED, ExitCode.ROLLBACK_FAILED)]
)
def test_a_host_that_is_out_of_reach(tmp_path: Path, status: Status, code: ExitCode) -> None:
    """It is no failure of the change: nobody knows. A worse end of another host stays the exit code."""
    host = _host(tmp_path, 2525)
    heard = said()
    wiring, planned = _planned(host, heard)
    assert planned.plan is not None
    away = replace(planned.plan.host, connection="ssh", address="127.0.0.1", ssh=Ssh(port=1))
    changed = replace(planned, status=Status.CHANGED, plan=replace(planned.plan, host=away), transaction="t")
    fleet = FleetResult(results=(changed, HostResult(host="other", status=status, transaction="u")))

    assert outcome(wiring, fleet, USUAL_TESTS, fingerprint="7c1e", spf=None) is code
    assert "  isp:2525   unknown   " in heard.out.getvalue()
    assert heard.out.getvalue().endswith("\nVerify: 1 unknown\n")


def test_the_worst_end_is_the_exit_code() -> None:
    """A rollback that failed, before ^C, before a relay that refuses."""
    bad: dict[str, Tested] = {"edge": (("isp:25", Verified(outcome=Outcome.FAIL, said="no")),)}
    stuck = FleetResult(results=(HostResult(host="other", status=Status.ROLLBACK_FAILED),))
    fine = FleetResult(results=(HostResult(host="edge", status=Status.CHANGED),))
    for interrupted, code in ((False, ExitCode.HOST_FAILED), (True, ExitCode.INTERRUPTED)):
        asked = Visited(fleet=FleetResult(results=(), interrupted=interrupted), values=bad)
        assert _exit_code(stuck, asked) is ExitCode.ROLLBACK_FAILED
        assert _exit_code(fine, asked) is code
