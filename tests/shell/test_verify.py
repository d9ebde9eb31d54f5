"""The script that asks a qmail host, by every shell: the test, the real message, and requests that it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.errors import HostError
from relayconf.model import Probe
from relayconf.mta import qmail
from relayconf.observe import request_text
from relayconf.relay_tests import ANYBODY, RelayTest
from relayconf.shell import VERIFY, assemble
from relayconf.verify import Letter, ask_relay, send
from tests.shell.qmail_kinds import KINDS, qmail_of
from tests.shell.sandbox import Sandbox, running, shells
from tests.support.hosts import TO_ISP, qmail_host
from tests.support.qmail_send import stand_in
from tests.support.smtp_relay import relay

_TEST = RelayTest(
    target=TO_ISP, domain=ANYBODY, probe=Probe(sender="test@kamata-net.com", recipient="us@kamata-net.com")
)
_LETTER = Letter(sender="me@kamata-net.com", recipient="you@world.test", token="0123456789abcdef")
_OTHERS = """\
new msg 7
info msg 7: bytes 200 from <other@kamata-net.com> qp 1 uid 1
starting delivery 1: msg 7 to remote you@world.test
delivery 1: failure: not_ours/
new msg 8
info msg 8: bytes 200 from <me@kamata-net.com> qp 2 uid 0
starting delivery 2: msg 8 to remote you@world.test
delivery 2: success: 192.0.2.7_accepted_message./Remote_host_said:_250_ok/
"""


@pytest.mark.root
@pytest.mark.parametrize("shell", shells())
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({}, "pass"),
        ({"RCPT": "550 5.7.1 relaying denied"}, "fail"),
        ({"RCPT": "450 4.2.0 greylisted, try again later"}, "unknown"),
    ],
)
def test_a_test_by_qmail_remote(kind: str, shell: str, answers: dict[str, str], outcome: str) -> None:
    """It goes as far as DATA, with the routes that are live; nothing is delivered, and no folder stays."""
    with relay(**answers) as server, qmail_of(kind, shell) as box, running(box.home, "qmail-rspawn", user=1, group=1):
        (box.control / "smtproutes").write_text(f":[127.0.0.1]:{server.port}\n")
        host = qmail_host(home=box.home, state=box.root / "state")
        judged = ask_relay(box.session, host, qmail, _TEST, wait=20)

    assert judged.outcome == outcome, judged
    assert server.heard[1:3] == ["MAIL FROM:<test@kamata-net.com>", "RCPT TO:<us@kamata-net.com>"]
    assert server.messages == 0
    assert list(Path("/tmp").glob("relayconf.*")) == []  # noqa: S108


def test_where_there_is_no_qmail_remote(host: Sandbox) -> None:
    """No test, no verdict."""
    judged = ask_relay(host.session, qmail_host(home=host.home, state=host.state), qmail, _TEST, wait=1)

    assert judged.outcome == "unknown"
    assert judged.said == f"no test by qmail-remote: {host.home}/bin/qmail-remote is missing"


def _send(host: Sandbox, wait: int = 5) -> tuple[str, str]:
    judged = send(host.session, qmail_host(home=host.home, state=host.state), qmail, _LETTER, wait=wait)
    return judged.outcome, judged.said


def test_a_real_message(host: Sandbox) -> None:
    """Our own delivery is found among others to the same recipient."""
    with running(host.home, "qmail-send", stand_in(host.home, host.root, _OTHERS)):
        assert _send(host) == ("pass", "it took the message")
    letter = (host.root / "letter").read_text()

    assert (host.root / "arguments").read_text() == "-f me@kamata-net.com you@world.test\n"
    assert "\nMessage-ID: <relayconf.0123456789abcdef@kamata-net.com>\n" in letter
    assert letter.startswith("From: <me@kamata-net.com>\nTo: <you@world.test>\nSubject: ")


def test_a_message_that_is_not_seen_to_end(dash: Sandbox) -> None:
    """Nobody can tell."""
    with running(dash.home, "qmail-send", stand_in(dash.home, dash.root, _OTHERS[: _OTHERS.index("delivery 2")])):
        outcome, said = _send(dash, wait=1)

    assert outcome == "unknown"
    assert said == f"the log {dash.root}/current does not tell within 1 s what became of it"


def test_a_log_that_is_rotated(dash: Sandbox) -> None:
    """Then the lines are in another file."""
    script = stand_in(dash.home, dash.root, "").replace("read x", f"mv {dash.root}/current {dash.root}/old\nread x")
    with running(dash.home, "qmail-send", script):
        assert _send(dash) == ("unknown", f"the log {dash.root}/current was rotated meanwhile")


def test_no_qmail_send(dash: Sandbox) -> None:
    """Then nothing is injected, as where its log is not found."""
    assert _send(dash) == ("unknown", "qmail-send does not run")


def test_an_inject_that_fails(dash: Sandbox) -> None:
    """Is an error of that host."""
    script = stand_in(dash.home, dash.root, "")
    (dash.home / "bin" / "qmail-inject").write_text("#!/bin/sh\necho 'qmail-inject: fatal: no queue' >&2\nexit 111\n")
    with running(dash.home, "qmail-send", script), pytest.raises(HostError) as caught:
        _send(dash)
    assert caught.value.message == "qmail-inject: qmail-inject: fatal: no queue"


_GOOD = ("from me@kamata-net.com", "to you@world.test", f"domain {ANYBODY}", "wait 5")


def _answer(host: Sandbox, lines: list[str]) -> str:
    request = request_text(qmail_host(home=host.home, state=host.state), qmail, lines)
    return host.session.run(assemble(qmail.SHELL, *VERIFY), stdin=request).stdout.decode()


@pytest.mark.parametrize(
    ("number", "line", "reason"),
    [
        (0, "from -bp@kamata-net.com", "the request holds what is no address"),
        (0, "from <>", "the request holds what is no address"),
        (1, "to you", "the request holds what is no address"),
        (1, "to you@world.test you@else.test", "the request holds what is no address"),
        (1, "to a@b@c", "the request holds what is no address"),
        (1, f"to {'y' * 320}@world.test", "the request holds what is no address"),
        (2, "domain -a", "the request holds what is no domain"),
        (2, "domain a;b", "the request holds what is no domain"),
        (2, "message a.b", "the request holds no name of a message"),
        (3, "wait 601", "the request does not say how long to wait"),
        (3, "wait 0", "the request does not say how long to wait"),
        (3, "wait", "the request does not say how long to wait"),
        (3, "end", "the request does not say how long to wait"),
    ],
)
def test_requests_that_are_refused(dash: Sandbox, number: int, line: str, reason: str) -> None:
    """Words that a program could take for something else go to none."""
    lines = list(_GOOD)
    lines[number] = line

    assert _answer(dash, lines) == f"error {reason}\nend 10\n"


def test_every_shell_refuses(host: Sandbox) -> None:
    """What is no address."""
    answers = [_answer(host, [f"from {word}", *_GOOD[1:]]) for word in ("a;b@c", "-f@c", "a@b@c", "a@b\\")]

    assert answers == ["error the request holds what is no address\nend 10\n"] * 4


def test_a_request_that_is_cut(host: Sandbox) -> None:
    """Asks for nothing."""
    done = host.session.run(assemble(qmail.SHELL, *VERIFY), stdin=b"state /x\nfrom me@kamata-net.com\n")

    assert done.stdout.decode() == "error the request was cut\nend 10\n"
