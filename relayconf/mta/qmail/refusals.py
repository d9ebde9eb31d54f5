"""What an inventory can wish that the classic family of qmail cannot do; known before the host is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from relayconf.facts import Finding, Severity
from relayconf.model import (
    IMPLICIT_TLS_PORTS,
    Discard,
    Endpoint,
    Host,
    Nexthop,
    Reject,
    Relay,
    Retry,
    Smarthost,
    Target,
    TlsLevel,
)
from relayconf.mta.qmail.lines import nexthop_of
from relayconf.mta.qmail.rendering import rows
from relayconf.mta.qmail.words import listing

WARN_ROUTES = 10_000
MAX_ROUTES = 100_000
"""Every remote delivery reads the whole file: at this size 70 ms of CPU and 10 MB each, twenty at a time."""

_OPTIONAL_TLS = frozenset({TlsLevel.NONE, TlsLevel.MAY})
_A_HOP = "a hop on 127.0.0.1 that {} for qmail"
_OTHER_HOSTS = "say it for the Postfix hosts alone, in their group"


def _error(code: str, text: str, *ways_out: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, text=text, ways_out=ways_out)


def _targets(host: Host) -> tuple[Target, ...]:
    """Every target once, the default's first; many keys share one, so they are told apart by identity."""
    every = (*host.default, *host.domains.values(), *host.routes.values())
    return tuple({id(target): target for target in every}.values())


def _needs_tls(endpoint: Endpoint) -> bool:
    return endpoint.implicit_tls or endpoint.tls not in _OPTIONAL_TLS


def _other_endpoints(relay: Relay) -> tuple[str, ...]:
    """The ways to write the relay's endpoints that this qmail can use."""
    usable = (endpoint for endpoint in relay.endpoints if not endpoint.auth and not _needs_tls(endpoint))
    return tuple(f"`relay: {relay.name}:{endpoint.port}`" for endpoint in usable)


def _smarthost(target: Smarthost) -> Iterator[Finding]:
    """AUTH and TLS that the endpoint wants."""
    relay, endpoint = target.relay, target.endpoint
    others = _other_endpoints(relay)
    if endpoint.auth:
        text = f"the relay {relay.name} needs AUTH, but classic qmail-remote has none"
        yield _error("qmail-auth", text, *others, _A_HOP.format("logs in"), "a qmail flavour with AUTH")
    if endpoint.implicit_tls:
        text = f"the relay {target} speaks TLS from the first byte, but classic qmail-remote has no TLS"
        yield _error("qmail-tls", text, *others, _A_HOP.format("encrypts"), "a qmail flavour with TLS")
    elif _needs_tls(endpoint):
        text = f"the relay {target} wants `tls: {endpoint.tls}`, but classic qmail-remote has no TLS"
        yield _error("qmail-tls", text, *others, _A_HOP.format("encrypts"), "a qmail flavour with TLS")
    elif endpoint.tls is TlsLevel.MAY:
        text = f"mail to the relay {target} leaves unencrypted, as `tls: may` allows: classic qmail-remote has no TLS"
        yield Finding(code="qmail-unencrypted", severity=Severity.NOTE, text=text)


def _nexthop(nexthop: Nexthop) -> Iterator[Finding]:
    """Hosts that no value of smtproutes can name."""
    if ":" in nexthop.host:
        text = f"{nexthop.host} is an IPv6 address, but classic qmail-remote speaks IPv4 alone"
        yield _error("qmail-ipv6", text, "its IPv4 address", "a name with an A record")
    if nexthop.mx_lookup:
        text = f"{nexthop.host} is to be looked up by MX, but qmail-remote looks a relay up by A alone"
        yield _error("qmail-mx-lookup", text, "the name of one of its mail servers")


def _is_told_of_tls(target: Target) -> bool:
    return isinstance(target, Smarthost) and _needs_tls(target.endpoint)


def _target(target: Target) -> Iterator[Finding]:
    nexthop = nexthop_of(target)
    if nexthop is not None:
        yield from _nexthop(nexthop)
    if isinstance(target, Smarthost):
        yield from _smarthost(target)
    if nexthop is not None and nexthop.port in IMPLICIT_TLS_PORTS and not _is_told_of_tls(target):
        text = f"{nexthop.host} port {nexthop.port} speaks TLS from the first byte, and classic qmail-remote would hang"
        yield _error("qmail-tls", text, "a port without TLS, such as 25", _A_HOP.format("encrypts"))


def _failover(host: Host) -> Iterator[Finding]:
    if len(host.default) > 1:
        text = f"`relay` lists {len(host.default)} relays to fail over between, but qmail takes one"
        yield _error("qmail-failover", text, "one relay", "one name with several A records, which are tried in turn")


def _keys(host: Host) -> Iterator[Finding]:
    """Routes for which smtproutes has no line."""
    addresses = [key for key in host.routes if "@" in key]
    if addresses:
        text = f"qmail routes by domain, not by address: {listing(addresses)}"
        yield _error("qmail-address-route", text, "a route for the whole domain", _OTHER_HOSTS)
    refused = [
        key for key, target in host.routes.items() if isinstance(target, Reject | Retry | Discard) and "@" not in key
    ]
    if refused:
        text = f"qmail can neither reject, retry nor discard by route: {listing(refused)}"
        yield _error("qmail-reject", text, _OTHER_HOSTS)


def _tables(host: Host) -> Iterator[Finding]:
    """Whole tables that classic qmail has nothing like."""
    if host.senders:
        text = f"classic qmail chooses no relay by sender: {listing(host.senders)}"
        yield _error("qmail-senders", text, _OTHER_HOSTS, "a qmail flavour with authsenders")
    if host.rewrite:
        text = f"qmail rewrites no addresses on their way out: {listing(host.rewrite)}"
        yield _error("qmail-rewrite", text, _OTHER_HOSTS)


def _size(host: Host) -> Iterator[Finding]:
    count = len(rows(host))
    if count < WARN_ROUTES:
        return
    cpu, memory = f"{count // 1400} ms of CPU", f"{1 + count // 11_000} MB"
    cost = f"every remote delivery reads all {count:,} routes, at about {cpu} and {memory}"
    ways_out = ("a `.suffix` route in place of many domains", "a Postfix host as the relay of this one")
    if count > MAX_ROUTES:
        yield _error("qmail-too-many-routes", f"{cost}; the limit is {MAX_ROUTES:,}", *ways_out)
    else:
        yield Finding(code="qmail-many-routes", severity=Severity.WARNING, text=cost, ways_out=ways_out)


_CHECKS: tuple[Callable[[Host], Iterable[Finding]], ...] = (_failover, _keys, _tables, _size)


def refusals(host: Host) -> tuple[Finding, ...]:
    """What *host* is wished to do and cannot, as errors with ways out; and remarks on what it can."""
    found = [finding for target in _targets(host) for finding in _target(target)]
    found += [finding for check in _CHECKS for finding in check(host)]
    return tuple(dict.fromkeys(found))
