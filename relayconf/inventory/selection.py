"""Hosts chosen on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from relayconf.errors import UsageError
from relayconf.inventory.names import host_names
from relayconf.inventory.problems import Fault, shown, suggestion
from relayconf.model import Host, Inventory


def find_host(inventory: Inventory, name: str) -> Host:
    """The host *name*. Raises UsageError with the nearest name when there is none."""
    if name not in inventory.hosts:
        hint = suggestion(name, [*inventory.hosts, *inventory.groups]) or "the inventory has no hosts"
        raise UsageError(f"`{shown(name)}` is no host or group of {inventory.file}", hint=hint)
    return inventory.hosts[name]


def _chosen(inventory: Inventory, word: str) -> Sequence[str]:
    if word in inventory.groups:
        return [name for name, host in inventory.hosts.items() if word in host.groups]
    try:
        names = host_names(word)
    except Fault:
        names = (word,)
    return [find_host(inventory, name).name for name in names]


def select(inventory: Inventory, words: Sequence[str]) -> tuple[Host, ...]:
    """The hosts that *words* name, in the inventory's order and each once; all of them for no words.

    A word is a host, a group, or a range such as `node[001-020]`. Raises UsageError for one that names nothing.
    """
    chosen = {name for word in words for name in _chosen(inventory, word)}
    return tuple(host for name, host in inventory.hosts.items() if not words or name in chosen)
