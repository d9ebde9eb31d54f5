"""What a host ends up with, value by value, and where each of them was said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from relayconf.inventory.collect import Named
from relayconf.inventory.document import dotted
from relayconf.inventory.hosts import MergedHost
from relayconf.inventory.language import Relay
from relayconf.inventory.resolve import Resolved, resolve
from relayconf.inventory.selection import find_host
from relayconf.inventory.tables import Table
from relayconf.model import (
    At,
    Default,
    Direct,
    Internal,
    Local,
    MtaName,
    Mx,
    Origin,
    SecretRef,
    SenderRoute,
    Smarthost,
    Target,
)
from relayconf.model import Relay as ModelRelay

Value = TypeVar("Value", Target, SenderRoute, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value: its dotted place within the host, the value on one line, and where it was said (None: built in)."""

    place: str
    value: str
    origin: Origin | None


def _target_text(target: Target, *, host_key: str = "at") -> str:
    match target:
        case Local() | Mx() | Direct():
            return type(target).__name__.lower()
        case At():
            return f"{{{host_key}: {target.host}}}"
        case Internal():
            return f"{{host: {target.nexthop.host}, port: {target.nexthop.port}}}"
        case Smarthost():
            return f"{{relay: {target}}}"
        case _:
            return f'{{{type(target).__name__.lower()}: "{target.text}"}}'


def _sender_text(route: SenderRoute) -> str:
    if isinstance(route.target, Direct):
        return "direct"
    login = route.credentials
    auth = f", auth: {{username: {login.username}, password: {secret_text(login.password)}}}" if login else ""
    return f"{{relay: {route.target}{auth}}}"


def _default_text(default: Default) -> str:
    return str(default) if isinstance(default, Smarthost) else _target_text(default, host_key="via")


def _list_text(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]"


def secret_text(reference: SecretRef) -> str:
    """The reference in words, such as `env ASAHI_PASSWORD`; the secret itself is never looked up here."""
    return f"{reference.kind} {reference.value}"


def _scalars(merged: MergedHost) -> Iterator[Setting]:
    host = merged.host
    relay = [_default_text(default) for default in host.default]
    manage = host.manage
    values = {
        "mta": host.mta.value,
        "flavour": host.flavour if host.mta is MtaName.QMAIL else None,
        "connection": host.connection,
        **{f"ssh.{key}": getattr(host.ssh, key) for key in ("user", "port", "identity_file", "proxy_jump", "become")},
        "relay": relay[0] if len(relay) == 1 else _list_text(relay),
        "egress": _list_text(host.egress) if host.egress else None,
        "qmail_home": host.qmail_home,
        "config_directory": host.config_directory,
        "state_directory": host.state_directory,
        "manage.locals": "true" if manage.locals else None,
        "manage.rcpthosts": "true" if manage.rcpthosts else None,
        "manage.virtualdomains": None if manage.virtualdomains is None or manage.virtualdomains else "{}",
        "manage.me": manage.me,
        "manage.helohost": manage.helohost,
    }
    entry = merged.entry
    said = entry.place.child("address").origin() if entry.entry.address else None
    yield Setting(place="address", value=host.address, origin=said)
    if host.groups:
        origin = entry.place.child("groups").origin()
        yield Setting(place="groups", value=_list_text(host.groups), origin=origin)
    for key, value in values.items():
        if value is not None:
            item = merged.settings.get(key)
            yield Setting(place=key, value=str(value), origin=item.place.origin() if item else None)


def _rows(
    name: str, parts: Sequence[Table[Value]], table: Mapping[str, Value], text: Callable[[Value], str]
) -> Iterator[Setting]:
    """The keys of *table* from the strongest of its *parts* down, each with the place that gave it."""
    seen: set[str] = set()
    for part in reversed(parts):
        for key, place in part.places.items():
            if key not in seen and key in table:
                yield Setting(place=name + dotted(("x", key))[1:], value=text(table[key]), origin=place.origin())
        seen |= part.places.keys()
        for flat in part.flats:
            count = sum(domain not in seen and domain in table for domain in flat.file.domains)
            seen |= flat.file.domains.keys()
            plural = "" if count == 1 else "s"
            value = f"{flat.file.file}: {count} domain{plural}, {_target_text(flat.target)}"
            yield Setting(place=f"{name}_from", value=value, origin=flat.place.origin())
        if part.clears:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _RelayRows:
    """The rows of one relay. What its provider says was said where the provider is named."""

    relay: ModelRelay
    named: Named[Relay]

    def _row(self, *parts: str | int, value: str, given: bool = True) -> Setting:
        name, place = self.relay.name, self.named.place
        where = f"relays.{name}" if dotted((name,)) == name else f"relays[{name}]"
        preset = place.child("provider").origin() if self.relay.provider else None
        origin = place.child(*parts).origin() if given else preset
        return Setting(place=where + dotted(("x", *parts))[1:], value=value, origin=origin)

    def _endpoints(self) -> Iterator[Setting]:
        relay, entry = self.relay, self.named.entry
        if not entry.endpoints and len(relay.endpoints) == 1:
            endpoint = relay.endpoints[0]
            yield self._row("port", value=str(endpoint.port), given="port" in entry.model_fields_set)
            yield self._row("tls", value=endpoint.tls.value, given="tls" in entry.model_fields_set)
            return
        for number, endpoint in enumerate(relay.endpoints):
            auth = "" if endpoint.auth or not relay.credentials else ", auth: none"
            value = f"{{port: {endpoint.port}, tls: {endpoint.tls}{auth}}}"
            yield self._row("endpoints", number, value=value, given=bool(entry.endpoints))

    def _tls(self) -> Iterator[Setting]:
        relay = self.relay
        if relay.tls_minimum:
            yield self._row("tls_minimum", value=relay.tls_minimum)
        if relay.client_certificate:
            yield self._row("client_certificate", "certificate", value=relay.client_certificate.certificate)
            yield self._row("client_certificate", "key", value=relay.client_certificate.key)

    def rows(self) -> Iterator[Setting]:
        relay, entry = self.relay, self.named.entry
        for key, word in (("provider", entry.provider), ("region", entry.region)):
            if word:
                yield self._row(key, value=word)
        yield self._row("host", value=relay.host, given=bool(entry.host))
        yield from self._endpoints()
        if relay.credentials:
            yield self._row("auth", "username", value=relay.credentials.username)
            yield self._row("auth", "password", value=secret_text(relay.credentials.password))
        if entry.ca_file:
            yield self._row("ca_file", value=entry.ca_file)
        yield from self._tls()
        for key, items in (("fingerprints", relay.fingerprints), ("spf", relay.spf), ("senders", relay.senders)):
            if items:
                yield self._row(key, value=_list_text(items), given=key in entry.model_fields_set)
        if relay.probe:
            yield self._row("probe", "from", value=relay.probe.sender)
            yield self._row("probe", "to", value=relay.probe.recipient)


def _relays(resolved: Resolved, merged: MergedHost) -> Iterator[Setting]:
    host = merged.host
    used: dict[str, ModelRelay] = {}
    by_sender = (route.target for route in host.senders.values())
    for target in (*host.default, *host.routes.values(), *by_sender):
        if isinstance(target, Smarthost):
            used.setdefault(target.relay.name, target.relay)
    for name, relay in used.items():
        yield from _RelayRows(relay=relay, named=resolved.relays[name]).rows()


def explain(path: Path, host: str) -> tuple[Setting, ...]:
    """Every value that *host* ends up with and the relays that it uses. Raises as `load`; UsageError for no such host.

    A flat file of domains is one line with the number of its domains that count. Secrets stay references.
    """
    resolved = resolve(path)
    merged = resolved.hosts[find_host(resolved.inventory, host).name]
    layers = merged.layers
    return (
        *_scalars(merged),
        *_rows("domains", [layer.domains for layer in layers], merged.host.domains, _target_text),
        *_rows("routes", [layer.routes for layer in layers], merged.host.routes, partial(_target_text, host_key="via")),
        *_rows("senders", [layer.senders for layer in layers], merged.host.senders, _sender_text),
        *_rows("rewrite", [layer.rewrite for layer in layers], merged.host.rewrite, str),
        *_rows(
            "manage.virtualdomains", [layer.virtual for layer in layers], merged.host.manage.virtualdomains or {}, str
        ),
        *_rows("settings", [layer.parameters for layer in layers], merged.host.settings, str),
        *_relays(resolved, merged),
    )
