"""Limits: what a plan may not do on a host before its flag is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from relayconf.drift import Drift
from relayconf.model import Host, Smarthost, TlsLevel
from relayconf.mta.base import EVERYTHING_ELSE, FROM, Way

FLAGS: Mapping[str, str] = {
    "drift": "--overwrite-drift",
    "no-relay": "--allow-no-relay",
    "own-domain": "--allow-own-domains",
    "weaker-tls": "--allow-weaker-tls",
    "take-over": "--take-over",
    "discard": "--allow-discard",
}
"""Every limit's code, and the flag of `apply` that lets it be crossed."""

MAX_NAMES = 5
"""Names listed at most in one limit; the others are counted."""

_STRENGTH = {
    TlsLevel.NONE: 0,
    TlsLevel.MAY: 0,
    TlsLevel.ENCRYPT: 1,
    TlsLevel.DANE: 2,
    TlsLevel.FINGERPRINT: 2,
    TlsLevel.VERIFY: 2,
    TlsLevel.SECURE: 3,
}

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit that a plan crosses, the flag that allows it, and what would happen."""

    code: str
    flag: str
    text: str


def row(table: Mapping[str, _Row], key: str) -> _Row:
    """What *table* says of *key*: the key itself, then its domain, then `.suffix` from long to short, then the rest.

    A sender's address is followed by its `@domain`.
    """
    if key in table:
        return table[key]
    _, _, domain = key.rpartition("@")
    if key.startswith(FROM):
        return table.get(f"{FROM}@{domain}", table[EVERYTHING_ELSE])
    suffixes = (domain[dot:] for dot, char in enumerate(domain) if char == ".")
    return next((table[name] for name in (domain, *suffixes) if name in table), table[EVERYTHING_ELSE])


def _listing(names: Iterable[str]) -> str:
    every = tuple(names)
    more = len(every) - MAX_NAMES
    shown = ", ".join(every[:MAX_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def _drift(drift: Sequence[Drift]) -> str:
    names = (" ".join(filter(None, (item.path.partition(":")[2], item.name))) for item in drift if item.is_overwritten)
    listed = _listing(names)
    return f"edits made by hand would be overwritten: {listed}" if listed else ""


def _no_relay(before: Mapping[str, Way], after: Mapping[str, Way]) -> str:
    old, new = before[EVERYTHING_ELSE], after[EVERYTHING_ELSE]
    is_crossed = old.kind == "relay" and new.kind == "direct"
    return f"{EVERYTHING_ELSE} would go direct, no longer through {old.nexthop}" if is_crossed else ""


def _leaves(host: Host, domain: str, after: Mapping[str, Way]) -> bool:
    """Whether mail for *domain* goes to a relay, not to a server that the inventory names for it."""
    key, target = host.intended(domain)
    return row(after, domain).kind == "relay" and (not key or isinstance(target, Smarthost))


def _stays_in(domain: str, before: Mapping[str, Way]) -> bool:
    """Whether mail for *domain* does not go where all the rest does."""
    way = row(before, domain)
    return way.kind in {"local", "direct"} or (way.kind == "relay" and way.nexthop != before[EVERYTHING_ELSE].nexthop)


def _own_domains(host: Host, before: Mapping[str, Way], after: Mapping[str, Way]) -> str:
    ours = dict.fromkeys(name for name, way in before.items() if way.is_ours)
    ours |= dict.fromkeys(host.domains.keys() & host.routes.keys())
    changed = (name for name in ours if row(before, name) != row(after, name))
    listed = _listing(sorted(name for name in changed if _stays_in(name, before) and _leaves(host, name, after)))
    return f"mail for domains of our own would leave through a relay: {listed}" if listed else ""


def _weaker(before: Mapping[str, Way], after: Mapping[str, Way]) -> Iterator[str]:
    for key in dict.fromkeys((EVERYTHING_ELSE, *before, *after)):
        old, new = row(before, key), row(after, key)
        if old.kind != "relay" or new.kind != "relay" or old.tls is None or new.tls is None:
            continue
        if _STRENGTH[new.tls] < _STRENGTH[old.tls]:
            yield f"{key} ({old.tls} -> {new.tls})"


def _discards(before: Mapping[str, Way], after: Mapping[str, Way]) -> str:
    dropped = (key for key, way in after.items() if way.kind == "discard" and row(before, key).kind != "discard")
    listed = _listing(dropped)
    return f"mail would be dropped as if it had been delivered: {listed}" if listed else ""


def crossed(
    host: Host, drift: Sequence[Drift], before: Mapping[str, Way], after: Mapping[str, Way], taken: Sequence[str]
) -> tuple[Limit, ...]:
    """The limits that a plan of *host* crosses, each with everything that crosses it.

    *before* and *after* are the ways of mail, with a row for everything else; *taken* is what others would lose.
    """
    weaker = _listing(_weaker(before, after))
    texts = {
        "drift": _drift(drift),
        "no-relay": _no_relay(before, after),
        "own-domain": _own_domains(host, before, after),
        "weaker-tls": f"TLS would become weaker: {weaker}" if weaker else "",
        "take-over": "; ".join(taken),
        "discard": _discards(before, after),
    }
    return tuple(Limit(code=code, flag=FLAGS[code], text=text) for code, text in texts.items() if text)
