"""What an inventory says, as keyed digests: whether it still says the same, and if not, of which host and setting.

Places in the files, their names and comments do not count, nor the order of hosts. The order within a table does: a
rendered file has it too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass

from relayconf.model import Host, Inventory
from relayconf.plankey import keyed_digest

SETTING_DIGITS = 16
"""Hex digits kept of a single setting's digest: they explain, the whole inventory's digest decides."""


class Identity:
    """Digests under one key. Tables and relays that hosts share are gone through once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # The value stays here with its digest, so that no other one can get its id meanwhile.
        self._known: dict[int, tuple[object, str]] = {}

    def of(self, inventory: Inventory) -> str:
        """The digest of everything that *inventory* says of its hosts, relays and groups, in hex."""
        hosts = {name: self._settings(host) for name, host in inventory.hosts.items()}
        relays = {name: self._plain(relay) for name, relay in inventory.relays.items()}
        return self._digest([sorted(hosts.items()), sorted(relays.items()), sorted(inventory.groups)])

    def settings(self, host: Host) -> Mapping[str, str]:
        """A short digest of each setting of *host* by the setting's name."""
        return {name: digest[:SETTING_DIGITS] for name, digest in self._settings(host).items()}

    def _settings(self, host: Host) -> dict[str, str]:
        names = [field.name for field in fields(host) if field.name != "origin"]
        return {name: self._digest([host.name, name, self._plain(getattr(host, name))]) for name in names}

    def _digest(self, plain: object) -> str:
        return keyed_digest(self._key, "inventory", json.dumps(plain).encode())

    def _plain(self, value: object) -> object:
        """*value* for JSON; what has parts is there by its digest."""
        if isinstance(value, tuple):
            return [self._plain(part) for part in value]
        if isinstance(value, Mapping):
            return self._once(value, lambda: [[key, self._plain(part)] for key, part in value.items()])
        if is_dataclass(value):
            return self._once(value, lambda: [self._plain(getattr(value, field.name)) for field in fields(value)])
        return value

    def _once(self, value: object, parts: Callable[[], list[object]]) -> str:
        if id(value) not in self._known:
            kind = "table" if isinstance(value, Mapping) else type(value).__name__
            self._known[id(value)] = value, self._digest([kind, parts()])
        return self._known[id(value)][1]
