"""Who sends for a domain: the union over the hosts of their relays and of their own addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from relayconf.facts import Finding, Severity
from relayconf.model import At, Direct, Host, Internal, Inventory, Mx, Relay, Smarthost, Target
from relayconf.spf.helo import Targets, helo_name, sends_bounces
from relayconf.spf.lookup import Lookup
from relayconf.spf.networks import is_within
from relayconf.spf.planner import Need


@dataclass(slots=True, kw_only=True)
class Needs:
    """What a record has to cover, and what could not be told from the inventory.

    `is_host` where the name is one that hosts say in HELO and nothing else: nobody but they may use it.
    """

    is_host: bool = False
    needs: dict[Need, None] = field(default_factory=dict)
    findings: dict[Finding, None] = field(default_factory=dict)

    def warn(self, code: str, text: str, *ways_out: str) -> None:
        """Say what is not known."""
        self.findings[Finding(code=code, severity=Severity.WARNING, text=text, ways_out=ways_out)] = None


_NULL_SENDER = "<>"


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2]


def domains(inventory: Inventory) -> tuple[str, ...]:
    """The domains that the organisation sends as: those it receives, and those that senders are rewritten to."""
    return sent_as(inventory.hosts.values())


def sent_as(hosts: Iterable[Host]) -> tuple[str, ...]:
    """The domains that *hosts* send as."""
    found: dict[str, None] = {}
    seen: dict[int, Mapping[str, Target]] = {}
    for host in hosts:
        # Hosts share their tables, which can be long.
        if id(host.domains) not in seen:
            seen[id(host.domains)] = host.domains
            found |= dict.fromkeys(
                key for key, target in host.domains.items() if not isinstance(target, Mx) and not key.startswith(".")
            )
        found |= dict.fromkeys(map(_domain, host.rewrite.values()))
        found |= dict.fromkeys(map(_domain, filter(_NULL_SENDER.__ne__, host.senders)))
    return tuple(found)


def _sends_as(host: Host, domain: str) -> bool:
    senders = map(_domain, (*host.rewrite.values(), *host.senders))
    return domain in host.domains or domain in senders


def _lets(relay: Relay, domain: str) -> bool:
    return not relay.senders or domain in map(_domain, relay.senders)


_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
            *("::/127", "fc00::/7", "fe80::/10"),
        ),
    )
)
"""Where the world never sees mail come from. Addresses for examples stay: inventories have them in their examples."""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _term(text: str) -> str | None:
    """*text* as a term, if it is an address that the world can see mail come from."""
    address = _address(text)
    if address is None or is_within(text, _NOT_PUBLIC):
        return None
    return f"ip{address.version}:{address}"


def _addresses(host: Host, lookup: Lookup) -> tuple[str, ...]:
    if host.egress:
        return host.egress
    if _address(host.address):
        return (host.address,)
    return tuple(value for kind in ("A", "AAAA") for value in lookup(host.address, kind).values)


def _of_relay(needs: Needs, relay: Relay, domain: str) -> None:
    if not _lets(relay, domain):
        return
    if relay.spf is None:
        ways = ("`spf: [include:…]`, as the provider says", "`spf: []` when it puts an address of its own in MAIL FROM")
        needs.warn("relay-without-spf", f"relay {relay.name} sends for {domain}, but from where is not said", *ways)
        return
    needs.needs |= dict.fromkeys(Need(term=term, why=f"relay {relay.name}") for term in relay.spf)


def _of_host(needs: Needs, host: Host, lookup: Lookup) -> None:
    terms = [term for term in map(_term, _addresses(host, lookup)) if term]
    if not terms:
        text = f"{host.name} sends directly, but from which public address is not known"
        needs.warn("no-egress", text, "`egress: [ADDRESS]` on the host")
    needs.needs |= dict.fromkeys(Need(term=term, why=f"{host.name}, directly") for term in terms)


def _of_helo(needs: Needs, host: Host, name: str, lookup: Lookup) -> None:
    """RFC 7208 2.4: mail from the null sender is judged by the name in HELO."""
    own = [ipaddress.ip_network(address) for kind in ("A", "AAAA") for address in lookup(name, kind).values]
    addresses = [address for address in _addresses(host, lookup) if _term(address)]
    if own and addresses and all(is_within(address, own) for address in addresses):
        needs.needs[Need(term="a", why=f"{host.name}, bounces")] = None
    elif own:
        _of_host(needs, host, lookup)


def _ways_out(
    inventory: Inventory, hosts: Iterable[Host], domain: str, known: Targets
) -> Iterator[tuple[Host, Target]]:
    """Each way in which mail of *domain* leaves *hosts*, on through hosts of ours to where it leaves us."""
    waiting = list(hosts)
    reached = {host.name for host in waiting}
    for host in waiting:
        own = [route.target for sender, route in host.senders.items() if _domain(sender) == domain]
        rest = () if f"@{domain}" in host.senders else host.default
        ways = [*rest, *known.of(host.routes), *own]
        for target in {id(target): target for target in ways}.values():
            if isinstance(target, At) and target.host not in reached:
                reached.add(target.host)
                waiting.append(inventory.hosts[target.host])
            yield host, target
        if any(isinstance(target, Mx) for target in known.of(host.domains)):
            yield host, Mx()


def needs_of(inventory: Inventory, domain: str, lookup: Lookup) -> Needs:
    """What the record of *domain* has to cover. *lookup* finds the addresses of hosts that are named by a name.

    A host that sends through another host of ours needs nothing itself: the other one's ways out count. Of a failover
    list, every relay counts.
    """
    known = Targets()
    senders = tuple(host for host in inventory.hosts.values() if _sends_as(host, domain))
    named = tuple(host for host in inventory.hosts.values() if helo_name(host) == domain and sends_bounces(host, known))
    found = Needs(is_host=bool(named) and not senders)
    for host in named:
        _of_helo(found, host, domain, lookup)
    for host, target in _ways_out(inventory, senders or named or inventory.hosts.values(), domain, known):
        match target:
            case Smarthost():
                _of_relay(found, target.relay, domain)
            case Direct() | Mx():
                _of_host(found, host, lookup)
            case Internal() if target in host.default:
                text = f"{host.name} sends through {target.nexthop.host}, whose addresses are not known here"
                found.warn("unknown-relay", text, "name it under `relays`, with `spf`")
            case _:
                pass
    return found
