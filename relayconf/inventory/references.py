"""What the words of the inventory refer to: relays, endpoints, hosts. One complaint for what does not exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relayconf import model
from relayconf.inventory.document import Place
from relayconf.inventory.language import SenderMap
from relayconf.inventory.names import host_name
from relayconf.inventory.problems import Fault, is_name, suggestion
from relayconf.inventory.relays import CLEAR, credentials
from relayconf.inventory.targets import DomainMap, DomainsFrom, RelayChoice, RelayMap, RouteMap


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Relays and hosts' addresses by name. None stands for what exists but is broken, which was said already."""

    relays: Mapping[str, model.Relay | None]
    addresses: Mapping[str, str | None]

    def smarthost(self, word: str, place: Place) -> model.Smarthost | None:
        """What NAME or NAME:PORT names."""
        name, colon, port = word.partition(":")
        if not is_name(name) or (colon and not (port.isascii() and port.isdigit())):
            place.complain("relay_shape")
            return None
        if name not in self.relays:
            place.complain("unknown_relay", name=name, suggestion=suggestion(name, self.relays))
            return None
        if (relay := self.relays[name]) is None:
            return None
        for endpoint in relay.endpoints:
            if not colon or str(endpoint.port) == port:
                return model.Smarthost(relay=relay, endpoint=endpoint)
        ports = ", ".join(str(endpoint.port) for endpoint in relay.endpoints)
        place.complain("unknown_endpoint", name=name, port=port, ports=ports)
        return None

    def at(self, word: str, place: Place) -> model.At | None:
        """The host of ours that *word* names."""
        try:
            name = host_name(word)
        except Fault:
            place.complain("host_shape")
            return None
        if name not in self.addresses:
            place.complain("unknown_host", name=name, suggestion=suggestion(name, self.addresses))
            return None
        address = self.addresses[name]
        return None if address is None else model.At(host=name, nexthop=model.Nexthop(host=address))


def _internal(host: str, port: int) -> model.Internal:
    return model.Internal(nexthop=model.Nexthop(host=host, port=port))


def default(refs: References, choice: str | RelayMap, place: Place) -> model.Default | None:
    """One entry of `relay`."""
    if isinstance(choice, RelayMap):
        if choice.host is not None:
            return _internal(choice.host, choice.port)
        return refs.at(str(choice.via), place.child("via"))
    return model.Direct() if choice == "direct" else refs.smarthost(choice, place)


def domain_target(refs: References, target: str | DomainMap, place: Place) -> model.Target | None:
    """A value of `domains`."""
    if isinstance(target, str):
        return model.Local() if target == "local" else model.Mx()
    if target.host is not None:
        return _internal(target.host, target.port)
    return refs.at(str(target.at), place.child("at"))


def flat_target(refs: References, entry: str | DomainsFrom, place: Place) -> model.Target | None:
    """What every domain of a flat file is."""
    if isinstance(entry, str):
        return model.Local()
    if entry.host is not None:
        return _internal(entry.host, entry.port)
    if entry.at is not None:
        return refs.at(entry.at, place.child("at"))
    return model.Mx() if entry.mx else model.Local()


def route_target(refs: References, target: str | RouteMap, place: Place) -> model.Target | None:
    """A value of `routes`."""
    if isinstance(target, str):
        return model.Direct()
    if target.host is not None:
        return _internal(target.host, target.port)
    if target.relay is not None:
        return refs.smarthost(target.relay, place.child("relay"))
    if target.via is not None:
        return refs.at(target.via, place.child("via"))
    if target.reject is not None:
        return model.Reject(text=target.reject)
    return model.Retry(text=target.retry) if target.retry is not None else model.Discard(text=str(target.discard))


def _own_login(target: model.Smarthost, place: Place) -> bool:
    """Whether credentials of a sender's own may be presented at *target*; says why not."""
    endpoint, relay = target.endpoint, target.relay
    if relay.credentials is not None and not endpoint.auth:
        place.complain("sender_auth_none", name=relay.name, port=str(endpoint.port))
    elif endpoint.tls in CLEAR and not endpoint.clear_auth:
        place.complain("plaintext_auth", tls=endpoint.tls, port=str(endpoint.port))
    else:
        return True
    return False


def sender_route(refs: References, route: str | SenderMap, place: Place) -> model.SenderRoute | None:
    """A value of `senders`."""
    if isinstance(route, str):
        return model.SenderRoute(target=model.Direct())
    target = refs.smarthost(route.relay, place.child("relay"))
    if target is None:
        return None
    if route.auth is None:
        return model.SenderRoute(target=target)
    if not _own_login(target, place.child("relay")):
        return None
    return model.SenderRoute(target=target, credentials=credentials(route.auth))


def defaults(refs: References, value: RelayChoice, place: Place) -> Sequence[model.Default] | None:
    """All of `relay`, None when something in it is wrong."""
    if isinstance(value, list):
        found = [default(refs, choice, place.child(number)) for number, choice in enumerate(value)]
        good = [entry for entry in found if entry is not None]
        return good if len(good) == len(found) else None
    one = default(refs, value, place)
    return None if one is None else [one]
