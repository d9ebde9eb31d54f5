"""Relays as the model wants them: endpoints with their TLS level, credentials as references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relayconf import model
from relayconf.inventory import language
from relayconf.inventory.document import Place
from relayconf.model import IMPLICIT_TLS_PORTS, TlsLevel

_CLEAR = (TlsLevel.NONE, TlsLevel.MAY)


def tls_level(port: int, word: str | None, *, auth: bool) -> TlsLevel:
    """The level that was asked for; else `secure` where TLS is implicit, the least that guards a password, or `may`."""
    if word is not None:
        return TlsLevel(word)
    if port in IMPLICIT_TLS_PORTS:
        return TlsLevel.SECURE
    return TlsLevel.ENCRYPT if auth else TlsLevel.MAY


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    port: int
    tls: str | None
    auth: bool
    allow_plaintext_auth: bool
    place: Place


def _endpoint(wish: _Wish) -> model.Endpoint:
    tls = tls_level(wish.port, wish.tls, auth=wish.auth)
    if wish.auth and tls in _CLEAR and not wish.allow_plaintext_auth:
        wish.place.child("tls").complain("plaintext_auth", tls=tls, port=str(wish.port))
    return model.Endpoint(port=wish.port, tls=tls, auth=wish.auth)


def _wishes(relay: language.Relay, place: Place) -> Iterator[_Wish]:
    auth = relay.auth is not None
    allow = relay.allow_plaintext_auth
    if not relay.endpoints:
        yield _Wish(port=relay.port, tls=relay.tls, auth=auth, allow_plaintext_auth=allow, place=place)
        return
    for key in ("port", "tls"):
        if key in relay.model_fields_set:
            place.child(key).complain_of_key("port_and_endpoints", name=key)
    for number, entry in enumerate(relay.endpoints):
        yield _Wish(
            port=entry.port,
            tls=entry.tls,
            auth=auth and entry.auth is None,
            allow_plaintext_auth=allow or entry.allow_plaintext_auth,
            place=place.child("endpoints", number),
        )


def _endpoints(relay: language.Relay, place: Place) -> tuple[model.Endpoint, ...]:
    found: dict[int, model.Endpoint] = {}
    for wish in _wishes(relay, place):
        if wish.port in found:
            wish.place.child("port").complain("endpoint_twice", port=str(wish.port))
        else:
            found[wish.port] = _endpoint(wish)
    return tuple(found.values())


def secret_reference(secret: language.Secret) -> model.SecretRef:
    """The one way to the secret that was given."""
    if secret.env:
        return model.SecretRef(kind="env", value=secret.env)
    if secret.file:
        return model.SecretRef(kind="file", value=secret.file)
    if secret.command:
        return model.SecretRef(kind="command", value=secret.command)
    return model.SecretRef(kind="keyring", value=secret.keyring)


def _credentials(auth: language.Auth) -> model.Credentials:
    return model.Credentials(username=auth.username, password=secret_reference(auth.password))


def relay(name: str, entry: language.Relay, place: Place) -> model.Relay:
    """The relay *name*; complains at *place*."""
    probe = entry.probe
    return model.Relay(
        name=name,
        host=entry.host,
        endpoints=_endpoints(entry, place),
        credentials=None if entry.auth is None else _credentials(entry.auth),
        spf=None if entry.spf is None else tuple(entry.spf),
        senders=tuple(entry.senders),
        probe=None if probe is None else model.Probe(sender=probe.sender, recipient=probe.recipient),
    )
