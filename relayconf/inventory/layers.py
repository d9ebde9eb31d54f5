"""Layers (top, groups, hosts) with their values looked up, and the merging of them for one host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from relayconf.inventory import language, names, references
from relayconf.inventory.document import Place
from relayconf.inventory.references import References
from relayconf.inventory.tables import EMPTY, NO_SENDERS, NO_WORDS, Flat, FlatFiles, Table, table, united, with_flats
from relayconf.inventory.targets import DomainsFrom
from relayconf.model import SenderRoute, Target

_SCALARS = ("mta", "flavour", "connection", "egress", "qmail_home", "config_directory", "state_directory")
_MAPS = {"ssh": tuple(language.Ssh.model_fields), "manage": tuple(language.Manage.model_fields)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One value and where it stands. A value of None deletes what would be inherited."""

    value: object
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """What one layer says. `settings` have dotted keys (`ssh.user`); `broken` are keys whose value was refused.

    `parameters` are what the key `settings` gives, `virtual` what `manage.virtualdomains` does.
    """

    settings: Mapping[str, Item] = field(default_factory=dict)
    domains: Table[Target] = EMPTY
    routes: Table[Target] = EMPTY
    senders: Table[SenderRoute] = NO_SENDERS
    rewrite: Table[str] = NO_WORDS
    parameters: Table[str] = NO_WORDS
    virtual: Table[str] = NO_WORDS
    broken: frozenset[str] = frozenset()


UNKNOWN = Layer(broken=frozenset({"mta", "relay"}))
"""A layer that was refused as a whole: whatever a host misses could have been there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A layer as it stands in a file."""

    layer: language.Layer
    place: Place


def _broken(source: Source, settings: Mapping[str, Item]) -> Iterator[str]:
    """Keys that were given and refused, here or where they lead to."""
    for key in UNKNOWN.broken:
        is_lost = getattr(source.layer, key) is not None and settings[key].value is None
        if is_lost or (*source.place.location, key) in source.place.document.spoiled:
            yield key


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes layers: what they refer to, and the flat files read so far."""

    refs: References
    flat_files: FlatFiles

    def _scalars(self, source: Source) -> Iterator[tuple[str, Item]]:
        given = source.layer.model_fields_set
        for key in _SCALARS:
            if key in given:
                yield key, Item(value=getattr(source.layer, key), place=source.place.child(key))
        for name, keys in _MAPS.items():
            if name in given:
                entries = getattr(source.layer, name)
                for key in keys if entries is None else entries.model_fields_set:
                    yield f"{name}.{key}", Item(value=getattr(entries, key, None), place=source.place.child(name, key))
        if "relay" in given:
            place = source.place.child("relay")
            relay = source.layer.relay
            found = None if relay is None else references.defaults(self.refs, relay, place)
            yield "relay", Item(value=found and tuple(found), place=place)

    def _flats(self, source: Source) -> Iterator[Flat]:
        for number, entry in enumerate(source.layer.domains_from):
            place = source.place.child("domains_from", number)
            name, where = (entry.file, place.child("file")) if isinstance(entry, DomainsFrom) else (entry, place)
            file = self.flat_files.read(name, where)
            target = references.flat_target(self.refs, entry, place)
            if file is not None and target is not None:
                yield Flat(file=file, target=target, place=place)

    def _tables(self, source: Source) -> tuple[Table[Target], Table[Target], Table[str]]:
        layer, place = source.layer, source.place
        domains, routes, rewrite = EMPTY, EMPTY, NO_WORDS
        if "domains" in layer.model_fields_set:
            target = partial(references.domain_target, self.refs)
            domains = table(layer.domains, place.child("domains"), names.domain_key, target)
        if "routes" in layer.model_fields_set:
            target_of_route = partial(references.route_target, self.refs)
            routes = table(layer.routes, place.child("routes"), names.route_key, target_of_route)
        if "rewrite" in layer.model_fields_set:
            rewrite = table(layer.rewrite, place.child("rewrite"), names.rewrite_key, lambda word, _: word)
        return domains, routes, rewrite

    def _parameters(self, source: Source) -> Table[str]:
        if "settings" not in source.layer.model_fields_set:
            return NO_WORDS
        return table(source.layer.settings, source.place.child("settings"), names.parameter, lambda word, _: word)

    def _virtual(self, source: Source) -> Table[str]:
        if "manage" not in source.layer.model_fields_set:
            return NO_WORDS
        manage, place = source.layer.manage, source.place.child("manage", "virtualdomains")
        if manage is not None and "virtualdomains" not in manage.model_fields_set:
            return NO_WORDS
        words = None if manage is None else manage.virtualdomains
        return table(words, place, names.virtual_key, lambda word, _: word)

    def _senders(self, source: Source) -> Table[SenderRoute]:
        if "senders" not in source.layer.model_fields_set:
            return NO_SENDERS
        route = partial(references.sender_route, self.refs)
        return table(source.layer.senders, source.place.child("senders"), names.sender_key, route)

    def layer(self, sources: Sequence[Source]) -> Layer:
        """The layer that *sources* make together: one for a group or a host, one per file for the top."""
        settings: dict[str, Item] = {}
        domains, routes, senders, rewrite, parameters, virtual = EMPTY, EMPTY, NO_SENDERS, NO_WORDS, NO_WORDS, NO_WORDS
        for source in sources:
            for key, item in self._scalars(source):
                if key in settings:
                    item.place.complain_of_key("defined_twice", first=str(settings[key].place.origin(key=True)))
                settings[key] = item
            more_domains, more_routes, more_rewrite = self._tables(source)
            domains, routes = united(domains, more_domains), united(routes, more_routes)
            rewrite = united(rewrite, more_rewrite)
            senders = united(senders, self._senders(source))
            parameters = united(parameters, self._parameters(source))
            virtual = united(virtual, self._virtual(source))
        flats = [flat for source in sources for flat in self._flats(source)]
        broken = {key for source in sources for key in _broken(source, settings)}
        domains = with_flats(domains, flats, self.flat_files.problems)
        return Layer(
            settings=settings,
            domains=domains,
            routes=routes,
            senders=senders,
            rewrite=rewrite,
            parameters=parameters,
            virtual=virtual,
            broken=frozenset(broken),
        )


def settings(layers: Sequence[Layer]) -> Mapping[str, Item]:
    """What *layers*, weakest first, come to, key by key."""
    result: dict[str, Item] = {}
    for layer in layers:
        result.update(layer.settings)
    return {key: item for key, item in result.items() if item.value is not None}
