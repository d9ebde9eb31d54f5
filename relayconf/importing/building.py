"""An inventory of one host out of what was found there: relays get names, what cannot be said is set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from relayconf.importing.naming import base_name, unique
from relayconf.inventory import names, values
from relayconf.inventory.checks import is_self
from relayconf.inventory.problems import Fault
from relayconf.inventory.relays import CLEAR
from relayconf.model import (
    Credentials,
    Direct,
    Endpoint,
    Host,
    Internal,
    Nexthop,
    Relay,
    SecretRef,
    SenderRoute,
    Smarthost,
    Target,
)
from relayconf.mta.base import Found, FoundTarget, Server
from relayconf.text import printable

MAX_NAMES = 5
"""Keys listed at most in one line; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An inventory of one host, and what is beside it. Passwords are in no `repr`.

    `passwords` are the secrets by reference. `unsaid` is what is on the host and not in the inventory, `remarks` what
    has no effect there.
    """

    host: Host
    relays: Mapping[str, Relay]
    passwords: Mapping[SecretRef, str] = field(default_factory=dict, repr=False)
    unsaid: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def _is_secret(password: str) -> bool:
    """Whether a reference can stand for it: see `relayconf.secrets`."""
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return bool(password) and not any(ord(char) < 0x20 or ord(char) == 0x7F for char in password)


def _is_text(value: str) -> bool:
    try:
        values.text(value).encode()
    except (Fault, UnicodeEncodeError):
        return False
    return True


def _is_name(key: str, canonical: Callable[[str], str]) -> bool:
    """Whether *key* is a name as the inventory would have it."""
    try:
        return canonical(key) == key
    except Fault:
        return False


def _sender_key(key: str) -> str:
    return key if key == "<>" else names.sender(key)


@dataclass(slots=True, kw_only=True)
class _Builder:
    """One draft on its way. `reference` makes the reference to the secret of the relay that it is given."""

    host: Host
    reference: Callable[[str], SecretRef]
    relays: dict[str, Relay] = field(default_factory=dict)
    passwords: dict[SecretRef, str] = field(default_factory=dict)
    unsaid: list[str] = field(default_factory=list)
    _known: dict[tuple[object, ...], Smarthost] = field(default_factory=dict)

    def _note(self, server: Server, what: str) -> None:
        self.unsaid.append(f"{server.shown} ({what})")

    def _nexthop(self, server: Server) -> Nexthop | None:
        """The server as the inventory names it."""
        try:
            nexthop = Nexthop(host=names.host(server.host), port=server.port)
        except Fault:
            self._note(server, "neither a name nor an address")
            return None
        refusal = ""
        if not 0 < server.port < 65536:
            refusal = "no port"
        elif is_self(self.host, nexthop):
            refusal = "this host itself"
        elif server.mx_lookup:
            self._note(server, "looked up by MX on the host; the inventory names the machine itself")
        if refusal:
            self._note(server, refusal)
        return None if refusal else nexthop

    def _smarthost(self, server: Server, nexthop: Nexthop) -> Smarthost | None:
        """The relay for *server*: one for all lines with the same server, port, user and password."""
        if server.user and not (_is_text(server.user) and _is_secret(server.password)):
            self._note(server, "credentials that an inventory cannot hold")
            return None
        same = (nexthop, server.tls, server.user, server.password)
        if same not in self._known:
            name = unique(base_name(nexthop.host), nexthop.port, self.relays)
            credentials = None
            if server.user:
                credentials = Credentials(username=server.user, password=self.reference(name))
                self.passwords[credentials.password] = server.password
            has_auth = credentials is not None
            clear = has_auth and server.tls in CLEAR
            endpoint = Endpoint(port=nexthop.port, tls=server.tls, auth=has_auth, clear_auth=clear)
            relay = Relay(name=name, host=nexthop.host, endpoints=(endpoint,), credentials=credentials)
            self.relays[name] = relay
            self._known[same] = Smarthost(relay=relay, endpoint=endpoint)
        return self._known[same]

    def target(self, found: FoundTarget) -> Target | None:
        """*found* in the words of the inventory; None when it has none, which is noted."""
        if not isinstance(found, Server):
            return found
        nexthop = self._nexthop(found)
        if nexthop is None:
            return None
        return Internal(nexthop=nexthop) if found.is_ours else self._smarthost(found, nexthop)

    def table(
        self, found: Mapping[str, FoundTarget], canonical: Callable[[str], str], what: str
    ) -> Iterator[tuple[str, Target]]:
        """The entries of *found* that can be said."""
        odd = []
        for key, there in found.items():
            if _is_name(key, canonical):
                if (target := self.target(there)) is not None:
                    yield key, target
            elif not self._is_written_twice(found, key, there):
                odd.append(printable(key))
        if odd:
            shown = ", ".join(odd[:MAX_NAMES]) + (f" and {len(odd) - MAX_NAMES} more" if odd[MAX_NAMES:] else "")
            self.unsaid.append(f"{what} that no inventory can name: {shown}")

    def _is_written_twice(self, found: Mapping[str, FoundTarget], key: str, there: FoundTarget) -> bool:
        """Whether *key* is in letters what another key with the same target is in A-labels."""
        try:
            return not key.isascii() and found.get(names.domain_key(key)) == there
        except Fault:
            return False

    def senders(self, found: Mapping[str, Server | Direct]) -> Iterator[tuple[str, SenderRoute]]:
        """Relays by sender."""
        for key, target in self.table(found, _sender_key, "senders"):
            if isinstance(target, Smarthost | Direct):
                yield key, SenderRoute(target=target)

    def rewritten(self, found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Addresses that are written anew in mail that leaves."""
        for key, value in found.items():
            if _is_name(key, names.rewrite_key) and _is_name(value, names.sender):
                yield key, value
            else:
                self.unsaid.append(f"rewritten in mail that leaves, but not as an inventory can say it: {key}")


def build(found: Found, host: Host, reference: Callable[[str], SecretRef]) -> Draft:
    """What was *found* as an inventory of *host*, which says how the host is reached and whose files it has.

    *reference* gives the reference for the password at the relay that it is given the name of.
    """
    builder = _Builder(host=host, reference=reference)
    targets = [builder.target(target) for target in found.default]
    default = tuple(target for target in targets if isinstance(target, Smarthost | Direct))
    if not default:
        builder.unsaid.append("so the inventory has `relay: direct`, which is not what the host does")
    domains = dict(builder.table(found.domains, names.domain_key, "domains"))
    routes = dict(builder.table(found.routes, names.route_key, "routes"))
    senders = dict(builder.senders(found.senders))
    return Draft(
        host=replace(
            host,
            default=default or (Direct(),),
            domains=domains,
            routes=routes,
            senders=senders,
            rewrite=dict(builder.rewritten(found.rewrite)),
            flavour=found.flavour,
        ),
        relays=builder.relays,
        passwords=builder.passwords,
        unsaid=tuple(printable(text) for text in dict.fromkeys((*found.unsaid, *builder.unsaid))),
        remarks=tuple(printable(text) for text in dict.fromkeys(found.remarks)),
    )
