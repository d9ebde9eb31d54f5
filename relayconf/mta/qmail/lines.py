"""What stands in a line of smtproutes or authsenders, from the inventory's targets, in the syntax of a flavour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from relayconf.model import At, Credentials, Direct, Host, Internal, Mx, Nexthop, Smarthost, Target
from relayconf.mta.qmail.flavours import SMTP_PORT, Around, Flavour, Hop


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user name with its password."""

    user: str
    password: str = field(repr=False)


def nexthop_of(target: Target) -> Nexthop | None:
    """The host that *target* names, if it names one."""
    return target.nexthop if isinstance(target, Smarthost | At | Internal) else None


def credentials_of(target: Target) -> Credentials | None:
    """The credentials that *target* presents, if it does."""
    return target.relay.credentials if isinstance(target, Smarthost) and target.endpoint.auth else None


def can_name(flavour: Flavour, nexthop: Nexthop) -> bool:
    """Whether a value can route to *nexthop*: by MX never, to an IPv6 address where the flavour can."""
    return not nexthop.mx_lookup and (flavour.ipv6 or ":" not in nexthop.host)


def _written(nexthop: Nexthop) -> str:
    return f"[{nexthop.host}]" if ":" in nexthop.host else nexthop.host


def wanted_hop(nexthop: Nexthop, login: Login | None = None) -> Hop:
    """What qmail-remote has to read from the value that routes to *nexthop*."""
    name = _written(nexthop).encode()
    if login is None:
        return Hop(host=name, port=nexthop.port)
    return Hop(host=name, port=nexthop.port, user=login.user.encode(), password=login.password.encode())


def write(flavour: Flavour, nexthop: Nexthop, login: Login | None = None) -> str | None:
    """The value that routes to *nexthop*, or None when no value can.

    With credentials the port is always there: one flavour looks for it in the password otherwise.
    """
    if not can_name(flavour, nexthop):
        return None
    host = _written(nexthop)
    if login is None:
        return host if nexthop.port == SMTP_PORT else f"{host}{flavour.port_mark}{nexthop.port}"
    return flavour.auth_mark.join((f"{host}{flavour.port_mark}{nexthop.port}", login.user, login.password))


def can_carry(flavour: Flavour, login: Login) -> bool:
    """Whether a line gives qmail-remote exactly this user name and this password.

    Lines lose blanks at their end, and are split at a line feed and at NUL; both fields must be there.
    """
    probe = Nexthop(host="relay.example", port=587)
    value = (write(flavour, probe, login) or "").encode()
    around = Around(environment=frozenset({flavour.needs_variable}))
    is_whole = value.rstrip(b" \t") == value and not any(byte in value for byte in b"\n\r\0")
    read = flavour.read(value, around)
    return bool(login.user and login.password) and is_whole and read == wanted_hop(probe, login)


def value_for(flavour: Flavour, target: Target, login: Login | None = None) -> str | None:
    """The value of a line for *target*; empty: by MX. None: no line, since it is local here or cannot be said."""
    if isinstance(target, Direct | Mx):
        return ""
    nexthop = nexthop_of(target)
    return None if nexthop is None else write(flavour, nexthop, login)


LoginOf: TypeAlias = Callable[[Target], Login | None]
"""From a target to what qmail-remote logs in with there."""


def nobody(target: Target) -> Login | None:  # noqa: ARG001  whatever the target
    """No credentials."""
    return None


def unicode_key(key: str) -> str:
    """*key* with its A-labels as letters, as a client with SMTPUTF8 writes it; what is none stays as it is."""
    return ".".join(_letters(label) for label in key.split("."))


def _letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode().decode("punycode")
    except UnicodeError:
        return label


def ascii_key(key: str) -> str:
    """*key* in A-labels."""
    labels = (label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in key.split("."))
    return ".".join(labels)


def _keys(key: str) -> Iterator[str]:
    yield key
    letters = unicode_key(key)
    if letters != key and ascii_key(letters) == key:
        yield letters


def rows(host: Host, flavour: Flavour, login_of: LoginOf = nobody) -> tuple[tuple[str, str], ...]:
    """The lines of smtproutes without the default's: key and value. A route hides a domain with the same key.

    A name beyond ASCII has two lines where the flavour may be asked for it in letters.
    """
    # Few targets are shared by many keys, and comparing targets costs more than all the rest.
    by_identity: dict[int, str | None] = {}
    lines: dict[str, str | None] = {}
    for table in (host.domains, host.routes):
        for key, target in table.items():
            if id(target) not in by_identity:
                here = host.target(target)
                by_identity[id(target)] = value_for(flavour, here, login_of(here))
            lines[key] = by_identity[id(target)]
    found = tuple((key, value) for key, value in lines.items() if value is not None and "@" not in key)
    if not flavour.unicode_keys:
        return found
    return tuple((name, value) for key, value in found for name in _keys(key))
