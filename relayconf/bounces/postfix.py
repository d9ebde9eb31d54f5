"""Postfix's log lines and `postqueue -j`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from relayconf.bounces.rejection import Rejection, Told, domain_of, rejection

_MOST = 10_000
"""Recipients of one queued message that are read."""

_STATUS = re.compile(r", status=(bounced|deferred|undeliverable|SOFTBOUNCE|expired) \((.*)")
_WHO = re.compile(r"(?:^|\s)([\w.-]{1,255}) postfix[\w./-]{0,80}(?:\[\d+\])?: ")
_TO = re.compile(r" to=<([^>]{0,320})>")
_RELAY = re.compile(r", relay=([^,\s\[\]]{1,255})(?:\[[^\]\s]{1,64}\])?(?::(\d{1,5}))?,")
_DSN = re.compile(r", dsn=([45]\.\d{1,3}\.\d{1,3})")


def log_line(line: str) -> Rejection | None:
    """The rejection that a line of Postfix's log tells, whatever syslog put in front of it."""
    status = _STATUS.search(line)
    if status is None:
        return None
    head = line[: status.start() + 2]
    who, to, relay, dsn = (pattern.search(head) for pattern in (_WHO, _TO, _RELAY, _DSN))
    told = Told(
        domain=domain_of(to[1]) if to else None,
        reporter=who[1] if who else None,
        host=relay[1] if relay and relay[1] != "none" else None,
        port=int(relay[2]) if relay and relay[2] else None,
        enhanced=dsn[1] if dsn else None,
        final=status[1] in {"bounced", "expired", "undeliverable"},
    )
    return rejection(status[2].rstrip().removesuffix(")"), told)


def queue_line(line: str) -> Iterator[Rejection]:
    """What a line of `postqueue -j` says of each recipient that waits."""
    try:
        entry: object = json.loads(line)
    except (ValueError, RecursionError):
        return
    recipients: object = entry.get("recipients") if isinstance(entry, dict) and "queue_id" in entry else None
    for recipient in recipients[:_MOST] if isinstance(recipients, list) else ():
        reason = recipient.get("delay_reason") if isinstance(recipient, dict) else None
        if isinstance(reason, str) and reason:
            yield rejection(reason, Told(domain=domain_of(str(recipient.get("address"))), final=False))
