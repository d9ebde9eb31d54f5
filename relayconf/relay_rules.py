"""What the relays of a host let it send, as far as the inventory and what is known of their providers tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relayconf.facts import Finding, Severity
from relayconf.model import At, Host, Internal, Local, Relay, Smarthost
from relayconf.providers import Provider, every

MAX_NAMES = 5
"""Domains listed at most in one finding; the others are counted."""


def _listing(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMES
    shown = ", ".join(names[:MAX_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def _relays(host: Host) -> tuple[Relay, ...]:
    """The relays of the host, the default's first; many routes share one target."""
    by_sender = (route.target for route in host.senders.values())
    targets = {id(target): target for target in (*host.default, *host.routes.values(), *by_sender)}
    relays = (target.relay for target in targets.values() if isinstance(target, Smarthost))
    return tuple({relay.name: relay for relay in relays}.values())


def _sent_as(host: Host) -> tuple[str, ...]:
    """The domains of ours that mail leaves as, rewritten ones as what they become; which subdomains do is not known."""
    here = (key for key, target in host.domains.items() if isinstance(target, Local | At | Internal))
    ours = (key for key in here if not key.startswith("."))
    return tuple(dict.fromkeys(host.rewrite.get(f"@{name}", f"@{name}").rpartition("@")[2] for name in ours))


def _sent_through(host: Host, relay: Relay) -> tuple[str, ...]:
    """Of these, the ones whose mail takes *relay*; a sender's relay takes the domains that its keys name."""
    named = {key.rpartition("@")[2]: route.target for key, route in host.senders.items() if "@" in key}
    own = [name for name, target in named.items() if isinstance(target, Smarthost) and target.relay == relay]
    shared = (*host.default, *host.routes.values())
    if not any(isinstance(target, Smarthost) and target.relay == relay for target in shared):
        return tuple(own)
    elsewhere = {key[1:] for key in host.senders if key.startswith("@")}
    return tuple(dict.fromkeys((*(name for name in _sent_as(host) if name not in elsewhere), *own)))


def _allowed(domain: str, senders: Sequence[str]) -> bool:
    return any(sender.rpartition("@")[2] == domain for sender in senders)


def _senders(host: Host, relay: Relay, provider: Provider | None) -> Iterator[Finding]:
    domains = _sent_through(host, relay)
    if relay.senders:
        if refused := [name for name in domains if not _allowed(name, relay.senders)]:
            text = f"the relay {relay.name} lets us send as {_listing(relay.senders)}, but not as {_listing(refused)}"
            ways_out = (f"add them to `senders` of {relay.name} when it takes them", "`rewrite`, on Postfix")
            yield Finding(code="relay-senders", severity=Severity.WARNING, text=text, ways_out=ways_out)
    elif provider and provider.senders.rule in {"domain", "account"} and domains:
        text = (
            f"{provider.title} restricts senders ({provider.senders.text}); "
            f"mail of this host leaves as {_listing(domains)}"
        )
        ways_out = (f"`senders` in {relay.name}, when the provider takes them", "`rewrite`, on Postfix")
        yield Finding(code="provider-senders", severity=Severity.WARNING, text=text, ways_out=ways_out)


def _null_sender(relay: Relay, provider: Provider) -> Iterator[Finding]:
    rule = provider.null_sender
    if rule and rule.rule == "refused":
        text = f"{provider.title} refuses the null sender ({rule.text}): bounces cannot leave through {relay.name}"
        ways_out = ("reject unknown recipients at once, so that nothing is bounced", "a route past it for bounces")
        yield Finding(code="provider-null-sender", severity=Severity.WARNING, text=text, ways_out=ways_out)


def _login(relay: Relay, provider: Provider) -> Iterator[Finding]:
    login, credentials = provider.login, relay.credentials
    if credentials is None:
        return
    if login.password_until:
        text = f"{provider.title} takes passwords until {login.password_until} only: {login.note}"
        yield Finding(code="provider-password-ends", severity=Severity.WARNING, text=text)
    if login.fixed_username and credentials.username != login.fixed_username:
        text = f"the user name at {provider.title} is `{login.fixed_username}` for everybody, not what {relay.name} has"
        yield Finding(code="provider-username", severity=Severity.WARNING, text=text)


def _size(relay: Relay, provider: Provider) -> Iterator[Finding]:
    if provider.size_limit:
        text = f"{provider.title} takes messages of up to {provider.size_limit // 1_000_000} MB through {relay.name}"
        yield Finding(code="provider-size", severity=Severity.NOTE, text=text)


def findings(host: Host) -> tuple[Finding, ...]:
    """What the relays of *host* would refuse, or may; never an error."""
    found: list[Finding] = []
    for relay in _relays(host):
        provider = every()[relay.provider] if relay.provider else None
        found += _senders(host, relay, provider)
        if provider:
            found += (*_null_sender(relay, provider), *_login(relay, provider), *_size(relay, provider))
    return tuple(found)
