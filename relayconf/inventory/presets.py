"""What a relay's `provider` says in place of the keys that are not given; what is given always wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayconf.inventory import language
from relayconf.inventory.document import Place
from relayconf.inventory.problems import is_name, suggestion
from relayconf.model import IMPLICIT_TLS_PORTS
from relayconf.providers import Port, Provider, Site, every


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A provider with that server of it which the relay is."""

    provider: Provider
    site: Site
    region: str | None

    def is_open(self, port: int) -> bool:
        """Whether *port* is for the provider's own lines, without a login."""
        return self.provider.kind == "isp" and port == 25 and self.site.tls(port) == "none"

    def tls(self, port: int, *, auth: bool) -> str | None:
        """The TLS level for *port*; None leaves it to the usual rule."""
        match self.site.tls(port):
            case None:
                return None
            case "none":
                return "none" if auth else None
            case _:
                return "encrypt" if self.site.foreign_certificate else "secure"

    @property
    def ports(self) -> Sequence[int]:
        """The ports to have when none are named: the encrypted ones, and that for the provider's own lines."""
        usable = [port.number for port in self.site.ports if _works(port)]
        encrypted = [number for number in usable if self.site.tls(number) != "none"]
        return [*encrypted, *filter(self.is_open, usable)] or usable

    @property
    def spf(self) -> tuple[str, ...]:
        """The SPF term that covers the provider's servers."""
        include = self.provider.include(self.region)
        return (f"include:{include}",) if include else ()


def _works(port: Port) -> bool:
    return port.tls != "implicit" or port.number in IMPLICIT_TLS_PORTS


def _provider(name: str, place: Place) -> Provider | None:
    known = every()
    if name in known:
        return known[name]
    if is_name(name):
        place.complain("unknown_provider", name=name, suggestion=suggestion(name, known))
    else:
        place.complain("provider_shape")
    return None


def _region(provider: Provider, region: str, place: Place) -> str | None:
    if region in provider.regions:
        return region
    if not provider.regions:
        place.complain_of_key("no_regions", provider=provider.name)
    elif is_name(region):
        hint = suggestion(region, provider.regions)
        place.complain("unknown_region", provider=provider.name, name=region, suggestion=hint)
    else:
        place.complain("region_shape")
    return None


def _site(provider: Provider, entry: language.Relay, region: str | None, place: Place) -> Site:
    site = provider.site(region, entry.host or None)
    if entry.host:
        return site
    if provider.region_required and region is None:
        place.complain("region_missing", provider=provider.name, suggestion=suggestion("", provider.regions))
    elif not site.is_named:
        place.complain("provider_host", provider=provider.name, host=site.host)
    return site


def find(entry: language.Relay, place: Place) -> Preset | None:
    """The preset that *entry* names; None when it names none, or wrongly, which is complained of at *place*."""
    if entry.provider is None:
        if entry.region is not None and ("provider" not in _spoiled(place)):
            place.child("region").complain_of_key("lone_region")
        return None
    provider = _provider(entry.provider, place.child("provider"))
    if provider is None:
        return None
    region = None
    if entry.region is not None:
        region = _region(provider, entry.region, place.child("region"))
        if region is None:
            return None
    site = _site(provider, entry, region, place.child("provider"))
    return Preset(provider=provider, site=site, region=region)


def _spoiled(place: Place) -> set[str]:
    depth = len(place.location)
    return {str(spot[depth]) for spot in place.document.spoiled if len(spot) > depth and spot[:depth] == place.location}


def _needs_login(preset: Preset, entry: language.Relay) -> bool:
    """Whether some port that the relay is to have lets nobody in without a login."""
    if entry.endpoints:
        return any(end.auth is None and not preset.is_open(end.port) for end in entry.endpoints)
    return "port" not in entry.model_fields_set or not preset.is_open(entry.port)


def check_login(preset: Preset, entry: language.Relay, place: Place) -> None:
    """Complain of credentials that the provider does not take, or does not get."""
    name, login = preset.provider.name, preset.provider.login
    if login.xoauth2_only:
        place.child("provider").complain("xoauth2_only", provider=name)
    elif entry.auth is not None and not login.takes_password:
        place.child("auth").complain_of_key("auth_unwanted", provider=name, ways=", ".join(login.mechanisms))
    elif entry.auth is None and login.is_required and _needs_login(preset, entry) and "auth" not in _spoiled(place):
        place.child("provider").complain(
            "auth_missing", provider=name, username=login.username, password=login.password
        )


def check_port(preset: Preset, port: int, place: Place) -> None:
    """Complain of a port where TLS begins in a way that nothing here can ask for."""
    if preset.site.tls(port) == "implicit" and port not in IMPLICIT_TLS_PORTS:
        ports = ", ".join(map(str, preset.ports))
        place.complain("implicit_port", port=str(port), provider=preset.provider.name, ports=ports)


def refuse_clear(preset: Preset, port: int, place: Place) -> None:
    """Complain of a password at a port that has no TLS."""
    ports = ", ".join(map(str, preset.ports))
    place.complain("no_tls", provider=preset.provider.name, port=str(port), ports=ports)
