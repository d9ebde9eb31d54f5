"""Relays as the model wants them: endpoints with their TLS level, credentials as references, presets filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relayconf import model
from relayconf.certificates import ClientCertificate
from relayconf.inventory import language, presets
from relayconf.inventory.document import Place
from relayconf.inventory.presets import Preset
from relayconf.model import IMPLICIT_TLS_PORTS, TlsLevel

CLEAR = (TlsLevel.NONE, TlsLevel.MAY)
"""The levels at which a password can cross the network in clear."""
_EITHER = ("host", "provider")


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
    preset: Preset | None


def _endpoint(wish: _Wish) -> model.Endpoint:
    tls = tls_level(wish.port, wish.tls, auth=wish.auth)
    if wish.auth and tls in CLEAR and not wish.allow_plaintext_auth:
        if wish.preset and wish.preset.site.tls(wish.port) == "none":
            presets.refuse_clear(wish.preset, wish.port, wish.place.child("port"))
        else:
            wish.place.child("tls").complain("plaintext_auth", tls=tls, port=str(wish.port))
    return model.Endpoint(port=wish.port, tls=tls, auth=wish.auth, clear_auth=wish.allow_plaintext_auth)


def _given(relay: language.Relay, place: Place, preset: Preset | None) -> Iterator[_Wish]:
    """The ports that the inventory lists."""
    for key in ("port", "tls"):
        if key in relay.model_fields_set:
            place.child(key).complain_of_key("port_and_endpoints", name=key)
    for number, entry in enumerate(relay.endpoints):
        auth = relay.auth is not None and entry.auth is None
        yield _Wish(
            port=entry.port,
            tls=entry.tls or (preset.tls(entry.port, auth=auth) if preset else None),
            auth=auth,
            allow_plaintext_auth=relay.allow_plaintext_auth or entry.allow_plaintext_auth,
            place=place.child("endpoints", number),
            preset=preset,
        )


def _wishes(relay: language.Relay, place: Place, preset: Preset | None) -> Iterator[_Wish]:
    if relay.endpoints:
        yield from _given(relay, place, preset)
        return
    ports: Sequence[int] = [relay.port]
    if preset and "port" not in relay.model_fields_set:
        ports = preset.ports[:1] if relay.tls else preset.ports
    for port in ports:
        auth = relay.auth is not None and not (preset and preset.is_open(port))
        yield _Wish(
            port=port,
            tls=relay.tls or (preset.tls(port, auth=auth) if preset else None),
            auth=auth,
            allow_plaintext_auth=relay.allow_plaintext_auth,
            place=place,
            preset=preset,
        )


def _endpoints(relay: language.Relay, place: Place, preset: Preset | None) -> tuple[model.Endpoint, ...]:
    found: dict[int, model.Endpoint] = {}
    for wish in _wishes(relay, place, preset):
        if preset:
            presets.check_port(preset, wish.port, wish.place.child("port"))
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


def credentials(auth: language.Auth) -> model.Credentials:
    """A login, its password as a reference."""
    return model.Credentials(username=auth.username, password=secret_reference(auth.password))


def _certificates(entry: language.Relay, place: Place) -> str | None:
    """The text of the file that `ca_file` names, relative to the inventory."""
    if entry.ca_file is None:
        return None
    place = place.child("ca_file")
    try:
        text = (place.document.path.parent / entry.ca_file).read_text(encoding="ascii")
    except OSError as error:
        place.complain("unreadable", file=entry.ca_file, reason=error.strerror or "unknown reason")
        return None
    except UnicodeDecodeError:
        text = ""
    if "-----BEGIN CERTIFICATE-----" not in text:
        place.complain("not_certificate", file=entry.ca_file)
        return None
    return text if text.endswith("\n") else f"{text}\n"


def _client_certificate(entry: language.ClientCertificate | None) -> ClientCertificate | None:
    return None if entry is None else ClientCertificate(certificate=entry.certificate, key=entry.key)


def _preset(entry: language.Relay, place: Place) -> Preset | None:
    preset = presets.find(entry, place)
    if preset:
        presets.check_login(preset, entry, place)
    # What is misspelt, or was refused, is not missing as well.
    elif not (entry.host or entry.provider or {place.child(key).location for key in _EITHER} & place.document.spoiled):
        place.child("host").complain_of_key("missing_key", name="host")
    return preset


def _spf(entry: language.Relay, preset: Preset | None) -> tuple[str, ...] | None:
    """The terms that cover the relay: as written, else its provider's, else nobody knows."""
    if entry.spf is not None:
        return tuple(entry.spf)
    return (preset.spf if preset else ()) or None


def relay(name: str, entry: language.Relay, place: Place) -> model.Relay | None:
    """The relay *name*; complains at *place*. None when it is nowhere."""
    preset = _preset(entry, place)
    host = entry.host or (preset.site.host if preset else "")
    if not host:
        return None
    probe = entry.probe
    return model.Relay(
        name=name,
        host=host,
        endpoints=_endpoints(entry, place, preset),
        credentials=None if entry.auth is None else credentials(entry.auth),
        ca=_certificates(entry, place),
        fingerprints=tuple(entry.fingerprints),
        tls_minimum=entry.tls_minimum,
        client_certificate=_client_certificate(entry.client_certificate),
        spf=_spf(entry, preset),
        senders=tuple(entry.senders),
        probe=None if probe is None else model.Probe(sender=probe.sender, recipient=probe.recipient),
        provider=preset.provider.name if preset else None,
    )
