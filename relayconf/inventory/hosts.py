"""One host out of its layers: merged, looked up, as the model wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relayconf import model
from relayconf.connection import Ssh
from relayconf.inventory import language, tables
from relayconf.inventory.collect import Named
from relayconf.inventory.layers import Item, Layer, settings
from relayconf.inventory.problems import is_name, suggestion
from relayconf.inventory.tables import Table
from relayconf.manage import Manage

_REQUIRED = ("mta", "relay")


def _value(merged: Mapping[str, Item], key: str, default: Any = None) -> Any:
    return merged[key].value if key in merged else default


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedHost:
    """The model's host with what it was made of: its layers, weakest first, and the values they come to."""

    host: model.Host
    entry: Named[language.Host]
    layers: tuple[Layer, ...]
    settings: Mapping[str, Item]


def _manage(merged: Mapping[str, Item], layers: Sequence[Layer]) -> Manage:
    is_virtual = "manage.virtualdomains" in merged
    return Manage(
        locals=_value(merged, "manage.locals", default=False),
        rcpthosts=_value(merged, "manage.rcpthosts", default=False),
        virtualdomains=tables.merged([layer.virtual for layer in layers]) if is_virtual else None,
        me=_value(merged, "manage.me"),
        helohost=_value(merged, "manage.helohost"),
    )


@dataclass(slots=True, kw_only=True)
class Merger:
    """Merges hosts; hosts with the same layers share what comes of it."""

    top: Layer
    groups: Mapping[str, Layer]
    _settings: dict[tuple[int, ...], Mapping[str, Item]] = field(default_factory=dict)
    _tables: dict[tuple[int, ...], Mapping[str, model.Target]] = field(default_factory=dict)
    _groups: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def group_names(self, entry: Named[language.Host]) -> tuple[str, ...]:
        """The groups of a host, each of which must be there."""
        if id(entry) in self._groups:
            return self._groups[id(entry)]
        found: dict[str, None] = {}
        for number, name in enumerate(entry.entry.groups):
            place = entry.place.child("groups", number)
            if name in found:
                place.complain("group_twice", name=name)
            elif name in self.groups:
                found[name] = None
            elif is_name(name):
                place.complain("unknown_group", name=name, suggestion=suggestion(name, self.groups))
            else:
                place.complain("group_shape")
        self._groups[id(entry)] = tuple(found)
        return tuple(found)

    def _table(self, parts: Sequence[Table[model.Target]]) -> Mapping[str, model.Target]:
        identity = tuple(id(part) for part in parts if part.entries or part.clears)
        if identity not in self._tables:
            self._tables[identity] = tables.merged(parts)
        return self._tables[identity]

    def _missing(self, layers: Sequence[Layer], merged: Mapping[str, Item]) -> list[str]:
        return [key for key in _REQUIRED if key not in merged and not any(key in layer.broken for layer in layers)]

    def merge(self, name: str, entry: Named[language.Host], own: Layer) -> MergedHost | None:
        """The host *name*; None when it lacks something, which goes into the problems."""
        groups = self.group_names(entry)
        layers = (self.top, *(self.groups[group] for group in reversed(groups)), own)
        identity = tuple(map(id, layers))
        if identity not in self._settings:
            self._settings[identity] = settings(layers)
            if len(groups) == len(entry.entry.groups):
                for key in self._missing(layers, self._settings[identity]):
                    entry.place.complain_of_key("no_value", host=name, name=key)
        merged = self._settings[identity]
        if any(key not in merged for key in _REQUIRED):
            return None
        host = model.Host(
            name=name,
            address=entry.entry.address or name,
            mta=model.MtaName(_value(merged, "mta")),
            origin=entry.place.origin(key=True),
            connection=_value(merged, "connection", "ssh"),
            ssh=Ssh(**{key: _value(merged, f"ssh.{key}") for key in language.Ssh.model_fields}),
            groups=groups,
            default=_value(merged, "relay"),
            domains=self._table([layer.domains for layer in layers]),
            routes=self._table([layer.routes for layer in layers]),
            egress=tuple(_value(merged, "egress", ())),
            senders=tables.merged([layer.senders for layer in layers]),
            rewrite=tables.merged([layer.rewrite for layer in layers]),
            settings=tables.merged([layer.parameters for layer in layers]),
            flavour=_value(merged, "flavour"),
            manage=_manage(merged, layers),
            qmail_home=_value(merged, "qmail_home"),
            config_directory=_value(merged, "config_directory"),
            state_directory=_value(merged, "state_directory", "/var/lib/relayconf"),
        )
        return MergedHost(host=host, entry=entry, layers=layers, settings=merged)
