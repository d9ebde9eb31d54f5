"""What cannot be true of merged hosts: mail to oneself, mail in a circle, a domain of ours that is also routed."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from relayconf.inventory.document import Location, Place
from relayconf.inventory.hosts import MergedHost
from relayconf.inventory.layers import Layer
from relayconf.inventory.tables import Table
from relayconf.model import At, Host, Internal, Nexthop, Smarthost, Target

_Hosts = Mapping[str, MergedHost]


class _Once:
    """Complaints, each once a place: what stands in a group is not said again for every host in it."""

    def __init__(self) -> None:
        self.said: set[tuple[str, str, Location]] = set()

    def complain(self, place: Place, code: str, **params: str) -> None:
        key = (code, place.document.file, place.location)
        if key not in self.said:
            self.said.add(key)
            place.complain(code, **params)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def is_self(host: Host, nexthop: Nexthop) -> bool:
    """Whether *nexthop* is the MTA of *host*. On the loopback interface, another port is another program."""
    if _is_loopback(nexthop.host):
        return nexthop.port == 25
    return nexthop.host in (host.name, host.address, *host.egress)


def _check_default(once: _Once, merged: MergedHost) -> None:
    host = merged.host
    place = merged.settings["relay"].place
    for default in host.default:
        if isinstance(default, At):
            if default.host == host.name:
                once.complain(place, "via_self", host=host.name, table="relay")
        elif isinstance(default, Smarthost | Internal) and is_self(host, default.nexthop):
            once.complain(place, "relay_self", host=host.name)


def _targets(table: Table[Target]) -> Iterator[tuple[Iterable[str], Target, Place]]:
    """Every target of one layer's table with its keys; a flat file has one for all of its domains."""
    for key, place in table.places.items():
        if (target := table.entries[key]) is not None:
            yield (key,), target, place
    for flat in table.flats:
        yield flat.file.domains, flat.target, flat.place


def _check_table(
    once: _Once,
    host: Host,
    layers: Sequence[Layer],
    part: Callable[[Layer], Table[Target]],
    table: Mapping[str, Target],
) -> None:
    for layer in layers:
        for keys, target, place in _targets(part(layer)):
            if isinstance(target, At):
                code = "via_self" if table is host.routes and target.host == host.name else ""
            elif isinstance(target, Smarthost | Internal):
                code = "target_self" if is_self(host, target.nexthop) else ""
            else:
                continue
            if code and any(table.get(key) is target for key in keys):
                once.complain(place, code, host=host.name, table="routes")


def _check_senders(once: _Once, merged: MergedHost) -> None:
    host = merged.host
    for layer in merged.layers:
        for key, place in layer.senders.places.items():
            route = layer.senders.entries[key]
            if route is None or host.senders.get(key) is not route:
                continue
            if isinstance(route.target, Smarthost) and is_self(host, route.target.nexthop):
                once.complain(place, "relay_self", host=host.name)


def _check_both(once: _Once, merged: MergedHost) -> None:
    host = merged.host
    for layer in merged.layers:
        for key, place in layer.routes.places.items():
            if key in host.domains and key in host.routes:
                once.complain(place, "local_and_routed", host=host.name, name=key)


def _hops(hosts: _Hosts, name: str, key: str) -> Sequence[str]:
    """The hosts of ours that *name* hands mail for *key* to (a domain or an address; empty: all the rest)."""
    host = hosts[name].host
    if not key:
        targets: Sequence[Target] = [host.target(default) for default in host.default]
    elif key in host.routes:
        targets = [host.target(host.routes[key])]
    else:
        targets = [host.intended(key.rpartition("@")[2])[1]]
    return [target.host for target in targets if isinstance(target, At) and target.host in hosts]


def _circle(hops: Callable[[str], Sequence[str]], start: str, done: set[str]) -> Sequence[str] | None:
    """The first circle met on the way from *start*, as the hosts on it; *done* are those that lead to none."""
    path: list[str] = []
    ahead: list[Iterator[str]] = [iter((start,))]
    while ahead:
        name = next(ahead[-1], None)
        if name is None:
            ahead.pop()
            done.update(path[-1:])
            del path[-1:]
        elif name in path:
            return [*path[path.index(name) :], name]
        elif name not in done:
            path.append(name)
            ahead.append(iter(hops(name)))
    return None


def _check_circles(once: _Once, hosts: _Hosts) -> None:
    starts: dict[str, list[tuple[str, Place]]] = {"": [(name, hosts[name].settings["relay"].place) for name in hosts]}
    for name, merged in hosts.items():
        for layer in merged.layers:
            for key, place in layer.routes.places.items():
                if isinstance(merged.host.routes.get(key), At):
                    starts.setdefault(key, []).append((name, place))
    for key, places in starts.items():
        done: set[str] = set()
        for name, place in places:
            circle = _circle(partial(_hops, hosts, key=key), name, done)
            # Told where one of its hosts begins it, not where others lead into it.
            if circle and name == circle[0]:
                once.complain(place, "circle", circle=" → ".join(circle))
                done.update(circle)


def check_hosts(hosts: _Hosts) -> None:
    """Complain about every host whose mail could not go where the inventory says."""
    once = _Once()
    for merged in hosts.values():
        host = merged.host
        _check_default(once, merged)
        _check_table(once, host, merged.layers, lambda layer: layer.domains, host.domains)
        _check_table(once, host, merged.layers, lambda layer: layer.routes, host.routes)
        _check_senders(once, merged)
        _check_both(once, merged)
    _check_circles(once, hosts)
