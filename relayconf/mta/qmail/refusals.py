"""What an inventory can wish that a flavour of qmail cannot do; and what none can, known before the host is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from relayconf.facts import Finding, Severity
from relayconf.model import Direct, Discard, Host, Local, Reject, Retry, SenderRoute, Smarthost, Target
from relayconf.mta.qmail.abilities import error, of_target
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS, Flavour
from relayconf.mta.qmail.lines import rows
from relayconf.mta.qmail.managed import refused
from relayconf.mta.qmail.words import listing

WARN_ROUTES = 10_000
MAX_ROUTES = 100_000
"""Every remote delivery reads the whole file: at this size 70 ms of CPU and 10 MB each, twenty at a time."""

_OTHER_HOSTS = "say it for the Postfix hosts alone, in their group"


def targets(host: Host) -> tuple[Target, ...]:
    """Every target once, the default's first; many keys share one, so they are told apart by identity."""
    every = (*host.default, *host.domains.values(), *host.routes.values())
    return tuple({id(target): target for target in every}.values())


def _failover(host: Host) -> Iterator[Finding]:
    if len(host.default) > 1:
        text = f"`relay` lists {len(host.default)} relays to fail over between, but qmail takes one"
        yield error("qmail-failover", text, "one relay", "one name with several A records, which are tried in turn")


def _keys(host: Host) -> Iterator[Finding]:
    """Routes for which smtproutes has no line."""
    addresses = [key for key in host.routes if "@" in key]
    if addresses:
        text = f"qmail routes by domain, not by address: {listing(addresses)}"
        yield error("qmail-address-route", text, "a route for the whole domain", _OTHER_HOSTS)
    refused = [
        key for key, target in host.routes.items() if isinstance(target, Reject | Retry | Discard) and "@" not in key
    ]
    if refused:
        text = f"qmail can neither reject, retry nor discard by route: {listing(refused)}"
        yield error("qmail-reject", text, _OTHER_HOSTS)


def _as_sender(route: SenderRoute) -> Smarthost | Direct:
    """The relay of a sender, as one that the sender's own credentials are for."""
    target = route.target
    if route.credentials is None or isinstance(target, Direct):
        return target
    relay = replace(target.relay, credentials=route.credentials)
    return Smarthost(relay=relay, endpoint=replace(target.endpoint, auth=True))


def _beaten(host: Host) -> Iterator[Finding]:
    """Recipients with a route of their own, which authsenders comes before: it is asked first and alone."""
    keys = [key for key, target in host.recipients() if not isinstance(target, Local)]
    if keys:
        text = (
            f"authsenders beats every route: mail of {listing(host.senders)} "
            f"would take the sender's relay to {listing(keys)} too"
        )
        yield error("qmail-senders", text, "no `routes`, and no `domains` but local ones, for this host", _OTHER_HOSTS)


def _senders(host: Host, flavour: Flavour) -> Iterator[Finding]:
    """Relays by sender, which authsenders alone can hold, and never `direct` nor for bounces alone."""
    if host.senders and flavour.read_sender is None:
        text = f"{flavour.program} chooses no relay by sender: {listing(host.senders)}"
        yield error("qmail-senders", text, _OTHER_HOSTS, "a qmail flavour with authsenders")
        return
    for route in host.senders.values():
        yield from of_target(flavour, _as_sender(route))
    if host.senders:
        yield from _beaten(host)
    unsayable = [
        key for key, route in host.senders.items() if not isinstance(route.target, Smarthost) or "@" not in key
    ]
    if unsayable:
        text = f"authsenders can neither send directly nor speak of bounces alone: {listing(unsayable)}"
        yield error("qmail-senders", text, _OTHER_HOSTS)


def _rewrite(host: Host) -> Iterator[Finding]:
    if host.rewrite:
        text = f"qmail rewrites no addresses on their way out: {listing(host.rewrite)}"
        yield error("qmail-rewrite", text, _OTHER_HOSTS)


def _tls(host: Host) -> Iterator[Finding]:
    relays = {target.relay.name: target.relay for target in targets(host) if isinstance(target, Smarthost)}
    for relay in relays.values():
        said = {
            "fingerprints": relay.fingerprints,
            "tls_minimum": relay.tls_minimum,
            "client_certificate": relay.client_certificate,
        }
        names = [name for name, value in said.items() if value]
        if names:
            text = f"the relay {relay.name} has {listing(names)}, which no flavour of qmail can obey"
            yield error("qmail-tls-options", text, _OTHER_HOSTS)


def _settings(host: Host) -> Iterator[Finding]:
    if host.settings:
        text = f"qmail has no parameters beside its control files: {listing(host.settings)}"
        yield error("qmail-settings", text, "`settings` in a group of the Postfix hosts")


def _size(host: Host) -> Iterator[Finding]:
    count = len(rows(host, CLASSIC))
    if count < WARN_ROUTES:
        return
    cpu, memory = f"{count // 1400} ms of CPU", f"{1 + count // 11_000} MB"
    cost = f"every remote delivery reads all {count:,} routes, at about {cpu} and {memory}"
    ways_out = ("a `.suffix` route in place of many domains", "a Postfix host as the relay of this one")
    if count > MAX_ROUTES:
        yield error("qmail-too-many-routes", f"{cost}; the limit is {MAX_ROUTES:,}", *ways_out)
    else:
        yield Finding(code="qmail-many-routes", severity=Severity.WARNING, text=cost, ways_out=ways_out)


def _confirmation(flavour: Flavour) -> Iterator[Finding]:
    if not flavour.is_proved:
        text = f"what relayconf writes for {flavour.name} is proved from its sources, not from running it"
        yield Finding(
            code="qmail-unproved", severity=Severity.WARNING, text=text, ways_out=("look at the plan closely",)
        )


_CHECKS: tuple[Callable[[Host], Iterable[Finding]], ...] = (
    *(_failover, _keys, _rewrite, _tls, _settings, _size),
    refused,
)


def of_flavour(host: Host, flavour: Flavour) -> tuple[Finding, ...]:
    """What *host* is wished to do and *flavour* cannot, though others may."""
    found = [*_confirmation(flavour)]
    found += [finding for target in targets(host) for finding in of_target(flavour, target)]
    return tuple(dict.fromkeys((*found, *_senders(host, flavour))))


def _of_any(host: Host) -> tuple[Finding, ...]:
    return tuple(finding for check in _CHECKS for finding in check(host))


def refusals_of(host: Host, flavour: Flavour) -> tuple[Finding, ...]:
    """What *host* is wished to do and *flavour* cannot, as errors with ways out; and remarks on what it can."""
    return (*of_flavour(host, flavour), *_of_any(host))


def is_refused(findings: Iterable[Finding]) -> bool:
    """Whether there is an error among *findings*."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def able(host: Host) -> tuple[Flavour, ...]:
    """The flavours that could do what is wished, of those that were run; or the one that the inventory names."""
    if host.flavour is not None:
        return (FLAVOURS[host.flavour],)
    proved = (flavour for flavour in FLAVOURS.values() if flavour.is_proved)
    return tuple(flavour for flavour in proved if not is_refused(of_flavour(host, flavour)))


def refusals(host: Host) -> tuple[Finding, ...]:
    """What is known before the host is asked: by its flavour, when the inventory names it.

    Otherwise what classic qmail cannot do is refused, unless another flavour can: which one the host has is seen later.
    """
    if host.flavour is not None:
        return refusals_of(host, FLAVOURS[host.flavour])
    others = able(host)
    if CLASSIC in others or not others:
        # A remark on what classic qmail does would be wrong of others.
        return tuple(item for item in refusals_of(host, CLASSIC) if item.severity is not Severity.NOTE)
    text = f"only some flavours of qmail can do what is wished: {', '.join(flavour.name for flavour in others)}"
    ways_out = ("`flavour:` says which the host has; else it is found there",)
    note = Finding(code="qmail-flavour", severity=Severity.NOTE, text=text, ways_out=ways_out)
    return (note, *_of_any(host))
