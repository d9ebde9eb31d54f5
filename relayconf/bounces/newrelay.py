"""The lines of the inventory that a host needs to send through a relay, in a way that its MTA can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from relayconf.facts import Severity
from relayconf.model import (
    Credentials,
    Endpoint,
    Host,
    Inventory,
    MtaName,
    Relay,
    SecretRef,
    Smarthost,
    TlsLevel,
)
from relayconf.mtas import MTAS
from relayconf.providers import every

_LOGIN = Credentials(username="customer", password=SecretRef(kind="env", value="RELAY_PASSWORD"))
_AUTH = "    auth: {username: customer, password: {env: RELAY_PASSWORD}}"
_CLEAR = "    endpoints: [{port: 25, tls: none, auth: none}]  # no login: from the provider's own line"


def yaml_key(word: str) -> str:
    """*word* as a key of YAML."""
    plain = word.replace("-", "").replace(".", "").isalnum() and word[0].isalpha()
    return word if plain else f'"{word}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """One way to use a new relay, and the lines that say so."""

    endpoint: Endpoint
    lines: tuple[str, ...]


def _choice(port: int, tls: TlsLevel) -> _Choice:
    endpoint = Endpoint(port=port, tls=tls, auth=True)
    return _Choice(endpoint=endpoint, lines=(f"    port: {port}", f"    tls: {tls}", _AUTH))


def _choices(provider: str | None) -> Iterator[_Choice]:
    """The ways to use a relay with a login, inside TLS, the usual one first: that of its preset where it has one."""
    known = every().get(provider or "")
    if known is None:
        yield _choice(587, TlsLevel.ENCRYPT)
        yield _choice(465, TlsLevel.ENCRYPT)
        return
    ports = [port.number for port in known.sites[0].ports if port.tls != "none"]
    for port in ports[:1]:
        yield _Choice(endpoint=Endpoint(port=port, tls=TlsLevel.SECURE, auth=True), lines=(_AUTH,))
    for port in ports:
        yield _choice(port, TlsLevel.ENCRYPT)


def _can(host: Host, endpoint: Endpoint) -> bool:
    """Whether the MTA of *host* can use *endpoint*; a qmail of no known flavour is taken for the classic one."""
    if host.mta is MtaName.QMAIL and host.flavour is None:
        return not endpoint.auth and endpoint.tls in {TlsLevel.NONE, TlsLevel.MAY}
    relay = Relay(name="isp", host="mail.isp.example", endpoints=(endpoint,), credentials=_LOGIN)
    wish = replace(host, default=(Smarthost(relay=relay, endpoint=endpoint),), domains={}, routes={}, senders={})
    return not any(item.severity is Severity.ERROR for item in MTAS[host.mta].refusals(wish))


def _new_relay(host: Host, provider: str | None) -> tuple[str, ...]:
    """The lines of a relay that is not in the inventory yet."""
    where = f"    provider: {provider}" if provider else "    host: mail.isp.example  # the relay of your provider"
    head = ("relays:", f"  {yaml_key(provider or 'isp')}:", where)
    for choice in _choices(provider):
        if _can(host, choice.endpoint):
            return (*head, *choice.lines)
    return (*head, _CLEAR)


def _usable(host: Host, relay: Relay) -> str:
    """How *host* names *relay*: by the first port that its MTA can use, and without one by the first."""
    first = relay.endpoints[0]
    usable = next((item for item in relay.endpoints if _can(host, item)), first)
    return relay.name if usable is first else f'"{relay.name}:{usable.port}"'


def relay_lines(host: Host, inventory: Inventory, provider: str | None) -> tuple[tuple[str, ...], str]:
    """The lines that a relay needs in front of its use by *host*, and its name there.

    That is a relay of *inventory* where there is one (the one of that name, where a *provider* is named), else a new
    one of the preset *provider*.
    """
    known = next((relay for relay in inventory.relays.values() if provider in {None, relay.name}), None)
    if known is not None:
        return (), _usable(host, known)
    return _new_relay(host, provider), yaml_key(provider or "isp")
