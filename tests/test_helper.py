"""The fixed helper on a qmail host: the scripts that it holds, and what it refuses, by every shell."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from relayconf.connection import Ssh
from relayconf.deploy import deploy, undo_script
from relayconf.errors import BecomeError, DeployError, ObserveError
from relayconf.files import Change, DesiredFile
from relayconf.helper import helper, sudo_rule
from relayconf.manage import Manage
from relayconf.model import Probe
from relayconf.mta import qmail
from relayconf.observe import observe, request_text
from relayconf.relay_tests import ANYBODY, RelayTest
from relayconf.remote.framing import HELPER
from relayconf.remote.local import LocalSession
from relayconf.shell import UNDO, assemble
from relayconf.verify import ask_relay
from tests.shell.sandbox import LOCAL, NEW, OLD, ROUTES, TRANSACTION, Sandbox, shells
from tests.support.hosts import TO_ISP, qmail_host


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped(Sandbox):
    """A sandbox whose scripts run by way of a helper, which `sudo` is made to start without being root."""

    @property
    def session(self) -> LocalSession:
        """A session that asks the helper."""
        return LocalSession(become="helper")

    @property
    def file(self) -> Path:
        """The helper's file."""
        return self.root / "bin" / "helper"

    def install(self, change: Callable[[str], str] = str) -> None:
        """Write the helper, and a `sudo` that knows of it alone."""
        host = qmail_host(home=self.home, state=self.state)
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(change(helper(host, qmail)), encoding="utf-8")
        sudo = self.file.with_name("sudo")
        sudo.write_text(
            f'#!/bin/sh\n[ "$1 $2" = "-n {HELPER}" ] || exit 99\nshift 2\nexec {self.shell} {self.file} "$@"\n'
        )
        sudo.chmod(0o755)


@pytest.fixture(name="helped", params=shells())
def _helped(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Helped:
    helped = Helped(root=tmp_path, shell=request.param)
    helped.build(smtproutes=OLD)
    helped.install()
    monkeypatch.setenv("PATH", f"{helped.file.parent}:{os.environ['PATH']}")
    return helped


def _changes(helped: Helped, path: str = ROUTES, **dress: int | str) -> list[Change]:
    return helped.changes(DesiredFile(path=path, content=NEW, **dress))  # type: ignore[arg-type]


def test_all_that_is_done_elsewhere(helped: Helped) -> None:
    """Observe, deploy, history, rollback; and the script that stays on the host is the usual one."""
    helped.deploy(_changes(helped, mode=0o644, owner=str(os.getuid()), group="-"))

    assert (helped.control / "smtproutes").read_bytes() == NEW
    assert (helped.state / "undo").read_bytes() == undo_script(qmail_host(home=helped.home, state=helped.state), qmail)
    assert helped.undo("history")[0].startswith(f"transaction {TRANSACTION}\tapplied\t")
    assert helped.undo("rollback") == [f"rolled-back {TRANSACTION}", "end 0"]
    assert (helped.control / "smtproutes").read_bytes() == OLD
    assert helped.is_clean()


def test_a_relay_is_tested(helped: Helped) -> None:
    """The helper has the script for that too."""
    probe = Probe(sender="me@kamata-net.com", recipient="you@world.test")
    test = RelayTest(target=TO_ISP, domain=ANYBODY, probe=probe)
    judged = ask_relay(helped.session, qmail_host(home=helped.home, state=helped.state), qmail, test, wait=1)

    assert judged.said == f"no test by qmail-remote: {helped.home}/bin/qmail-remote is missing"


@pytest.mark.parametrize(
    ("path", "dress", "reason"),
    [
        (LOCAL, {}, "qmail:locals: relayconf writes no such file"),
        (ROUTES, {"mode": 0o4755}, "qmail:smtproutes: the helper gives no file the mode 4755"),
        (ROUTES, {"owner": "nobody"}, "qmail:smtproutes: the helper gives no file to nobody"),
        (ROUTES, {"group": "nogroup"}, "qmail:smtproutes: the helper gives no file to the group nogroup"),
    ],
)
def test_refused(path: str, dress: dict[str, int | str], reason: str, helped: Helped) -> None:
    """Other control files, modes and owners: nothing is touched."""
    changes = _changes(helped, path, **dress)
    before = helped.snapshot()

    with pytest.raises(DeployError) as caught:
        helped.deploy(changes)

    assert caught.value.message == f"guard: {reason}; the host is as it was before"
    assert helped.snapshot() == before
    assert helped.is_clean()


def test_what_was_managed(helped: Helped) -> None:
    """The helper writes those of `manage` that it was made with, and no others; another wish needs another helper."""
    host = qmail_host(home=helped.home, state=helped.state)
    told = replace(host, manage=Manage(locals=True, helohost="a.example"))
    helped.file.write_text(helper(told, qmail), encoding="utf-8")
    wishes = {path: DesiredFile(path=path, content=b"a.example\n") for path in (LOCAL, "qmail:rcpthosts")}
    found = observe(helped.session, told, qmail).files
    some, other = (Change(before=found[path], after=wish) for path, wish in wishes.items())

    deploy(helped.session, told, qmail, [some], TRANSACTION)
    with pytest.raises(DeployError) as caught:
        deploy(helped.session, told, qmail, [other], "20261124T101600Z-000000")
    with pytest.raises(ObserveError) as unlike:
        observe(helped.session, host, qmail)

    assert (helped.control / "locals").read_bytes() == b"a.example\n"
    assert caught.value.message == "guard: qmail:rcpthosts: relayconf writes no such file; the host is as it was before"
    assert "was made for another state directory or configuration" in unlike.value.message


@pytest.mark.parametrize("folder", ["qmail/control", "qmail", "."])
def test_open_folders(folder: str, helped: Helped) -> None:
    """A directory that others can write to is not read either: what is in it may be somebody's link a moment later."""
    place = helped.root / folder
    place.chmod(0o777 | (stat.S_ISVTX if folder == "qmail/control" else 0))

    with pytest.raises(ObserveError, match="or one above it, is not root's alone to write"):
        helped.observe()


def test_open_programs(helped: Helped) -> None:
    """Nor is anything written where others could change qmail's own programs, some of which are run as root."""
    (helped.home / "bin").mkdir()
    changes = _changes(helped)
    (helped.home / "bin").chmod(0o777)

    with pytest.raises(
        DeployError, match=r"guard: qmail:smtproutes: the directory .*/bin, or one above it, is not root's"
    ):
        helped.deploy(changes)


def test_state_behind_a_link(helped: Helped) -> None:
    """A link in the way to the state directory could be turned."""
    (helped.root / "link").symlink_to(helped.root)
    helped.install(lambda text: text.replace(f"state {helped.state}", f"state {helped.root}/link/state"))
    host = qmail_host(home=helped.home, state=helped.root / "link" / "state")

    report = helped.session.run(
        assemble(qmail.SHELL, *UNDO), stdin=request_text(host, qmail, ["action history"])
    ).stdout.decode()

    assert "is behind a symbolic link, which the helper does not follow" in report


def test_sticky_folders_above(helped: Helped) -> None:
    """As /tmp is one: there nobody can take away somebody else's directory."""
    helped.home.chmod(0o1777)

    assert helped.observe().files[ROUTES].content == OLD


def test_another_version(helped: Helped) -> None:
    """The helper runs no other script than the one that relayconf would have sent, and says what to do."""
    helped.install(lambda text: text.replace("observe_digest=", "observe_digest=0"))

    with pytest.raises(BecomeError) as caught:
        helped.observe()

    assert caught.value.message == (
        "the helper on this host is of another version: install it again (`relayconf helper HOST`)"
    )


def test_another_place(helped: Helped) -> None:
    """The helper serves the directories that it was made for."""
    other = qmail_host(home=helped.home, state=helped.root / "other")
    stdin = request_text(other, qmail, ["action history"])

    report = helped.session.run(assemble(qmail.SHELL, *UNDO), stdin=stdin).stdout.decode()

    assert report == (
        "failed history the helper on this host was made for another state directory or configuration: "
        "install it again (`relayconf helper HOST`)\nend 10\n"
    )
    assert not (helped.root / "other").exists()


def test_half_a_helper_does_nothing(helped: Helped) -> None:
    """A file that was cut while it was copied runs not a single command."""
    helped.install(lambda text: text[: len(text) // 2])

    with pytest.raises(BecomeError, match="sudo refused"):
        helped.observe()


@pytest.mark.parametrize(
    ("user", "shown"), [("deploy", "deploy"), (None, "relayconf"), ("root", "relayconf"), ("a ALL=x", "relayconf")]
)
def test_the_rule(user: str | None, shown: str) -> None:
    """For the login user; for one named relayconf where the inventory names none that a rule could be for."""
    host = replace(qmail_host(), ssh=Ssh(user=user))

    assert sudo_rule(host) == f"{shown} ALL=(root) NOPASSWD: /usr/local/sbin/relayconf-helper"
    assert f"#     {sudo_rule(host)}\n" in helper(host, qmail)
