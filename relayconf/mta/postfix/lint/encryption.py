"""Faults of TLS to relays: levels, policies, authorities, and ports where TLS begins at once (TLS_README)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relayconf.model import IMPLICIT_TLS_PORTS
from relayconf.mta.postfix.lint.codes import Fault, fault
from relayconf.mta.postfix.lint.configuration import Configuration
from relayconf.mta.postfix.lint.hops import Hop, Use, take_apart, uses
from relayconf.mta.postfix.lint.services import Service
from relayconf.mta.postfix.lint.vocabulary import LEVELS
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

_POLICIES = "smtp_tls_policy_maps"
_STARTTLS = frozenset({25, 587})
_CHECKED = frozenset({"verify", "secure"})
_ATTRIBUTES = frozenset(
    {"protocols", "ciphers", "exclude", "match", "connection_reuse", "tafile", "servername", "enable_rpk"}
)
_FILES = ("smtp_tls_CAfile", "smtp_tls_cert_file", "smtp_tls_key_file")


def _base_level(config: Configuration, service: Service) -> str:
    level = config.value("smtp_tls_security_level", service).lower()
    if level:
        return level
    for name, instead in (("smtp_enforce_tls", "encrypt"), ("smtp_use_tls", "may")):
        if config.is_yes(name, service):
            return instead
    return "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The levels of one service: by next hop in small letters, else `base`; None where a table may say another one."""

    policies: Mapping[str, str]
    base: str | None

    def at(self, nexthop: str) -> str | None:
        """The level at a next hop."""
        return self.policies.get(nexthop.lower(), self.base)


def levels_of(config: Configuration, service: Service) -> Levels:
    """The levels with which *service* speaks to other servers."""
    rows, is_whole = config.rows(_POLICIES, service)
    policies = {row.key.lower(): row.value.split()[0].lower() for row in rows}
    return Levels(policies=policies, base=_base_level(config, service) if is_whole else None)


def _uses(config: Configuration) -> Iterator[tuple[Use, Hop, Service]]:
    services = {service.name: service for service in config.clients()}
    for use in uses(config):
        hop = take_apart(use.text)
        if isinstance(hop, Hop):
            yield use, hop, services[use.transport]


def files(config: Configuration) -> Iterator[Fault]:
    """Files without which smtp(8) has no TLS at all."""
    for service in config.clients():
        for name in _FILES:
            path = config.value(name, service)
            seen = config.seen(path)
            if seen is None or _base_level(config, service) == "none":
                continue
            what = "" if seen.present else "there is no such file"
            if seen.content is not None and b"-----BEGIN " not in seen.content:
                what = "the file holds no PEM"
            if what:
                text = f"{name} = {printable(path)}: {what}; TLS is off, and mail that demands it waits"
                yield fault("tls-file", config.place(name, service), text, "the path of a PEM file", f"take {name} out")


def _demanding(config: Configuration, service: Service) -> list[str]:
    """Next hops whose certificates are to be checked, as texts."""
    rows, _ = config.rows(_POLICIES, service)
    found = [row.key for row in rows if row.value.split()[0].lower() in _CHECKED]
    return found + (["every next hop"] if _base_level(config, service) in _CHECKED else [])


def authorities(config: Configuration) -> Iterator[Fault]:
    """Certificates to be checked against no authority."""
    for service in config.clients():
        demanding = _demanding(config, service)
        if not demanding or config.value("smtp_tls_CAfile", service) or config.is_yes("tls_append_default_CA", service):
            continue
        folder = config.value("smtp_tls_CApath", service)
        who = listing(map(printable, demanding))
        if not folder:
            name = _POLICIES if config.words(_POLICIES, service) else "smtp_tls_security_level"
            text = f"the certificate of {who} is to be checked, but no smtp_tls_CAfile says by whom: mail waits"
            yield fault(
                "tls-no-ca", config.place(name, service), text, "smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt"
            )
            continue
        inside = f"{config.value('queue_directory')}{folder}" if service.chroot else folder
        seen = config.seen(inside)
        if seen is not None and not seen.names:
            where = f"in the chroot, {printable(inside)}" if service.chroot else "there"
            text = f"smtp_tls_CApath = {printable(folder)} has no certificates {where}: mail to {who} waits"
            place = config.place("smtp_tls_CApath", service)
            yield fault(
                "tls-ca-chroot", place, text, "smtp_tls_CAfile, which is read before the chroot", "restart Postfix"
            )


def policy_keys(config: Configuration) -> Iterator[Fault]:
    """Policies under names that are not those of the next hops in use."""
    used = list(_uses(config))
    texts = {use.text.lower() for use, _, _ in used}
    for service in config.clients():
        rows = config.rows(_POLICIES, service)[0]
        known = {row.key.lower() for row in rows}
        lacking = [(use, hop) for use, hop, its in reversed(used) if its is service and use.text.lower() not in known]
        by_host = {hop.host.lower(): use for use, hop in lacking}
        for row in rows:
            found = take_apart(row.key)
            use = by_host.get(found.host.lower()) if isinstance(found, Hop) else None
            if use is not None and row.key.lower() not in texts:
                meant = printable(use.text)
                text = f"{printable(row.key)} is not how the next hop is spelt, {meant}: the policy never counts"
                yield fault("tls-policy-key", row.place, text, meant)


def _policy_fault(value: str) -> str | None:
    level, *attributes = [word for word in value.replace(",", " ").split() if word]
    if level.lower() not in LEVELS:
        return f"no TLS level: {level}"
    odd = [
        word for word in attributes if word.partition("=")[0].lower() not in _ATTRIBUTES or not word.partition("=")[2]
    ]
    return f"no attribute of a policy: {odd[0]}" if odd else None


def policies(config: Configuration) -> Iterator[Fault]:
    """Policies that smtp(8) does not understand."""
    for service in config.clients():
        for row in config.rows(_POLICIES, service)[0]:
            why = _policy_fault(row.value)
            if why:
                text = f"{printable(row.key)}: {printable(why)}; its mail waits (client TLS configuration problem)"
                yield fault(
                    "tls-policy-level", row.place, text, f"LEVEL, one of {', '.join(LEVELS)}, then ATTRIBUTE=VALUE"
                )


def ports(config: Configuration) -> Iterator[Fault]:
    """TLS at once on ports that wait for STARTTLS, and the other way round."""
    clients = {service: levels_of(config, service) for service in config.clients()}
    wrapping = {service for service in clients if config.is_yes("smtp_tls_wrappermode", service)}
    for use, hop, service in _uses(config):
        wrapped, port = service in wrapping, hop.port
        shown, where = f"{use.parameter}: {printable(use.text)}", "smtp_tls_wrappermode"
        if not wrapped and port in IMPLICIT_TLS_PORTS:
            way = "-o smtp_tls_wrappermode=yes in a service of its own"
            name = printable(service.name)
            text = f"{shown}: TLS begins at once there, but {name} waits for a greeting until it times out"
            yield fault("tls-implicit", use.place, text, "port 587", way)
        if wrapped and port in _STARTTLS:
            text = f"{shown}: {where} = yes begins TLS at once, where the relay speaks SMTP first: mail waits"
            yield fault("tls-wrapped", config.place(where, service), text, f"{where} = no")
        if wrapped and (level := clients[service].at(use.text)) in {"none", "may"}:
            text = f"{shown}: {where} wants a TLS level of at least encrypt, not {level}: mail waits"
            yield fault("tls-implicit", config.place(where, service), text, "smtp_tls_security_level = secure")


def dane(config: Configuration) -> Iterator[Fault]:
    """DANE without DNSSEC."""
    effects = {"dane": "no more than encrypt, as it is", "dane-only": "its mail waits"}
    for service in config.clients():
        if config.value("smtp_dns_support_level", service) == "dnssec":
            continue
        place = config.place("smtp_tls_security_level", service)
        found = [(_base_level(config, service), place)]
        found += [(row.value.split()[0].lower(), row.place) for row in config.rows(_POLICIES, service)[0]]
        for level, where in found:
            if level in effects:
                text = f"the level {level} wants smtp_dns_support_level = dnssec: {effects[level]}"
                yield fault(f"tls-{level}", where, text, "smtp_dns_support_level = dnssec")
