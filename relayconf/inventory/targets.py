"""What the inventory says about where mail goes: the shapes of `relay`, `domains`, `domains_from` and `routes`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema

from relayconf.inventory import values
from relayconf.inventory.kinds import Flag, HostName, Port, Strict, Text
from relayconf.inventory.problems import Fault

_TAGS: Mapping[type, str] = {str: "<word>", dict: "<map>", list: "<list>"}
Model = TypeVar("Model", bound=Strict)


def _shape(value: object) -> str | None:
    return next((tag for kind, tag in _TAGS.items() if isinstance(value, kind)), None)


def by_shape(code: str) -> Discriminator:
    """Which of a union is meant: a word, a map or a list by its tag; what is none of them is refused with *code*."""
    return Discriminator(_shape, custom_error_type=code, custom_error_message=code)


def _exactly_one(model: Model, *, expected: str) -> Model:
    # `port` only goes along with `host`.
    given = model.model_fields_set - {"port"}
    if "port" in model.model_fields_set and given != {"host"}:
        raise Fault("lone_port")
    if len(given) != 1 or None in (getattr(model, key) for key in given):
        raise Fault("one_target", expected=expected)
    return model


def _one_of(expected: str) -> AfterValidator:
    return AfterValidator(partial(_exactly_one, expected=expected))


def _domain_word(word: str) -> str:
    if word not in ("local", "mx"):
        hint = "by MX, a domain of ours is `mx`" if word == "direct" else "a host of ours is {at: HOST}"
        raise Fault("domain_word", suggestion=hint)
    return word


def direct_word(word: str) -> str:
    """`direct`, the only target that is a word."""
    if word != "direct":
        hint = "by MX is `direct`" if word == "mx" else "a relay is {relay: NAME}"
        raise Fault("route_word", suggestion=hint)
    return word


def _some(relays: list[str | RelayMap]) -> list[str | RelayMap]:
    if not relays:
        raise Fault("empty_list")
    return relays


class RelayMap(Strict):
    """A relay that is no entry of `relays`."""

    via: Text | None = Field(default=None, description="A host of ours as relay.")
    host: HostName | None = Field(default=None, description="A server, by name or IP address, without MX lookup.")
    port: Port = Field(default=25, description="Port of `host`.")


class DomainMap(Strict):
    """Where a domain of ours is delivered."""

    at: Text | None = Field(default=None, description="Local on that host of ours, routed to it from the others.")
    host: HostName | None = Field(default=None, description="A server, by name or IP address, without MX lookup.")
    port: Port = Field(default=25, description="Port of `host`.")


class RouteMap(Strict):
    """Where mail for a recipient goes instead of the default."""

    relay: Text | None = Field(default=None, description="A relay: NAME or NAME:PORT.")
    via: Text | None = Field(default=None, description="A host of ours.")
    host: HostName | None = Field(default=None, description="A server, by name or IP address, without MX lookup.")
    port: Port = Field(default=25, description="Port of `host`.")
    reject: Annotated[str, AfterValidator(partial(values.reply, "5"))] | None = Field(
        default=None, description="Bounce with this text, which begins with a code 5.x.x."
    )
    retry: Annotated[str, AfterValidator(partial(values.reply, "4"))] | None = Field(
        default=None, description="Defer with this text, which begins with a code 4.x.x."
    )
    discard: Text | None = Field(default=None, description="Drop silently; the text is for the log.")


class DomainsFrom(Strict):
    """A flat file of domains, one a line; local on the host when no target is given."""

    file: Text = Field(description="Path, relative to the file that names it.")
    at: Text | None = Field(default=None, description="Local on that host of ours, routed to it from the others.")
    host: HostName | None = Field(default=None, description="A server, by name or IP address, without MX lookup.")
    port: Port = Field(default=25, description="Port of `host`.")
    mx: Flag = Field(default=False, description="true: by MX.")


def _one_flat_target(entry: DomainsFrom) -> DomainsFrom:
    given = entry.model_fields_set - {"file", "port"}
    if "port" in entry.model_fields_set and given != {"host"}:
        raise Fault("lone_port")
    if len(given) > 1:
        raise Fault("one_target", expected="at, host, mx")
    return entry


_RelayWord = Annotated[Text, Tag("<word>")]
_RelayMap = Annotated[RelayMap, _one_of("via, host"), Tag("<map>")]
_OneRelay = Annotated[_RelayWord | _RelayMap, by_shape("wanted_relay")]
RelayChoice = Annotated[
    _RelayWord | _RelayMap | Annotated[list[_OneRelay], AfterValidator(_some), Tag("<list>")],
    by_shape("wanted_relay"),
]
DomainTarget = Annotated[
    Annotated[str, AfterValidator(_domain_word), WithJsonSchema({"enum": ["local", "mx"]}), Tag("<word>")]
    | Annotated[DomainMap, _one_of("at, host"), Tag("<map>")],
    by_shape("wanted_domain"),
]
RouteTarget = Annotated[
    Annotated[str, AfterValidator(direct_word), WithJsonSchema({"const": "direct"}), Tag("<word>")]
    | Annotated[RouteMap, _one_of("relay, via, host, reject, retry, discard"), Tag("<map>")],
    by_shape("wanted_route"),
]
FlatFile = Annotated[
    Annotated[Text, Tag("<word>")] | Annotated[DomainsFrom, AfterValidator(_one_flat_target), Tag("<map>")],
    by_shape("wanted_flat_file"),
]
