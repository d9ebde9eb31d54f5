"""What is known of relay providers: their servers, logins, sender rules, limits, and where each fact was read.

The facts are package data, read when the first one is asked for. They are defaults to be probed, never truth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias, cast

DATA = Path(__file__).with_name("data") / "providers.json"

TlsKind: TypeAlias = Literal["implicit", "starttls", "none"]
Rule: TypeAlias = Literal["any", "domain", "account", "unknown"]
Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"

_SECRET_MECHANISMS = frozenset({"password", "cram-md5"})
_PLACEHOLDER = "<region>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact was read, and when; `url` is empty where many places say the same."""

    text: str
    url: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port and how TLS begins there."""

    number: int
    tls: TlsKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One server of a provider; the first port is the one to use.

    A `host` with a part in angle brackets is another one for each customer. `foreign_certificate`: what it presents is
    for another name.
    """

    host: str
    ports: tuple[Port, ...]
    region: str | None = None
    note: str | None = None
    foreign_certificate: bool = False

    @property
    def is_named(self) -> bool:
        """Whether `host` is a name that can be connected to."""
        return "<" not in self.host

    def tls(self, port: int) -> TlsKind | None:
        """How TLS begins at *port*; None when nothing is known of it."""
        return next((known.tls for known in self.ports if known.number == port), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a client says who it is. `username` and `password` describe; `fixed_username` is the same for everybody."""

    mechanisms: tuple[str, ...]
    username: str
    password: str
    fixed_username: str | None = None
    password_until: str | None = None
    note: str | None = None

    @property
    def takes_password(self) -> bool:
        """Whether a user name and a password can log in."""
        return not _SECRET_MECHANISMS.isdisjoint(self.mechanisms)

    @property
    def is_required(self) -> bool:
        """Whether nobody is let in without a login, such as by address or certificate."""
        return {"ip", "cert", "none"}.isdisjoint(self.mechanisms)

    @property
    def xoauth2_only(self) -> bool:
        """Whether only an OAuth2 token logs in."""
        return self.mechanisms == ("xoauth2",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spf:
    """Whose SPF record the receiver looks at, and what it has to hold.

    `passthrough`: the sender's own, with `include`; the other modes: the provider's, or that of a subdomain. `regions`:
    where `include` is known to be right, when not everywhere.
    """

    mode: Literal["passthrough", "provider_return_path", "subdomain_return_path", "unknown"]
    include: str | None = None
    regions: tuple[str, ...] = ()
    look_at: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A rule of the provider, as a word and in words."""

    rule: Rule | Literal["refused"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider. `senders` says whose addresses can be sent as; `size_limit` is in bytes, encoded.

    `sources` leads from the name of a fact to where it was read.
    """

    name: str
    title: str
    kind: Literal["isp", "hoster", "mailbox", "relay"]
    country: str | None
    confidence: Literal["high", "medium", "low"]
    sites: tuple[Site, ...]
    region_required: bool
    login: Login
    senders: Ruling
    null_sender: Ruling | None
    size_limit: int | None
    limits: str | None
    spf: Spf
    notes: str | None
    sources: Mapping[str, tuple[Source, ...]]

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions with servers of their own."""
        return tuple(dict.fromkeys(site.region for site in self.sites if site.region))

    def site(self, region: str | None, host: str | None = None) -> Site:
        """The server called *host*, else the first one of *region*, else the first one."""
        here = [site for site in self.sites if region is None or site.region == region] or self.sites
        return next((site for site in self.sites if site.host == host), here[0])

    def include(self, region: str | None) -> str | None:
        """The name to include in the sender's own SPF record; None where that helps nobody, or is not known."""
        known = not self.spf.regions or (region or self.sites[0].region) in self.spf.regions
        return self.spf.include if self.spf.mode == "passthrough" and known else None


def _texts(items: Json) -> tuple[str, ...]:
    return tuple(cast("list[str]", items))


def _sites(data: dict[str, Json]) -> tuple[Site, ...]:
    numbers = cast("dict[str, TlsKind]", data["ports"])
    ports = tuple(Port(number=int(number), tls=tls) for number, tls in numbers.items())
    host, note = str(data["host"]), data.get("note")
    return tuple(
        Site(
            host=host.replace(_PLACEHOLDER, region or ""),
            ports=ports,
            region=region,
            note=None if note is None else str(note),
            foreign_certificate=bool(data.get("foreign_certificate")),
        )
        for region in (_texts(data["regions"]) if "regions" in data else (None,))
    )


def _record(data: Json) -> dict[str, Json]:
    """The keywords of a record: lists become tuples."""
    items = cast("dict[str, Json]", data).items()
    return {key: cast("Json", _texts(value)) if isinstance(value, list) else value for key, value in items}


def _provider(data: dict[str, Json], sources: Mapping[str, Source]) -> Provider:
    given = cast("dict[str, list[str]]", data["sources"])
    return Provider(
        name=str(data["id"]),
        title=str(data["name"]),
        kind=data["kind"],  # type: ignore[arg-type]  # the data's own test holds it to the words
        country=cast("str | None", data.get("country")),
        confidence=data["confidence"],  # type: ignore[arg-type]  # the same
        sites=tuple(site for entry in cast("list[dict[str, Json]]", data["sites"]) for site in _sites(entry)),
        region_required=bool(data.get("region_required")),
        login=Login(**_record(data["auth"])),  # type: ignore[arg-type]  # the same
        senders=Ruling(**_record(data["senders"])),  # type: ignore[arg-type]  # the same
        null_sender=Ruling(**_record(data["null_sender"])) if "null_sender" in data else None,  # type: ignore[arg-type]
        size_limit=cast("int | None", data.get("size_limit")),
        limits=cast("str | None", data.get("limits")),
        spf=Spf(**_record(data["spf"])),  # type: ignore[arg-type]  # the same
        notes=cast("str | None", data.get("notes")),
        sources={fact: tuple(sources[key] for key in keys) for fact, keys in given.items()},
    )


@cache
def every() -> Mapping[str, Provider]:
    """All providers by name."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    sources = {key: Source(**entry) for key, entry in data["sources"].items()}
    providers = (_provider(entry, sources) for entry in data["providers"])
    return {provider.name: provider for provider in providers}
