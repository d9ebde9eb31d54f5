"""Where every recipient of a load ended, beside where it had to."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.e2e.flips.load import Injected
from tests.lab import Message, Refusal

_ENDS = ("right", "late", "wrong_user", "direct", "elsewhere", "bounced", "waiting", "lost")
_EXAMPLES = 5
_DELIVERY = re.compile(r": to=<(?P<to>[^>]*)>,.* relay=(?P<relay>[^,]+),.* status=(?P<status>\w+) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Where a message arrives and as whom; `tls` says whether it was encrypted on the way."""

    server: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False


LOCAL = Landing(server="local", port=0)
"""The host's own mailboxes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """From when to when a class of recipients could land there: from the start of one switch to the end of the next."""

    landing: Landing
    begin: float
    end: float


@dataclass(slots=True)
class Timeline:
    """Which landings were in force, by class of recipients; each switch is told when it is over."""

    _epochs: dict[str, list[Epoch]] = field(default_factory=lambda: defaultdict(list))

    def switch(self, landings: Mapping[str, Landing], *, begun: float, ended: float) -> None:
        """Note a switch to these landings: the old ones count until it *ended*, the new ones once it has *begun*."""
        for kind, landing in landings.items():
            epochs = self._epochs[kind]
            if epochs and epochs[-1].landing == landing:
                continue
            if epochs:
                last = epochs[-1]
                epochs[-1] = Epoch(landing=last.landing, begin=last.begin, end=ended)
            epochs.append(Epoch(landing=landing, begin=begun, end=float("inf")))

    def in_force(self, kind: str, begun: float, arrived: float) -> set[Landing]:
        """Where a message that began its way then and arrived then may be."""
        return {epoch.landing for epoch in self._epochs[kind] if epoch.begin <= arrived and begun <= epoch.end}

    def ever(self, kind: str) -> set[Landing]:
        """Every landing that the class had."""
        return {epoch.landing for epoch in self._epochs[kind]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Recipients by their end; every one that the host took is in exactly one of these down to `lost`.

    `late` came to a relay that was right only before or afterwards, `wrong_user` to the right one with other
    credentials or without TLS, `direct` past the relays to the receiver, `elsewhere` anywhere else. `waiting` is still
    in the queue. `duplicated`, and `deferred` for a while, are counted beside that; `refused` are the relays' replies
    by their code, such as 530 and 535.
    """

    sent: int
    right: int
    late: int
    wrong_user: int
    direct: int
    elsewhere: int
    bounced: int
    waiting: int
    lost: int
    duplicated: int
    deferred: int
    refused: Mapping[str, int]
    examples: tuple[str, ...]

    def __str__(self) -> str:
        refused = ", ".join(f"{count} x {code}" for code, count in sorted(self.refused.items())) or "none"
        return (
            f"sent {self.sent}: right {self.right}, late {self.late}, wrong user {self.wrong_user}, "
            f"direct {self.direct}, elsewhere {self.elsewhere}, bounced {self.bounced}, waiting {self.waiting}, "
            f"lost {self.lost}; duplicated {self.duplicated}, deferred {self.deferred}, refused {refused}"
            + "".join(f"\n  {example}" for example in self.examples)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What there is to judge by, since the start: the servers' records, Postfix's log, what is left in the queue."""

    messages: Sequence[Message]
    refusals: Sequence[Refusal]
    log: str
    waiting: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fate:
    """What is known of one recipient: where and when its message arrived, and what Postfix's log said of it."""

    arrivals: Sequence[tuple[Landing, float]]
    statuses: frozenset[str]
    is_waiting: bool

    @property
    def is_known(self) -> bool:
        """Whether there is any trace of it beyond the queue."""
        return bool(self.arrivals or self.statuses)


class _Fates:
    """The evidence, by recipient."""

    def __init__(self, evidence: Evidence) -> None:
        self._arrivals: dict[str, list[tuple[Landing, float]]] = defaultdict(list)
        self._statuses: dict[str, set[str]] = defaultdict(set)
        self._waiting = evidence.waiting
        for message in evidence.messages:
            landing = Landing(
                server=message.server,
                port=message.port,
                user=message.user,
                password=message.password,
                tls=bool(message.tls),
            )
            for recipient in message.recipients:
                self._arrivals[recipient].append((landing, message.time))
        for delivery in _DELIVERY.finditer(evidence.log):
            self._statuses[delivery["to"]].add(delivery["status"])
            if delivery["relay"] == "local" and delivery["status"] == "sent":
                self._arrivals[delivery["to"]].append((LOCAL, 0.0))

    def of(self, recipient: str) -> _Fate:
        """What became of this one."""
        return _Fate(
            arrivals=self._arrivals.get(recipient, ()),
            statuses=frozenset(self._statuses.get(recipient, ())),
            is_waiting=recipient in self._waiting,
        )


def _judge(fate: _Fate, kind: str, begun: float, timeline: Timeline, receiver: str) -> str:
    if not fate.arrivals:
        if fate.is_waiting:
            return "waiting"
        return "bounced" if "bounced" in fate.statuses else "lost"
    landing, when = fate.arrivals[0]
    if landing in timeline.in_force(kind, begun, when or begun):
        return "right"
    ever = timeline.ever(kind)
    if landing in ever:
        return "late"
    if any(landing.server == other.server for other in ever):
        return "wrong_user"
    return "direct" if landing.server == receiver else "elsewhere"


def account(injected: Sequence[Injected], timeline: Timeline, evidence: Evidence, *, receiver: str) -> Account:
    """Judge every recipient; *receiver* is the server where mail arrives that takes no relay."""
    fates = _Fates(evidence)
    ends: Counter[str] = Counter()
    duplicated = deferred = 0
    examples: list[str] = []
    sent = ((message, *recipient) for message in injected for recipient in message.recipients.items())
    for message, recipient, kind in sent:
        fate = fates.of(recipient)
        if not message.is_certain and not fate.is_known:
            continue
        end = _judge(fate, kind, message.begun, timeline, receiver)
        ends[end] += 1
        duplicated += len(fate.arrivals) > 1
        deferred += "deferred" in fate.statuses
        if end != "right":
            examples.append(f"{end}: {recipient}, begun {message.begun:.3f}: {fate}")
    return Account(
        sent=ends.total(),
        **{end: ends[end] for end in _ENDS},
        duplicated=duplicated,
        deferred=deferred,
        refused=Counter(refusal.reply[:3] for refusal in evidence.refusals),
        examples=tuple(examples[:_EXAMPLES]),
    )
