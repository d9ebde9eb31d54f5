"""Providers as a table, as a page of one with the lines of an inventory to begin with, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TypeAlias

from relayconf.output.tables import columns
from relayconf.providers import Port, Provider, Site, Source
from relayconf.text import printable

FORMAT = 1
"""Grows when a reader of the older format would misunderstand."""

_Rows: TypeAlias = Iterator[tuple[str, str]]


_TLS = {"implicit": "implicit TLS", "starttls": "STARTTLS", "none": "no TLS"}


def _port(port: Port) -> str:
    return f"{port.number} ({_TLS[port.tls]})"


def _row(provider: Provider) -> Sequence[str]:
    site = provider.sites[0]
    host = site.host if not provider.region_required else site.host.replace(f"{site.region}", "REGION")
    return (provider.name, provider.title, host, _port(site.ports[0]), ", ".join(provider.login.mechanisms))


def _site_rows(sites: Sequence[Site]) -> _Rows:
    for site in sites:
        region = f"region {site.region}" if site.region else ""
        notes = (region, site.note, "its certificate is for another name" if site.foreign_certificate else None)
        yield site.host, "; ".join((", ".join(map(_port, site.ports)), *filter(None, notes)))


def _login_rows(provider: Provider) -> _Rows:
    login = provider.login
    yield "login", f"{', '.join(login.mechanisms)}{'' if login.is_required else '; not required'}"
    yield "user name", f"`{login.fixed_username}` for everybody" if login.fixed_username else login.username
    yield "password", login.password
    if login.password_until:
        yield "password until", login.password_until
    if login.note:
        yield "login note", login.note


def _spf_rows(provider: Provider) -> _Rows:
    spf = provider.spf
    include = f", include:{spf.include}" if spf.include else ""
    regions = f" ({', '.join(spf.regions)})" if spf.regions else ""
    yield "SPF", f"{spf.mode.replace('_', ' ')}{include}{regions}"
    if spf.look_at:
        yield "SPF lead", f"the TXT record of {spf.look_at}"
    if spf.note:
        yield "SPF note", spf.note


def _rule_rows(provider: Provider) -> _Rows:
    yield "senders", f"{provider.senders.rule}: {provider.senders.text}"
    if provider.null_sender:
        yield "null sender", f"{provider.null_sender.rule}: {provider.null_sender.text}"
    if provider.size_limit:
        yield "size limit", f"{provider.size_limit:,} bytes"
    if provider.limits:
        yield "limits", provider.limits
    if provider.notes:
        yield "notes", provider.notes


def _source_rows(provider: Provider) -> _Rows:
    """Each source with the facts that were read there."""
    facts: dict[Source, list[str]] = {}
    for fact, sources in provider.sources.items():
        for source in sources:
            facts.setdefault(source, []).append(fact.replace("_", " "))
    for source, names in facts.items():
        yield source.date, f"{', '.join(names)}: {' '.join(filter(None, (source.text, source.url)))}"


def _lines(provider: Provider) -> Iterator[str]:
    """The inventory's lines for a relay of this provider."""
    site = provider.sites[0]
    yield "relays:"
    yield "  isp:"
    yield f"    provider: {provider.name}"
    if provider.region_required:
        yield f"    region: {site.region}"
    if not site.is_named:
        yield f"    host: relay.example.net  # {site.host}"
    if provider.login.takes_password and provider.login.is_required:
        yield f"    auth: {{username: {provider.login.fixed_username or 'USER'}, password: {{env: ISP_PASSWORD}}}}"
    if site.ports[0].tls == "none" and provider.login.is_required:
        yield "    allow_plaintext_auth: true  # no port is encrypted"


def _page(provider: Provider) -> Iterator[str]:
    country = f", {provider.country}" if provider.country else ""
    yield f"{provider.name}: {provider.title} ({provider.kind}{country}); confidence: {provider.confidence}"
    yield ""
    yield from _lines(provider)
    sections = {
        "servers": _site_rows(provider.sites),
        "what it wants": (*_login_rows(provider), *_rule_rows(provider), *_spf_rows(provider)),
        "sources": _source_rows(provider),
    }
    for title, rows in sections.items():
        yield ""
        yield title
        yield from columns([tuple(map(printable, row)) for row in rows], max_width=None)


def _value(provider: Provider) -> Mapping[str, object]:
    return {**asdict(provider), "inventory": "\n".join(_lines(provider))}


def table(providers: Sequence[Provider]) -> str:
    """One line for each provider."""
    head = ("name", "provider", "host", "port", "login")
    return "\n".join(columns([head, *map(_row, providers)], indent=0, gap=2, max_width=None))


def page(provider: Provider) -> str:
    """Everything about one provider."""
    return "\n".join(_page(provider))


def as_json(providers: Sequence[Provider]) -> str:
    """Everything about *providers*, for machines."""
    return json.dumps({"format": FORMAT, "providers": [_value(one) for one in providers]}, indent=2)
