"""How TLS is spoken to the relays of a host: policies, fingerprints, and the certificate that we show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from relayconf.certificates import ClientCertificate, TlsVersion
from relayconf.facts import Finding
from relayconf.model import Host, Smarthost, TlsLevel
from relayconf.mta.postfix.admin import error, warning
from relayconf.mta.postfix.live import Live
from relayconf.mta.postfix.words import listing

_VERSIONS: tuple[TlsVersion, ...] = get_args(TlsVersion)
_CHECKED = (TlsLevel.VERIFY, TlsLevel.SECURE)


def tls_level(relay: Smarthost) -> TlsLevel:
    """The level of the policy. Where TLS is implicit there is no `may`: the service for it demands TLS."""
    endpoint = relay.endpoint
    return TlsLevel.ENCRYPT if endpoint.implicit_tls and endpoint.tls is TlsLevel.MAY else endpoint.tls


def policy(relay: Smarthost) -> str:
    """The value of the relay's row in smtp_tls_policy_maps: the level, and attributes where more was said.

    Older versions are named one by one: `>=TLSv1.2` came with Postfix 3.6 (postconf(5), smtp_tls_mandatory_protocols).
    """
    words = [tls_level(relay).value]
    if words[0] == TlsLevel.FINGERPRINT:
        words += [f"match={digest}" for digest in relay.relay.fingerprints]
    if relay.relay.tls_minimum and words[0] != TlsLevel.NONE:
        older = _VERSIONS[: _VERSIONS.index(relay.relay.tls_minimum)]
        words.append(f"protocols={':'.join(f'!{version}' for version in ('SSLv2', 'SSLv3', *older))}")
    return " ".join(words)


def certificates(used: Iterable[Smarthost]) -> tuple[ClientCertificate, ...]:
    """The certificates that relays of *used* are to be shown, each once; Postfix has one for all."""
    found = (relay.relay.client_certificate for relay in used)
    return tuple(dict.fromkeys(certificate for certificate in found if certificate))


def parameters(used: Iterable[Smarthost]) -> Iterator[tuple[str, str]]:
    """What main.cf says for all relays alike."""
    relays = tuple(used)
    if any(tls_level(relay) is TlsLevel.FINGERPRINT for relay in relays):
        yield "smtp_tls_fingerprint_digest", "sha256"
    for certificate in certificates(relays):
        yield "smtp_tls_cert_file", certificate.certificate
        yield "smtp_tls_key_file", certificate.key


def refused(host: Host, used: Iterable[Smarthost]) -> Iterator[Finding]:
    """What relays of *used* ask for together that Postfix cannot do."""
    relays = tuple(used)
    for relay in relays:
        if tls_level(relay) is TlsLevel.FINGERPRINT and not relay.relay.fingerprints:
            text = f"the relay {relay} wants `tls: fingerprint`, but says no `fingerprints`"
            yield error("postfix-fingerprint", text, "`fingerprints: [SHA-256]`", "`tls: secure`")
        if relay.relay.tls_minimum and tls_level(relay) is TlsLevel.NONE:
            text = f"the relay {relay} wants `tls_minimum`, but has no TLS at this port"
            yield error("postfix-tls-minimum", text, "`tls: encrypt` or stronger", "another endpoint")
    shown = certificates(relays)
    if len(shown) > 1:
        paths = listing(one.certificate for one in shown)
        text = f"Postfix shows all relays the same certificate, but here are several: {paths}"
        yield error("postfix-client-certificates", text, "one `client_certificate` for these relays")
    if shown and host.ssh.become == "helper":
        text = f"the helper on this host names no certificate of ours: {listing(one.certificate for one in shown)}"
        yield error("postfix-certificate-helper", text, "`become: sudo`")


def asked(host: Host, used: Iterable[Smarthost]) -> dict[str, str]:
    """The files that must be on the host, by the name under which the shell fragment is asked for them."""
    found = {"authorities": host.settings["smtp_tls_CAfile"]} if "smtp_tls_CAfile" in host.settings else {}
    for certificate in certificates(used):
        found |= {"certificate": certificate.certificate, "key": certificate.key}
    return found


def unusable(host: Host, used: Iterable[Smarthost], live: Live, values: Mapping[str, str]) -> Iterator[Finding]:
    """Files that are missing on the host, and settings of the admin's that are in the way."""
    for name, path in asked(host, used).items():
        state = values.get(f"postfix.{name}", "-")
        if state not in {"yes", "open"}:
            yield error("postfix-no-file", f"there is no file {path} on this host", "put it there first")
        elif name == "key" and state == "open":
            yield warning("postfix-open-key", f"everybody on this host can read the key {path}", f"chmod 600 {path}")
    if certificates(used) and live.value("smtp_tls_chain_files"):
        text = "main.cf: smtp_tls_chain_files beats the certificate of `client_certificate`"
        yield error("postfix-chain-files", text, "take smtp_tls_chain_files out of main.cf")
    for relay in used:
        if relay.relay.ca and tls_level(relay) in _CHECKED and "smtp_tls_CAfile" not in host.settings:
            text = (
                f"`ca_file` of the relay {relay} is qmail's: Postfix checks its certificate by authorities of the host"
            )
            ways_out = ("`settings: {smtp_tls_CAfile: PATH}`, a file on the host", "`tls: fingerprint`")
            yield warning("postfix-ca-file", text, *ways_out)
    digest = live.value("smtp_tls_fingerprint_digest")
    is_theirs = digest is not None and not live.is_owned("smtp_tls_fingerprint_digest")
    if is_theirs and digest != "sha256" and any(tls_level(relay) is TlsLevel.FINGERPRINT for relay in used):
        text = f"main.cf: smtp_tls_fingerprint_digest = {digest}, but `fingerprints` are SHA-256"
        yield error("postfix-fingerprint-digest", text, "take it out of main.cf", "`tls: secure`")
