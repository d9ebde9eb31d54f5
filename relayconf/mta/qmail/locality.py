"""Local, virtual or remote: what qmail-send decides of a recipient before any route is looked at.

Source: `rewrite` and `getcontrols` in qmail-send.c, constmap.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from relayconf.mta.qmail.control import entries, first_line, fold, pairs, suffixes

Channel: TypeAlias = Literal["local", "virtual", "remote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """The control files that decide it, parsed: keys folded, `envnoathost` as it stands."""

    locals: frozenset[bytes]
    virtualdomains: Mapping[bytes, bytes] = field(default_factory=dict)
    percenthack: frozenset[bytes] = frozenset()
    envnoathost: bytes = b"envnoathost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Locality:
    """The decision, the address that goes on from there (`virtual`: with the prefix), and the key that decided."""

    channel: Channel
    address: bytes
    key: bytes = field(default=b"", compare=False)


def _names(content: bytes) -> frozenset[bytes]:
    return frozenset(fold(entry) for entry in entries(content))


def read_controls(
    *,
    me: bytes | None,
    locals_: bytes | None = None,
    virtualdomains: bytes | None = None,
    percenthack: bytes | None = None,
    envnoathost: bytes | None = None,
) -> Controls:
    """Parse the contents of the files; None is an absent one.

    An absent `locals` is the name in `me`, an empty one is nothing; an absent `envnoathost` is `me` too.
    """
    name = None if me is None else first_line(me)
    no_at = name if envnoathost is None else first_line(envnoathost)
    return Controls(
        locals=_names(locals_) if locals_ is not None else frozenset({fold(name)} if name else ()),
        virtualdomains=pairs(virtualdomains or b""),
        percenthack=_names(percenthack or b""),
        envnoathost=b"envnoathost" if no_at is None else no_at,
    )


def virtual_key(controls: Controls, domain: bytes) -> bytes | None:
    """The key of `virtualdomains` that takes every recipient at *domain*: itself, a `.suffix`, or the empty key.

    None when none does, or when the one that is found first has an empty value, which is an exemption.
    """
    if not controls.virtualdomains:
        return None
    key = next((key for key in suffixes(fold(domain)) if key in controls.virtualdomains), None)
    return key if key is not None and controls.virtualdomains[key] else None


def domain_channel(controls: Controls, domain: bytes) -> Channel:
    """What becomes of recipients at *domain* for which `virtualdomains` has no line of their own."""
    if fold(domain) in controls.locals:
        return "local"
    return "remote" if virtual_key(controls, domain) is None else "virtual"


def _without_percent(controls: Controls, address: bytes) -> bytes:
    """`a%b@dom` becomes `a@b` while `dom` is in `percenthack`."""
    box, _, domain = address.rpartition(b"@")
    while fold(domain) in controls.percenthack and b"%" in box:
        box, _, domain = box.rpartition(b"%")
    return box + b"@" + domain


def locality(controls: Controls, recipient: bytes) -> Locality:
    """What qmail-send decides of the envelope *recipient*."""
    complete = recipient if b"@" in recipient else recipient + b"@" + controls.envnoathost
    address = _without_percent(controls, complete)
    domain = address.rpartition(b"@")[2]
    if fold(domain) in controls.locals:
        return Locality(channel="local", address=address, key=fold(domain))
    own = fold(address)
    key = own if own in controls.virtualdomains else virtual_key(controls, domain)
    prefix = b"" if key is None else controls.virtualdomains[key]
    if key is None or not prefix:
        return Locality(channel="remote", address=address)
    return Locality(channel="virtual", address=prefix + b"-" + address, key=key)
