"""The MTA of one host is asked whether mail leaves by a relay: a test, or one real message (docs/wire.md)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore, Lock

from relayconf.errors import HostError
from relayconf.model import Host, Smarthost
from relayconf.mta.base import Mta
from relayconf.observe import request_text
from relayconf.relay_tests import RelayTest
from relayconf.remote.base import Session
from relayconf.report import End, split_end
from relayconf.shell import VERIFY, assemble
from relayconf.text import printable
from relayconf.verification import Verified, judge_postfix, judge_qmail, judge_report, unknown

MAX_ANSWER = 1 << 20
"""Bytes that a host may send here."""

_MORE = 60.0  # seconds that a script gets beyond those that it waits for the MTA
_SHOWN = 1200  # characters of one line that are read
_QUEUE_ID = re.compile(r"[0-9A-Za-z]{1,40}")
_HINT = "run it again; nothing was configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A real message: its envelope, and the hexadecimal digits that its Message-ID has."""

    sender: str
    recipient: str
    token: str

    @property
    def message_id(self) -> str:
        """Its Message-ID, without the angles."""
        return f"relayconf.{self.token}@{self.sender.rpartition('@')[2]}"


@dataclass(slots=True, kw_only=True)
class Turns:
    """At most *limit* tests at a time at any one relay, however many hosts there are."""

    limit: int
    _relays: dict[str, BoundedSemaphore] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def at(self, relay: str) -> Iterator[None]:
        """Wait for a turn at the relay of this name."""
        with self._lock:
            turn = self._relays.setdefault(relay, BoundedSemaphore(self.limit))
        with turn:
            yield


def _lines(stdout: bytes) -> list[tuple[str, str]]:
    """The answer's lines, each its kind and the rest. Raises HostError for one that broke off or says why."""
    ended = split_end(stdout)
    if ended is None:
        raise HostError("the host's answer broke off, so what it came to is unknown", hint=_HINT)
    lines, status = ended
    pairs = [printable(line)[:_SHOWN].partition(" ") for line in lines]
    if status != End.DONE:
        told = next((rest for kind, _, rest in pairs if kind == "error"), "the host gave no reason")
        raise HostError(told)
    return [(kind, rest) for kind, _, rest in pairs]


def _judge(lines: list[tuple[str, str]], target: Smarthost | None) -> Verified:
    told = dict(lines)
    queue_id = told.get("queued")
    if queue_id is not None and not _QUEUE_ID.fullmatch(queue_id):
        raise HostError(f"the host's answer cannot be used: the queue id {queue_id}", hint=_HINT)
    logged = [rest for kind, rest in lines if kind == "log"]
    if "report" in told:
        outcome, _, text = told["report"].partition(" ")
        return judge_report(outcome, text)
    if not logged:
        return unknown(told.get("unseen", "the host says nothing of it"), queue_id=queue_id)
    if queue_id is None:
        return judge_qmail(logged)
    return replace(judge_postfix(logged, target), queue_id=queue_id)


def _ask(session: Session, host: Host, mta: Mta, words: list[str], wait: int) -> list[tuple[str, str]]:
    request = request_text(host, mta, [*words, f"wait {wait}"])
    script = assemble(mta.SHELL, *VERIFY)
    done = session.run(script, stdin=request, timeout=wait + _MORE, limit=MAX_ANSWER, unknown_hint=_HINT)
    return _lines(done.stdout)


def ask_relay(session: Session, host: Host, mta: Mta, test: RelayTest, *, wait: int) -> Verified:
    """What the *test* of one relay came to on *host*; its MTA gets *wait* seconds. Nothing is delivered.

    Raises HostError for a host that cannot do it, or whose answer cannot be used, and what the session raises.
    """
    if test.probe is None:
        return unknown(f"relay {test.target.relay.name} has no `probe:` in the inventory, so nothing was tried")
    words = [f"from {test.probe.sender}", f"to {test.probe.recipient}", f"domain {test.domain}"]
    return _judge(_ask(session, host, mta, words, wait), test.target)


def send(session: Session, host: Host, mta: Mta, letter: Letter, *, wait: int) -> Verified:
    """What became of a real message, which *host* is given and which is followed for *wait* seconds.

    Raises what `ask_relay` raises.
    """
    words = [f"from {letter.sender}", f"to {letter.recipient}", f"message {letter.token}"]
    return _judge(_ask(session, host, mta, words, wait), None)
