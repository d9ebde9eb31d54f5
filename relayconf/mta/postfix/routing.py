"""Where Postfix sends mail: what a transport table, the senders' table and relayhost say of a recipient elsewhere.

Source: transport(5), postconf(5) (relayhost, sender_dependent_default_transport_maps, default_transport), resolve.c and
transport.c of Postfix 3.5 to 3.11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from relayconf.model import At, Direct, Discard, Internal, Mx, Reject, Retry, SenderRoute, Smarthost, Target
from relayconf.mta.postfix.names import SMTP, service
from relayconf.mta.postfix.nexthop import spell

CLASS = ":"
"""The value of a row that keeps what Postfix does without the table."""


AS_DEFAULT = "DUNNO"
"""The value of a sender's row that ends the search and leaves the mail to the default."""


_BY_TEXT: Mapping[type, str] = {Reject: "error", Retry: "retry", Discard: "discard"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The service and the next hop of one delivery; for `error`, `retry` and `discard` the next hop is the text."""

    service: str
    nexthop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """All that decides: the tables (keys in lower case), relayhost, and default_transport."""

    table: Mapping[str, str]
    senders: Mapping[str, str] = field(default_factory=dict)
    relayhost: str = ""
    default_transport: str = SMTP


def way_of(target: Target, domain: str) -> Way | None:
    """What *target* means for mail to *domain*; None where it stays here."""
    match target:
        case Direct() | Mx():
            return Way(service=SMTP, nexthop=domain)
        case Smarthost():
            name = service("", implicit_tls=target.endpoint.implicit_tls)
            return Way(service=name, nexthop=spell(target.nexthop))
        case At() | Internal():
            return Way(service=SMTP, nexthop=spell(target.nexthop))
        case Reject() | Retry() | Discard():
            return Way(service=_BY_TEXT[type(target)], nexthop=target.text.strip())
        case _:
            return None


def default_way(defaults: Sequence[Target], domain: str) -> Way | None:
    """What `relay` means for mail to *domain*: a list of relays is one next hop, all of its members in one service."""
    ways = [way_of(target, domain) for target in defaults]
    hops = ", ".join(way.nexthop for way in ways if way)
    return replace(ways[0], nexthop=hops) if ways[0] else None


def value_for(target: Target) -> str | None:
    """The value of a transport table's row for *target*; None as for `way_of`."""
    way = way_of(target, "")
    return None if way is None else f"{way.service}:{way.nexthop}"


def value_of_sender(route: SenderRoute) -> str:
    """The value of the row for a sender. It names the next hop too, so that mail for domains of ours is left alone."""
    if not isinstance(route.target, Smarthost):
        return AS_DEFAULT
    implicit_tls = route.target.endpoint.implicit_tls
    name = service("", implicit_tls=implicit_tls, by_sender=route.credentials is not None)
    return f"{name}:{spell(route.target.nexthop)}"


def sender_keys(sender: str) -> Iterator[str]:
    """The keys that are looked up for *sender*, an address in lower case or `<>`, the first hit wins.

    With recipient_delimiter set, Postfix also looks for the address without its extension, behind the address itself.
    """
    yield sender
    if "@" in sender:
        yield f"@{sender.rpartition('@')[2]}"


def keys(recipient: str) -> Iterator[str]:
    """The keys that are looked up for *recipient*, an address or a domain, the first hit wins."""
    if "@" in recipient:
        yield recipient
    domain = recipient.rpartition("@")[2]
    yield domain
    dot = domain.find(".", 1)
    while dot >= 0:
        yield domain[dot:]
        dot = domain.find(".", dot + 1)
    yield "*"


def lookup(table: Mapping[str, str], recipient: str) -> str | None:
    """The value of the row for *recipient*, which is in lower case."""
    return next((table[key] for key in keys(recipient) if key in table), None)


def route(routing: Routing, recipient: str, sender: str = "") -> Way:
    """The way of mail to *recipient*, whose domain is none that Postfix delivers itself.

    *sender* is an address in lower case or `<>`; empty for one that has no row.
    """
    domain = recipient.rpartition("@")[2]
    by_sender = next((routing.senders[key] for key in sender_keys(sender) if key in routing.senders), AS_DEFAULT)
    default, _, fixed = (routing.default_transport if by_sender == AS_DEFAULT else by_sender).partition(":")
    unrouted = Way(service=default, nexthop=fixed or routing.relayhost or domain)
    value = lookup(routing.table, recipient)
    if value is None or value == CLASS:
        return unrouted
    name, _, nexthop = value.partition(":")
    if not name:
        return Way(service=unrouted.service, nexthop=nexthop)
    return Way(service=name, nexthop=nexthop or domain)
