"""What an inventory can wish that Postfix, or relayconf with Postfix, cannot do; known before the host is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from relayconf.facts import Finding, Severity
from relayconf.model import Direct, Discard, Host, Smarthost
from relayconf.mta.postfix import settings, tls
from relayconf.mta.postfix.nexthop import spell
from relayconf.mta.postfix.rendering import relays
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
    discarded = [key for key, target in host.routes.items() if isinstance(target, Discard)]
    if discarded:
        text = f"to discard mail is not supported on Postfix yet: {listing(discarded)}"
        yield _error("postfix-discard", text, "{reject: TEXT}, so that the sender hears of it")
    odd = [key for table in (host.routes, host.rewrite) for key in table if key.startswith("#")]
    if odd:
        text = f"a table of Postfix takes what begins with `#` for a comment: {listing(odd)}"
        yield _error("postfix-comment-key", text, "a route for the whole domain")


def _tls(host: Host) -> Iterator[Finding]:
    yield from tls.refused(host, relays(host).values())


def _users(host: Host) -> Iterator[Finding]:
    for relay in relays(host).values():
        credentials = relay.relay.credentials
        if relay.endpoint.auth and credentials is not None and ":" in credentials.username:
            text = f"the user name at the relay {relay} holds a colon, where Postfix lets the password begin"
            yield _error("postfix-user-colon", text, "ask the provider for another user name")


def _twins(host: Host) -> Iterator[Finding]:
    """One server and port that two relays of the inventory speak to in different ways."""
    used = relays(host)
    for target in {id(target): target for target in (*host.default, *host.routes.values())}.values():
        if not isinstance(target, Smarthost):
            continue
        first = used[spell(target.nexthop)]
        ways = [(one.endpoint.auth and one.relay.credentials, policy(one)) for one in (first, target)]
        if ways[0] != ways[1]:
            text = (
                f"the relays {first} and {target} are the same server and port, but differ in credentials or TLS, "
                "and Postfix knows them by server and port alone"
            )
            yield _error("postfix-same-server", text, "one entry of `relays` for both", "another name of that server")


def _manage(host: Host) -> Iterator[Finding]:
    if names := host.manage.names():
        text = (
            f"`manage` names control files of qmail: {listing(names)}; which domains Postfix delivers and takes mail "
            "for is in main.cf (mydestination, relay_domains, virtual_alias_domains, myhostname), which is the admin's"
        )
        yield _error("postfix-manage", text, "`manage` in a group of the qmail hosts", "set it in main.cf by hand")


_CHECKS: tuple[Callable[[Host], Iterable[Finding]], ...] = (
    *(_failover, _keys, _tls, _users, _twins, _manage),
    settings.refused,
)


def refusals(host: Host) -> tuple[Finding, ...]:
    """What *host* is wished to do and cannot, as errors with ways out."""
    return tuple(dict.fromkeys(finding for check in _CHECKS for finding in check(host)))
