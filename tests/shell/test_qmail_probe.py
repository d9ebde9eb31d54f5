"""New routes are tested by qmail-remote before they are live: what passes, what fails, and who sees of it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from relayconf.deploy import Deployed, deploy
from relayconf.errors import DeployError
from relayconf.files import DesiredFile
from relayconf.model import Host, Probe, Smarthost
from relayconf.mta import qmail
from tests.shell.qmail_kinds import KINDS, open_folder, qmail_of
from tests.shell.sandbox import LOCAL, ROUTES, TRANSACTION, Sandbox, in_namespace, namespace, running, shells
from tests.support.hosts import ISP, qmail_host
from tests.support.qmail_remote import install
from tests.support.sessions import HeardSession
from tests.support.smtp_relay import relay

pytestmark = pytest.mark.root

PROBED = replace(ISP, probe=Probe(sender="test@kamata-net.com", recipient="us@kamata-net.com"))
PASSED = "pass a test by qmail-remote: the relay takes sender and recipient"
OLD = b":[127.0.0.1]:9\n"
ASKED = "a test by qmail-remote for mail to relayconf-probe.invalid: "


def _waiting(shell: str, seconds: int) -> HeardSession:
    """A session whose requests say how many seconds a test may take."""
    line = b"\nparameter qmail_wait %d\n" % seconds
    return HeardSession(shell=shell, asked=lambda stdin: stdin.replace(b"\n", line, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prober:
    """A host whose inventory has addresses for a test."""

    box: Sandbox

    @property
    def host(self) -> Host:
        """As the inventory has it."""
        host = qmail_host(home=self.box.home, state=self.box.root / "state")
        return replace(host, default=(Smarthost(relay=PROBED, endpoint=PROBED.endpoints[0]),))

    def apply(
        self, routes: bytes | None, *others: DesiredFile, wait: int = 20, transaction: str = TRANSACTION
    ) -> Deployed:
        """Deploy these *routes*; a test may take *wait* seconds."""
        changes = self.box.changes(*others, DesiredFile(path=ROUTES, content=routes))
        return deploy(_waiting(self.box.shell, wait), self.host, qmail, changes, transaction)

    def routes(self) -> bytes | None:
        """What is live."""
        path = self.box.control / "smtproutes"
        return path.read_bytes() if path.exists() else None


@contextmanager
def prober(kind: str = "double", /, shell: str = "dash", **files: bytes) -> Iterator[Prober]:
    """A host of that *kind*; a stand-in for qmail-rspawn tells the double's user."""
    with qmail_of(kind, shell, **files) as box:
        if kind == "real":
            yield Prober(box=box)
        else:
            with running(box.home, "qmail-rspawn", user=1, group=1):
                yield Prober(box=box)


@pytest.mark.parametrize("shell", shells())
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("old", [OLD, None], ids=["update", "create"])
def test_routes_that_work(kind: str, shell: str, old: bytes | None) -> None:
    """The relay hears of one test with the addresses of the inventory, and never gets a message."""
    files = {} if old is None else {"smtproutes": old}
    with relay() as server, prober(kind, shell, **files) as host:
        new = f":[127.0.0.1]:{server.port}\n".encode()
        done = host.apply(new)

        assert (done.verified, done.warnings) == (PASSED, ())
        assert host.routes() == new
        assert host.box.is_clean()
    assert server.heard[1:] == ["MAIL FROM:<test@kamata-net.com>", "RCPT TO:<us@kamata-net.com>", "DATA"]
    assert server.messages == 0


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_tested_unasked(kind: str) -> None:
    """Without addresses in the inventory, or when no route changes, no relay hears of it."""
    with relay() as server, prober(kind, smtproutes=OLD) as host:
        new = f":[127.0.0.1]:{server.port}\n".encode()
        host.box.deploy(host.box.changes(DesiredFile(path=ROUTES, content=new)))
        changes = host.box.changes(DesiredFile(path=LOCAL, content=b"a.example\n"))
        deploy(host.box.session, host.host, qmail, changes, "20261124T101600Z-000000")
    assert server.heard == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (
            {"RCPT": "550 5.7.1 relaying denied"},
            "127.0.0.1 does not like recipient. Remote host said: 550 5.7.1 relaying denied ",
        ),
        (
            {"MAIL": "530 5.7.0 log in first"},
            "Connected to 127.0.0.1 but sender was rejected. Remote host said: 530 5.7.0 log in first ",
        ),
        (
            {"greeting": "554 5.7.1 blocked"},
            "Connected to 127.0.0.1 but greeting failed. Remote host said: 554 5.7.1 blocked ",
        ),
    ],
    ids=["recipient", "sender", "greeting"],
)
def test_a_refusal_keeps_the_old_routes(kind: str, answers: dict[str, str], words: str) -> None:
    """What the relay says for good fails the apply before anything is live; the way of before is tried to compare."""
    with relay(**answers) as server, prober(kind, smtproutes=OLD) as host:
        before = host.box.snapshot()
        with pytest.raises(DeployError) as caught:
            host.apply(f":[127.0.0.1]:{server.port}\n".encode())

        assert caught.value.message.rstrip() == f"validate: {ASKED}{words}; the host is as it was before"
        assert host.box.snapshot() == before
        assert host.box.is_clean()


@pytest.mark.parametrize("kind", KINDS)
def test_a_relay_without_address(kind: str) -> None:
    """It would bounce all mail."""
    with prober(kind, smtproutes=OLD) as host:
        with pytest.raises(DeployError, match=f"{ASKED}(Sorry, I|CNAME lookup).*"):
            host.apply(b":relay..invalid.:25\n")

        assert host.routes() == OLD


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"RCPT": "450 greylisted"}, "127.0.0.1 does not like recipient. Remote host said: 450 greylisted"),
        ({"greeting": "421 busy"}, "Connected to 127.0.0.1 but greeting failed. Remote host said: 421 busy"),
        ({"MAIL": "451 later"}, "Connected to 127.0.0.1 but sender was rejected. Remote host said: 451 later"),
    ],
    ids=["recipient", "greeting", "sender"],
)
def test_what_may_pass_is_no_failure(kind: str, answers: dict[str, str], words: str) -> None:
    """Greylisting and the like say nothing of the routes."""
    with relay(**answers) as server, prober(kind, smtproutes=OLD) as host:
        new = f":[127.0.0.1]:{server.port}\n".encode()
        assert host.apply(new).verified.rstrip() == f"unknown {ASKED}{words}"
        assert host.routes() == new


@pytest.mark.parametrize("kind", KINDS)
def test_refused_as_before(kind: str) -> None:
    """What the relay refuses without the change, too, is not the change's fault."""
    with relay(RCPT="550 no such user") as server, prober(kind) as host:
        way = f":[127.0.0.1]:{server.port}\n"
        (host.box.control / "smtproutes").write_bytes(way.encode())
        done = host.apply(f"kamata-net.com:192.168.0.100\n{way}".encode())

        words = "refused as before: 127.0.0.1 does not like recipient. Remote host said: 550 no such user"
        assert done.verified.rstrip() == f"unknown {ASKED}{words}"


@pytest.mark.parametrize("shell", shells())
@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_relay(kind: str, shell: str) -> None:
    """The test ends in time, and leaves no process."""
    with relay(greeting="") as server, prober(kind, shell, smtproutes=OLD) as host:
        begun = time.monotonic()
        done = host.apply(f":[127.0.0.1]:{server.port}\n".encode(), wait=1)

        assert done.verified == f"unknown {ASKED}no end within 1 s"
        assert time.monotonic() - begun < 10
        assert not _processes_of("us@kamata-net.com")


@pytest.mark.parametrize("shell", shells())
def test_children_of_a_test_that_takes_too_long(shell: str) -> None:
    """They end with it, also those that do not listen."""
    with prober("double", shell, smtproutes=OLD) as host:
        program = host.box.home / "bin" / "qmail-remote"
        program.write_text("#!/bin/sh\n(trap '' TERM; exec sleep 54321) &\nwait\n")
        done = host.apply(b":[192.0.2.5]\n", wait=1)

        assert done.verified == f"unknown {ASKED}no end within 1 s"
        assert not _processes_of("54321")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("old", [OLD, None], ids=["update", "create"])
def test_nobody_else_sees_the_candidate(kind: str, old: bytes | None) -> None:
    """While the relay is asked the old routes are live."""
    seen: list[bytes | None] = []
    files = {} if old is None else {"smtproutes": old}
    with relay() as server, prober(kind, "dash", **files) as host:
        server.meanwhile = lambda: seen.append(host.routes())
        host.apply(f":[127.0.0.1]:{server.port}\n".encode())

    assert set(seen) == {old}


@pytest.mark.parametrize("kind", KINDS)
def test_routes_that_go(kind: str) -> None:
    """Without a route the test finds no way to the domain that does not exist; the old routes stay."""
    with relay() as server, prober(kind) as host:
        way = f":[127.0.0.1]:{server.port}\n".encode()
        (host.box.control / "smtproutes").write_bytes(way)
        try:
            host.apply(None)
        except DeployError as error:
            assert error.message.startswith(f"validate: {ASKED}Sorry, I couldn't find any host named")  # noqa: PT017
            assert host.routes() == way
        else:
            # Without any resolver that is no answer for good.
            assert (kind, host.routes()) == ("real", None)
    assert server.messages == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shell", shells())
def test_where_no_namespace_can_be_made(kind: str, shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test comes right after the rename, and a refusal there brings the old routes back."""
    (tmp_path / "unshare").write_text("#!/bin/sh\necho not permitted >&2\nexit 1\n")
    (tmp_path / "unshare").chmod(0o755)
    with relay(RCPT="550 relaying denied") as bad, relay() as good, prober(kind, shell, smtproutes=OLD) as host:
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        with pytest.raises(DeployError, match=f"verify: {ASKED}127.0.0.1 does not like recipient"):
            host.apply(f":[127.0.0.1]:{bad.port}\n".encode())
        after_refusal = host.routes()
        new = f":[127.0.0.1]:{good.port}\n".encode()
        done = host.apply(new, transaction="20261124T101600Z-000000")
        (host.box.control / "smtproutes").write_text(f":[127.0.0.1]:{bad.port}\n")
        again = host.apply(f"a.example:\n:[127.0.0.1]:{bad.port}\n".encode(), transaction="20261124T101700Z-000000")

        assert (after_refusal, done.verified) == (OLD, PASSED)
        assert again.verified.startswith(f"unknown {ASKED}refused as before: ")
        assert host.box.is_clean()


def test_a_password_that_is_refused() -> None:
    """The failure says so without a word of the relay's that could repeat the password."""
    with relay(AUTH="535 5.7.8 no s3cret AHVzZXIAczNjcmV0") as server, prober(smtproutes=OLD) as host:
        with pytest.raises(DeployError) as caught:
            host.apply(f":[127.0.0.1]:{server.port}|user|s3cret\n".encode())

        words = "Connected to 127.0.0.1 but authentication was rejected. Remote host said: 535"
        assert caught.value.message == f"validate: {ASKED}{words}; the host is as it was before"


@pytest.mark.parametrize("kind", KINDS)
def test_a_password_that_is_taken_for_the_name(kind: str) -> None:
    """A flavour without AUTH looks the whole value up as a name; nobody is told which."""
    with prober(kind, smtproutes=OLD) as host:
        try:
            host.apply(b":relay|user|s3cret.invalid\n")
        except DeployError as error:
            words = "couldn't find the host that the route names. (#5.1.2)"
            assert error.message == f"validate: {ASKED}{words}; the host is as it was before"  # noqa: PT017
        else:
            # Without any resolver the name is no failure for good.
            assert kind == "real"
        kept = [path.read_bytes() for path in (host.box.state / "txn" / TRANSACTION).glob("std*")]
        assert not any(b"s3cret" in text for text in kept)


REPORTS = {
    "K no supported AUTH method found\\n\\0Z": "fail it would lose mail:  no supported AUTH method found ",
    "r\\0K192.0.2.5 accepted message.\\n\\0": "unknown 192.0.2.5 accepted message. ",
    "ZTLS unable to verify server mx.example\\n\\0": "fail TLS unable to verify server mx.example ",
    "ZNo TLS achieved while control/tlshosts/x.pem exists\\0": (
        "fail No TLS achieved while control/tlshosts/x.pem exists"
    ),
    "ZSorry, no SMTP AUTH support detected but needed\\0": "fail Sorry, no SMTP AUTH support detected but needed",
    "ZUnable to read control files. (#4.3.0)\\n\\0": "fail Unable to read control files. (#4.3.0) ",
    "ZConnected to 192.0.2.5 but connection died. (#4.4.2)\\n\\0": (
        "unknown Connected to 192.0.2.5 but connection died. (#4.4.2) "
    ),
    "s192.0.2.5 does not like recipient.\\n\\0DGiving up\\0": "unknown 192.0.2.5 does not like recipient. ",
    "DSMTP cannot transfer messages with partial final lines. (#5.6.2)\\n\\0": (
        "fail SMTP cannot transfer messages with partial final lines. (#5.6.2) "
    ),
    "r<From: a To: b>\\0DSMTP cannot transfer messages with partial final lines. (#5.6.2)\\n\\0": "pass",
    "": "unknown it could not be run, status 0",
}


@pytest.mark.parametrize(("report", "verdict"), REPORTS.items(), ids=range(len(REPORTS)))
def test_reports(report: str, verdict: str) -> None:
    """Every report of the protocol is read as qmail-rspawn reads it."""
    with prober(smtproutes=OLD) as host:
        program = host.box.home / "bin" / "qmail-remote"
        # What is refused in the same words by the live routes would be no failure.
        program.write_text(
            f"#!/bin/sh\ncase $(cat {host.box.control}/smtproutes) in *:9) exit ;; esac\nprintf '%b' '{report}'\n"
        )
        try:
            found = host.apply(b":[192.0.2.5]:25\n").verified
        except DeployError as error:
            found = f"fail {error.message.removeprefix('validate: ').removesuffix('; the host is as it was before')}"
        assert found.replace(ASKED, "") == (PASSED if verdict == "pass" else verdict)


@pytest.mark.parametrize("hidden", [(), ("setpriv",), ("setpriv", "setuidgid")], ids=["setpriv", "setuidgid", "su"])
def test_who_it_runs_as(hidden: tuple[str, ...]) -> None:
    """As qmailr and in its group, by whatever this host has for that: what root alone can read is a failure."""
    with open_folder() as root, relay() as server:
        (root / "nothing").touch(0o644)
        users = "qmailr:*:54321:54322::/:/bin/sh\n"
        (root / "passwd").write_text(Path("/etc/passwd").read_text() + users)
        (root / "group").write_text(Path("/etc/group").read_text() + "qmail:x:54322:\n")
        paths = [path for path in map(shutil.which, hidden) if path is not None]
        commands = [f"mount --bind {root}/{name} /etc/{name}" for name in ("passwd", "group")]
        commands += [f"mount --bind {root}/nothing {path}" for path in paths]
        with namespace(*commands) as pid:
            host = Prober(box=in_namespace(pid, root).build(smtproutes=OLD))
            install(root / "qmail")
            new = f":[127.0.0.1]:{server.port}\n".encode()
            (host.box.control / "me").chmod(0o600)
            words = "refused as before: Unable to read control files. (#4.3.0) "
            assert host.apply(new).verified == f"unknown {ASKED}{words}"
            (host.box.control / "me").chmod(0o640)
            os.chown(host.box.control / "me", 0, 54322)
            new = b"kamata-net.com:192.168.0.100\n" + new
            assert host.apply(new, transaction="20261124T101600Z-000000").verified == PASSED


def test_no_test_without_its_program() -> None:
    """That is no failure, and said."""
    with prober(smtproutes=OLD) as host:
        (host.box.home / "bin" / "qmail-remote").unlink()
        done = host.apply(b":[192.0.2.5]\n")

        program = f"{host.box.home}/bin/qmail-remote"
        assert done.verified == f"unknown no test by qmail-remote: {program} is missing"


READERS = [
    (ROUTES, 0o640, 0, 8, None),
    (ROUTES, 0o640, 0, 0, "qmail-remote"),
    (ROUTES, 0o600, 1, 0, None),
    (ROUTES, 0o044, 1, 8, "qmail-remote"),
    (ROUTES, 0o604, 0, 8, "qmail-remote"),
    (LOCAL, 0o600, 2, 0, None),
    (LOCAL, 0o600, 1, 0, "qmail-send"),
]


@pytest.mark.parametrize(("name", "mode", "owner", "group", "reader"), READERS)
def test_who_can_read_it(name: str, mode: int, owner: int, group: int, reader: str | None) -> None:
    """qmail-remote's user and group are qmail-rspawn's; of locals and virtualdomains qmail-send is the reader."""
    with open_folder() as root:
        box = Sandbox(root=root).build(smtproutes=OLD)
        wish = DesiredFile(path=name, content=b"x:y\n", mode=mode, owner=str(owner), group=str(group))
        deaf = "trap : HUP; while :; do sleep 0.05; done"
        home = root / "qmail"
        with running(home, "qmail-rspawn", user=1, group=8), running(home, "qmail-send", deaf, user=2, group=8):
            try:
                box.deploy(box.changes(wish))
            except DeployError as error:
                assert f"the user of {reader} could not read it" in error.message  # noqa: PT017
                assert box.is_clean()
            else:
                assert reader is None


def _processes_of(word: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if word.encode() in text and path.parent.name != str(os.getpid()):
            found.append(path.parent.name)
    return found
