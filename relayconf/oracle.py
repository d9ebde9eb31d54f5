"""The router of a host asked where it sends mail: what is on its disk, past every model of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relayconf.errors import ObserveError, UsageError
from relayconf.model import Host
from relayconf.mta.base import Mta
from relayconf.observe import observe
from relayconf.remote.base import Session
from relayconf.text import printable

MOST = 200
"""Questions in one look: each costs the host some 5 ms."""

# resolve_clnt.h: what was found is the sum of one class and of flags.
_ERROR, _FAILED = 4, 8
_CLASSES = {256: "local", 512: "virtual alias", 1024: "virtual mailbox", 2048: "relay", 4096: "default"}
_ANSWER = re.compile(r"(?P<who>live|disk) (?P<flags>[0-9]{1,6}) (?P<transport>\S+) (?P<nexthop>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the router said of one message; `kind` is the class of the recipient's domain, safe to print like the rest.

    `is_live` when the router that works has said it, which may not have been told of the last edit; else one of our own
    did, by the files that are there. `is_certain` is false where a table could not be read: mail would wait.
    """

    sender: str
    recipient: str
    transport: str
    nexthop: str
    kind: str
    is_live: bool
    is_certain: bool


def _answer(sender: str, recipient: str, value: str) -> Answer:
    match = _ANSWER.fullmatch(value)
    if match is None:
        raise ObserveError(f"the host's answer cannot be used: the route {printable(value)[:200]}")
    flags = int(match["flags"])
    kinds = (name for bit, name in _CLASSES.items() if flags & bit)
    is_bad = bool(flags & _ERROR)
    return Answer(
        sender=sender,
        recipient=recipient,
        # of a bad address the router says neither, in words of its own
        transport="error" if is_bad else printable(match["transport"]),
        nexthop="bad address" if is_bad else printable(match["nexthop"]),
        kind="error" if is_bad else next(kinds, "unknown"),
        is_live=match["who"] == "live",
        is_certain=not flags & _FAILED,
    )


def _checked(pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    if len(pairs) > MOST:
        raise UsageError(f"{len(pairs)} questions are too many for one look", hint=f"ask at most {MOST}")
    for given, recipient in pairs:
        sender = "" if given == "<>" else given
        for address in (sender, recipient):
            if " " in address or not address.isprintable():
                raise UsageError(f"a router cannot be asked about {printable(address)!r}: it has a blank in it")
        yield sender, recipient


def questions(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """*pairs* as they are asked. Raises UsageError for addresses that cannot be, and for more than `MOST`."""
    return tuple(_checked(pairs))


def ask(session: Session, host: Host, mta: Mta, pairs: Sequence[tuple[str, str]]) -> tuple[Answer | None, ...]:
    """Where the files of *host* send mail for *pairs* of sender (`<>`: a bounce) and recipient, by its own router.

    None where it has none, as qmail, or did not answer. Raises ObserveError, and what `questions` and the session
    raise.
    """
    asked = questions(pairs)
    values = observe(session, host, mta, asked=asked).values
    found = (values.get(f"route.{number}") for number in range(1, len(asked) + 1))
    return tuple(
        None if value is None else _answer(sender, recipient, value)
        for (sender, recipient), value in zip(pairs, found, strict=True)
    )
