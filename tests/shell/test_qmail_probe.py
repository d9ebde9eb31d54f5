"""New routes are tested by qmail-remote before they are live: what passes, what fails, and what nobody else sees of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from relayconf.deploy import Deployed, deploy
from relayconf.errors import DeployError
from relayconf.files import DesiredFile
from relayconf.model import Host, Probe, Smarthost
from relayconf.mta import qmail
from relayconf.remote.base import LIMIT, Completed
from relayconf.remote.local import LocalSession
from tests.shell.qmail_kinds import KINDS, qmail_of
from tests.shell.sandbox import LOCAL, ROUTES, TRANSACTION, Sandbox, running, shells
from tests.support.hosts import ISP, qmail_host
from tests.support.smtp_relay import relay

pytestmark = pytest.mark.root

PROBED = replace(ISP, probe=Probe(sender="test@kamata-net.com", recipient="us@kamata-net.com"))
PASSED = "pass a test by qmail-remote: the relay takes sender and recipient"
OLD = b":[127.0.0.1]:9\n"
ASKED = "a test by qmail-remote for mail to relayconf-probe.invalid: "


class Waiting(LocalSession):
    """A session whose requests say how many seconds a test may take."""

    def __init__(self, shell: str, seconds: int) -> None:
        super().__init__(shell=shell)
        self.seconds = seconds

    def run(
        self,
        script: str,
        args: Sequence[str] = (),
        stdin: bytes = b"",
        *,
        timeout: float = 120.0,
        limit: int = LIMIT,
        unknown_hint: str | None = None,
    ) -> Completed:
        """As LocalSession does."""
        head, _, rest = stdin.partition(b"\n")
        stdin = b"\n".join([head, f"parameter qmail_wait {self.seconds}".encode(), rest])
        return super().run(script, args, stdin, timeout=timeout, limit=limit, unknown_hint=unknown_hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prober:
    """A host whose inventory has addresses for a test."""

    box: Sandbox

    @property
    def host(self) -> Host:
        """As the inventory has it."""
        host = qmail_host(home=self.box.home, state=self.box.root / "state")
        return replace(host, default=(Smarthost(relay=PROBED, endpoint=PROBED.endpoints[0]),))

    def apply(self, routes: bytes | None, *others: DesiredFile, wait: int = 20) -> Deployed:
        """Deploy these *routes*; a test may take *wait* seconds."""
        changes = self.box.changes(*others, DesiredFile(path=ROUTES, content=routes))
        return deploy(Waiting(self.box.shell, wait), self.host, qmail, changes, TRANSACTION)

    def routes(self) -> bytes | None:
        """What is live."""
        path = self.box.control / "smtproutes"
        return path.read_bytes() if path.exists() else None


@contextmanager
def prober(kind: str = "double", shell: str = "dash", **files: bytes) -> Iterator[Prober]:
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
