"""What a test of a relay, or a real message, came to: pass, fail or unknown, by the MTA's own words.

Sources: Postfix's bounce(8), verify(8) and smtp(8) for the lines of its log; qmail-log(5), qmail-remote(8).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from relayconf.authentication import Noted
from relayconf.bounces import postfix
from relayconf.bounces.qmail import QmailLog
from relayconf.bounces.rejection import Rejection, masked, rejection
from relayconf.model import Smarthost
from relayconf.rejections import Category

_NOT_FOR_LONG = frozenset({"greylisted", "rate-receiver", "rate-relay", "dnsbl-query-error"})
"""What says nothing of the configuration, whichever its code."""

_MAY_PASS = frozenset({"server-busy", "mailbox-full", "connection-lost", "content", "policy-other", "size"})
"""What says nothing of it as long as it is temporary."""

_STATUS = re.compile(
    r"\]: [0-9A-Za-z]+: to=<(?P<to>[^>]*)>, (?:orig_to=<[^>]*>, )?relay=(?P<relay>[^,]+), .*?"
    r"dsn=(?P<dsn>[245]\.\d{1,3}\.\d{1,3}), status=(?P<status>[A-Za-z]+) \("
)
_RELAY = re.compile(r"([^\[\]]+)\[([^\]]+)\](?::(\d{1,5}))?")
_TLS = re.compile(r"\]: (\w+ TLS connection established to .*)")
_TLS_FIELD = re.compile(r"\bdelays=[^,]*, (tls=[^,]{1,80}), ")
_TAKEN = frozenset({"deliverable", "sent"})
_QMAIL_IP = re.compile(r"success: (\d+\.\d+\.\d+\.\d+)_accepted_message")


class Outcome(StrEnum):
    """What is known of it. `unknown` is no failure: nobody can tell, or it will be another way later."""

    PASS = "pass"  # noqa: S105  not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What became of one test, or of one message.

    `said` tells it in a few words, `evidence` is the MTA's own line, without local parts, `queue_id` the message's in
    the queue, `relay` the server that it went to and `tls` what was logged of TLS there. `category` is what a refusal
    means. All texts but `said` hold the host's words: hostile.
    """

    outcome: Outcome
    said: str
    evidence: str = ""
    queue_id: str | None = None
    relay: str | None = None
    tls: str | None = None
    category: Category | None = None


Tested: TypeAlias = tuple[tuple[str, Verified], ...]
"""What was tested on one host, each with what it came to."""


def has_failed(tested: Tested) -> bool:
    """Whether one of them did."""
    return any(one.outcome is Outcome.FAIL for _, one in tested)


def unknown(said: str, *, queue_id: str | None = None) -> Verified:
    """Nobody can tell; *said* is why."""
    return Verified(outcome=Outcome.UNKNOWN, said=said, queue_id=queue_id)


def _outcome(refused: Rejection) -> Outcome:
    code = refused.category.code if refused.category else None
    if code in _NOT_FOR_LONG:
        return Outcome.UNKNOWN
    if not refused.final and (refused.category is None or code in _MAY_PASS):
        return Outcome.UNKNOWN
    return Outcome.FAIL


def _refused(refused: Rejection, evidence: str) -> Verified:
    outcome = _outcome(refused)
    title = refused.category.title if refused.category else "refused, and not known why"
    return Verified(outcome=outcome, said=title, evidence=evidence, category=refused.category)


def _tls_of(lines: Iterable[str]) -> str | None:
    """What the process said of TLS; since Postfix 3.11 the line with the status says it too."""
    found = [match[1] for line in lines for match in (_TLS.search(line), _TLS_FIELD.search(line)) if match]
    return masked(found[-1]) if found else None


def _is_there(relay: str, target: Smarthost) -> bool:
    match = _RELAY.fullmatch(relay)
    if match is None:
        return False
    host, address, port = match.groups()
    return target.relay.host in {host.lower(), address} and int(port or 25) == target.endpoint.port


def _judged(lines: Sequence[str], status: re.Match[str]) -> Verified:
    line = lines[-1]
    evidence = masked(line)
    if status["status"] in _TAKEN:
        words = "it takes sender and recipient" if status["status"] == "deliverable" else "it took the message"
        return Verified(outcome=Outcome.PASS, said=words, evidence=evidence)
    refused = postfix.log_line(line)
    if refused is None:
        return replace(unknown(f"the MTA calls it {status['status']}"), evidence=evidence)
    # What cannot be delivered now is undeliverable to a test, too.
    final = status["status"] in {"bounced", "expired"} or status["dsn"].startswith("5")
    return _refused(replace(refused, final=final), evidence)


def judge_postfix(lines: Sequence[str], target: Smarthost | None) -> Verified:
    """What *lines* of Postfix's log tell, the last of which has the status; with *target*, of that relay alone.

    Those before it come from the same process, and have TLS.
    """
    status = _STATUS.search(lines[-1]) if lines else None
    if status is None:
        return unknown("the host's answer holds no line that tells what became of it")
    relay = None if status["relay"] == "none" else status["relay"]
    judged = replace(_judged(lines, status), relay=relay, tls=_tls_of(lines))
    if target is None or relay is None or _is_there(relay, target):
        return judged
    other = f"mail to this recipient does not go to {target}, but to {relay}: `probe:` needs one that does"
    return replace(judged, outcome=Outcome.UNKNOWN, said=other, category=None)


def of_header(noted: Noted) -> Verified:
    """What the receiver noted of a message that arrived."""
    outcome = Outcome(noted.outcome)
    return Verified(outcome=outcome, said=f"the receiver notes {noted.word}", evidence=masked(noted.evidence))


def judge_report(outcome: str, text: str) -> Verified:
    """What qmail-remote reported: the *outcome* that the host found, and the words for it."""
    if outcome == Outcome.PASS:
        return Verified(outcome=Outcome.PASS, said=text)
    refused = rejection(text)
    final = refused.final or outcome == Outcome.FAIL
    return _refused(replace(refused, final=final), masked(text))


def judge_qmail(lines: Sequence[str]) -> Verified:
    """What the *lines* of qmail-send's log tell of one delivery, from its start to its end."""
    log = QmailLog()
    for line in lines:
        log.line(line)
    refused, evidence = log.end(), masked(lines[-1]) if lines else ""
    if refused is not None:
        return _refused(refused, evidence)
    accepted = _QMAIL_IP.search(evidence)
    if accepted is None:
        return replace(unknown("qmail-send's log does not say that a server accepted it"), evidence=evidence)
    return Verified(outcome=Outcome.PASS, said="it took the message", evidence=evidence, relay=accepted[1])
