"""What an inventory can wish that Postfix, or relayconf with Postfix, cannot do; known before the host is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from relayconf.facts import Finding, Severity
from relayconf.model import Direct, Host, Smarthost
from relayconf.mta.postfix import settings, tls
from relayconf.mta.postfix.nexthop import spell
from relayconf.mta.postfix.rendering import logins, relays
from relayconf.mta.postfix.tls import policy
from relayconf.mta.postfix.words import listing


def _error(code: str, text: str, *ways_out: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, text=text, ways_out=ways_out)


def _failover(host: Host) -> Iterator[Finding]:
    """Members of a failover list that Postfix cannot have in one next hop."""
    if len(host.default) < 2:
        return
    if any(isinstance(target, Direct) for target in host.default):
        text = "`relay` lists `direct` beside relays, but Postfix fails over between servers that are named, not to MX"
        yield _error(
            "postfix-failover-direct", text, "relays alone", "`direct` alone, and `routes` for what needs a relay"
        )
    used = {True: list[str](), False: list[str]()}
    for target in host.default:
        if isinstance(target, Smarthost):
            used[target.endpoint.implicit_tls].append(str(target))
        elif not isinstance(target, Direct):
            used[False].append(spell(target.nexthop))
    if used[True] and used[False]:
        text = (
            f"`relay` lists {listing(used[True])}, where TLS starts before the greeting, and {listing(used[False])}, "
            "where it does not: Postfix does either for a whole list"
        )
        yield _error("postfix-failover-mixed", text, "465 at each of them", "another port than 465 at each of them")


def _keys(host: Host) -> Iterator[Finding]:
    odd = [key for table in (host.routes, host.senders, host.rewrite) for key in table if key.startswith("#")]
    if odd:
        text = f"a table of Postfix takes what begins with `#` for a comment: {listing(odd)}"
        yield _error("postfix-comment-key", text, "a route for the whole domain")


def _senders(host: Host) -> Iterator[Finding]:
    """What a table by sender cannot say (postconf(5), sender_dependent_default_transport_maps)."""
    direct = [key for key, route in host.senders.items() if isinstance(route.target, Direct)]
    if direct and not isinstance(host.default[0], Direct):
        text = (
            f"`direct` for a sender, where all other mail takes a relay: {listing(direct)}; "
            "Postfix uses relayhost whenever a sender's entry names no next hop, and by MX there is none to name"
        )
        ways = (
            "`relay: direct`, and the relay for the @domains that are to take it",
            "routes with `direct` for the recipients' domains",
            "another host for that sender",
        )
        yield _error("postfix-sender-direct", text, *ways)
    null = host.senders.get("<>")
    if null is not None and null.credentials is not None:
        text = "bounces (`<>`) cannot have credentials of their own: Postfix looks up no password for the null sender"
        others = (
            "leave `auth` out: the relay's own are used",
            "a relay with these credentials at another port or name",
        )
        yield _error("postfix-null-sender-login", text, *others)


def _tls(host: Host) -> Iterator[Finding]:
    yield from tls.refused(host, relays(host).values())


def _users(host: Host) -> Iterator[Finding]:
    for relay in relays(host).values():
        credentials = relay.relay.credentials
        if relay.endpoint.auth and credentials is not None and ":" in credentials.username:
            text = f"the user name at the relay {relay} holds a colon, where Postfix lets the password begin"
            yield _error("postfix-user-colon", text, "ask the provider for another user name")
    for key, route in host.senders.items():
        if route.credentials is not None and ":" in route.credentials.username:
            text = f"the user name of the sender {key} holds a colon, where Postfix lets the password begin"
            yield _error("postfix-user-colon", text, "ask the provider for another user name")


def _twins(host: Host) -> Iterator[Finding]:
    """One server and port that two relays of the inventory speak to in different ways."""
    used, known = relays(host), logins(host)
    own = {id(route.target): route.target for route in host.senders.values() if route.credentials is not None}
    shared = (route.target for route in host.senders.values() if route.credentials is None)
    targets = {id(target): target for target in (*host.default, *host.routes.values(), *shared)}
    for target in (*targets.values(), *own.values()):
        if not isinstance(target, Smarthost):
            continue
        hop = spell(target.nexthop)
        login = target.relay.credentials if target.endpoint.auth else None
        other_login = id(target) in targets and known.get(hop) != login
        if other_login or policy(used[hop]) != policy(target):
            text = (
                f"the relays {used[hop]} and {target} are the same server and port, but differ in credentials or TLS, "
                "and Postfix knows them by server and port alone"
            )
            ways_out = ("one entry of `relays` for both", "another name of that server", "`auth` in `senders`")
            yield _error("postfix-same-server", text, *ways_out)


def _manage(host: Host) -> Iterator[Finding]:
    if names := host.manage.names():
        text = (
            f"`manage` names control files of qmail: {listing(names)}; which domains Postfix delivers and takes mail "
            "for is in main.cf (mydestination, relay_domains, virtual_alias_domains, myhostname), which is the admin's"
        )
        yield _error("postfix-manage", text, "`manage` in a group of the qmail hosts", "set it in main.cf by hand")


_CHECKS: tuple[Callable[[Host], Iterable[Finding]], ...] = (
    _failover,
    _keys,
    _senders,
    _tls,
    _users,
    _twins,
    _manage,
    settings.refused,
)


def refusals(host: Host) -> tuple[Finding, ...]:
    """What *host* is wished to do and cannot, as errors with ways out."""
    return tuple(dict.fromkeys(finding for check in _CHECKS for finding in check(host)))
