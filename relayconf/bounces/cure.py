"""What to change in the inventory because of a rejection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from relayconf.bounces.newrelay import relay_lines, yaml_key
from relayconf.bounces.rejection import Rejection
from relayconf.model import Direct, Host, Inventory, Mx, Relay, Smarthost, Target, TlsLevel
from relayconf.rejections import Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change: the host it is for, why, where that host stands, and the lines of the inventory (none: a command)."""

    host: str
    why: str
    place: str
    lines: tuple[str, ...] = ()


_Cure = Callable[[Rejection, Host, Inventory], Edit]


def attributed(rejection: Rejection, inventory: Inventory) -> Rejection:
    """*rejection* said by a relay where the server that said it is one of the inventory's."""
    known = {relay.host for relay in inventory.relays.values()}
    spoke = {rejection.host and rejection.host.lower(), rejection.address}
    if rejection.speaker is Speaker.RECEIVER and known & spoke:
        return replace(rejection, speaker=Speaker.RELAY)
    return rejection


def host_of(rejection: Rejection, inventory: Inventory) -> Host | None:
    """The host whose MTA reports *rejection*: by its name, its address or its first label; or the only host."""
    hosts = tuple(inventory.hosts.values())
    reporter = (rejection.reporter or "").lower().rstrip(".")
    for host in hosts:
        if reporter and reporter in {host.name, host.address}:
            return host
    short = [host for host in hosts if reporter and reporter.partition(".")[0] == host.name.partition(".")[0]]
    if len(short) == 1:
        return short[0]
    return hosts[0] if len(hosts) == 1 else None


def through_a_relay(domain: str | None, host: Host, inventory: Inventory, provider: str | None = None) -> Edit:
    """What makes mail of *host* for *domain* (None: for any) leave through a relay, where it now does not."""
    shown = domain or "the rest of the world"
    key, target = host.intended(domain or "")
    place = f"{host.origin}: hosts.{host.name}"
    if not isinstance(target, Direct | Mx):
        why = f"host {host.name} sends {shown} to a server that the inventory names itself; look there"
        return Edit(host=host.name, why=why, place=place)
    lines, name = relay_lines(host, inventory, provider)
    if key:
        why = f"host {host.name} sends to {shown} directly: `{key}` is `{_word(target)}`"
        use: tuple[str, ...] = ("routes:", f"  {yaml_key(key)}: {{relay: {name}}}")
    else:
        why = f"host {host.name} sends to {shown} directly: no relay applies"
        use = ("hosts:", f"  {yaml_key(host.name)}:", f"    relay: {name}")
    return Edit(host=host.name, why=why, place=place, lines=(*lines, *use))


def _use_a_relay(provider: str | None) -> _Cure:
    def cure(rejection: Rejection, host: Host, inventory: Inventory) -> Edit:
        _, target = host.intended(rejection.domain or "")
        if isinstance(target, Smarthost):
            return _already(rejection, host, target, f"{host.origin}: hosts.{host.name}")
        return through_a_relay(rejection.domain, host, inventory, provider)

    return cure


def _already(rejection: Rejection, host: Host, target: Smarthost, place: str) -> Edit:
    if rejection.speaker is Speaker.RECEIVER and rejection.reporter is not None:
        why = (
            f"the inventory sends this through {target}, but it was not the relay that said it: "
            f"`relayconf plan {host.name}` tells whether that is applied"
        )
        return Edit(host=host.name, why=why, place=place)
    why = f"host {host.name} sends this through {target}: the address is the relay's; tell the relay, or use another"
    return Edit(host=host.name, why=why, place=place)


def _word(target: Target) -> str:
    return "direct" if isinstance(target, Direct) else "mx"


def _relay_of(rejection: Rejection, host: Host, inventory: Inventory) -> Smarthost | None:
    """The relay that spoke: that of the inventory, else the one through which the recipient's mail is meant to go."""
    _, target = host.intended(rejection.domain or "")
    spoke = {rejection.host and rejection.host.lower(), rejection.address}
    for relay in inventory.relays.values():
        if relay.host in spoke:
            ports = {endpoint.port: endpoint for endpoint in relay.endpoints}
            return Smarthost(relay=relay, endpoint=ports.get(rejection.port or 0, relay.endpoints[0]))
    return target if isinstance(target, Smarthost) else None


def _endpoint(target: Smarthost, tls: TlsLevel) -> tuple[str, ...]:
    return ("relays:", f"  {yaml_key(target.relay.name)}:", f"    port: {target.endpoint.port}", f"    tls: {tls}")


def _auth(relay: Relay) -> tuple[str, ...]:
    return (
        "relays:",
        f"  {yaml_key(relay.name)}:",
        "    auth: {username: customer, password: {env: RELAY_PASSWORD}}",
    )


def _ask_for_login(target: Smarthost) -> tuple[str, tuple[str, ...]]:
    if target.relay.credentials is None:
        return f"relay {target.relay.name} has no `auth:`", _auth(target.relay)
    if not target.endpoint.auth:
        return f"relay {target.relay.name} has `auth: none` at port {target.endpoint.port}", ()
    return f"relay {target.relay.name} has its `auth:`: `relayconf plan` tells whether that is applied", ()


def _login(target: Smarthost) -> tuple[str, tuple[str, ...]]:
    if target.relay.credentials is None:
        return _ask_for_login(target)
    kind = target.relay.credentials.password.kind
    return f"check `auth:` of relay {target.relay.name}: its user name, and its password (from {kind})", ()


def _tls(target: Smarthost) -> tuple[str, tuple[str, ...]]:
    if target.endpoint.tls in {TlsLevel.NONE, TlsLevel.MAY}:
        return f"relay {target.relay.name} is used without TLS at port {target.endpoint.port}", _endpoint(
            target, TlsLevel.ENCRYPT
        )
    how = "starts with TLS" if target.endpoint.implicit_tls else "starts TLS by STARTTLS"
    return f"relay {target} is wanted with `tls: {target.endpoint.tls}` and {how}: check both, and its name", ()


def _spf(target: Smarthost) -> tuple[str, tuple[str, ...]]:
    if target.relay.spf:
        return f"mail leaves through {target}: publish {' '.join(target.relay.spf)}", ()
    name = target.relay.name
    why = f"mail leaves through {target}: publish what covers its addresses, and note it"
    return why, ("relays:", f"  {yaml_key(name)}:", '    spf: ["include:spf.isp.example"]')


def _address(target: Smarthost) -> tuple[str, tuple[str, ...]]:
    return f"check host and port of relay {target.relay.name}: {target.relay.host}, {target.endpoint.port}", ()


def _rewrite(target: Smarthost) -> tuple[str, tuple[str, ...]]:
    senders = ", ".join(target.relay.senders) or "nothing"
    why = f"relay {target.relay.name} is said to let us send as {senders}; Postfix can rewrite the rest"
    return why, ("rewrite:", '  "@host.internal": "@example.org"')


_AT_THE_RELAY: Final[Mapping[str, Callable[[Smarthost], tuple[str, tuple[str, ...]]]]] = {
    "relay-denied": _ask_for_login,
    "auth-required": _ask_for_login,
    "auth-failed": _login,
    "auth-disabled": _login,
    "tls-required": _tls,
    "tls-failed": _tls,
    "spf-fail": _spf,
    "unauthenticated": _spf,
    "connect-refused": _address,
    "dns-failure": _address,
    "connection-lost": _tls,
    "sender-not-owned": _rewrite,
    "sender-unverified": _rewrite,
}

_OF_THE_ADDRESS: Final = frozenset({"ip-policy-listed", "ip-reputation", "no-ptr", "port-blocked"})


def edit(rejection: Rejection, inventory: Inventory, *, provider: str | None = None) -> Edit | None:
    """What to change in *inventory*; *provider* names the preset of a new relay. None where nothing there helps."""
    host = host_of(rejection, inventory)
    if host is None or rejection.category is None:
        return None
    code = rejection.category.code
    if code in _OF_THE_ADDRESS:
        return _use_a_relay(provider)(rejection, host, inventory)
    cure, target = _AT_THE_RELAY.get(code), _relay_of(rejection, host, inventory)
    if cure is None or target is None:
        return None
    why, lines = cure(target)
    return Edit(host=host.name, why=why, place=f"{host.origin}: hosts.{host.name}", lines=lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A rejection, how often it stands there, and what to change because of it."""

    rejection: Rejection
    count: int
    edit: Edit | None


def explained(
    rejection: Rejection, count: int, inventory: Inventory | None, *, provider: str | None = None
) -> Explained:
    """*rejection* with what *inventory* says to it."""
    if inventory is None:
        return Explained(rejection=rejection, count=count, edit=None)
    known = attributed(rejection, inventory)
    return Explained(rejection=known, count=count, edit=edit(known, inventory, provider=provider))
