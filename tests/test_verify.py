"""What a host is asked, and what of its answers is believed."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from relayconf.errors import HostError
from relayconf.model import Probe
from relayconf.mta import postfix, qmail
from relayconf.relay_tests import RelayTest
from relayconf.remote.base import LIMIT, Completed
from relayconf.remote.local import LocalSession
from relayconf.verify import Letter, Turns, ask_relay, send
from tests.support.hosts import TO_ISP, qmail_host

_PROBE = Probe(sender="me@kamata-net.com", recipient="you@world.test")
_TEST = RelayTest(target=TO_ISP, domain="relayconf-probe.invalid", probe=_PROBE)
_LETTER = Letter(sender="me@kamata-net.com", recipient="you@world.test", token="0123456789abcdef")
_SENT = (
    b"queued ABC\nlog Nov 24 mail1 postfix/smtp[1]: ABC: to=<you@world.test>, "
    b"relay=mail.asahi-net.or.jp[192.0.2.1]:25, delay=1, delays=1/1/1/1, dsn=2.0.0, status=sent (250 ok)\nend 0\n"
)
_DELIVERED = (
    b"log starting delivery 1: msg 2 to remote you@world.test\n"
    b"log delivery 1: success: 192.0.2.7_accepted_message./\nend 0\n"
)


class Answering(LocalSession):
    """A session whose host answers this, and which remembers what it was asked."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[str] = []
        self.timeout = 0.0

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
        """Run nothing."""
        assert (script.startswith("relayconf() {\ntask=verify\n"), args, unknown_hint is not None) == (True, (), True)
        self.asked, self.timeout = stdin.decode().splitlines(), timeout
        assert limit < LIMIT
        return Completed(exit_status=0, stdout=self.answer, stderr=b"")


def test_a_test() -> None:
    """Envelope, domain and patience travel as words; the answer is judged for that relay."""
    session = Answering(_SENT.replace(b"status=sent", b"status=deliverable"))
    judged = ask_relay(session, qmail_host(), postfix, _TEST, wait=7)

    assert session.asked == [
        "state /var/lib/relayconf",
        "from me@kamata-net.com",
        "to you@world.test",
        "domain relayconf-probe.invalid",
        "wait 7",
        "end",
    ]
    assert session.timeout > 7
    assert (judged.outcome, judged.queue_id) == ("pass", "ABC")


def test_a_message() -> None:
    """Its Message-ID is known beforehand."""
    session = Answering(_SENT)
    judged = send(session, qmail_host(), postfix, _LETTER, wait=7)

    assert session.asked[1:-2] == ["from me@kamata-net.com", "to you@world.test", "message 0123456789abcdef"]
    assert (judged.outcome, judged.said) == ("pass", "it took the message")
    assert _LETTER.message_id == "relayconf.0123456789abcdef@kamata-net.com"


def test_no_addresses() -> None:
    """Then no host is asked."""
    session = Answering(b"")
    judged = ask_relay(session, qmail_host(), qmail, replace(_TEST, probe=None), wait=7)

    assert (judged.outcome, session.asked) == ("unknown", [])
    assert judged.said == "relay isp has no `probe:` in the inventory, so nothing was tried"


@pytest.mark.parametrize(
    ("answer", "outcome", "said", "queue_id"),
    [
        (b"report pass it takes sender and recipient\nend 0\n", "pass", "it takes sender and recipient", None),
        (b"unseen Postfix does not run\nend 0\n", "unknown", "Postfix does not run", None),
        (b"queued ABC\nunseen no line\nend 0\n", "unknown", "no line", "ABC"),
        (b"end 0\n", "unknown", "the host says nothing of it", None),
        (
            _DELIVERED,
            "pass",
            "it took the message",
            None,
        ),
    ],
)
def test_answers(answer: bytes, outcome: str, said: str, queue_id: str | None) -> None:
    """Each kind of line."""
    judged = send(Answering(answer), qmail_host(), qmail, _LETTER, wait=7)

    assert (judged.outcome, judged.said, judged.queue_id) == (outcome, said, queue_id)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"unseen x\n", "the host's answer broke off, so what it came to is unknown"),
        (b"error no Postfix found\nend 10\n", "no Postfix found"),
        (b"end 10\n", "the host gave no reason"),
        (b"queued A;B\nend 0\n", "the host's answer cannot be used: the queue id A;B"),
    ],
)
def test_answers_that_are_none(answer: bytes, message: str) -> None:
    """Each is that host's error."""
    with pytest.raises(HostError) as caught:
        send(Answering(answer), qmail_host(), qmail, _LETTER, wait=7)
    assert caught.value.message == message


def test_turns() -> None:
    """Not more than so many at one relay at a time; another relay has its own."""
    turns, busy, most, lock = Turns(limit=2), 0, 0, threading.Lock()

    def work() -> None:
        nonlocal busy, most
        with turns.at("isp"):
            with lock:
                busy += 1
                most = max(most, busy)
            time.sleep(0.02)
            with lock:
                busy -= 1

    with turns.at("other"), turns.at("other"):
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 2
