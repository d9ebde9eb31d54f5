"""From files to the model: names collected, relays and addresses looked up, layers made and merged host by host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relayconf import model
from relayconf.errors import InventoryError
from relayconf.inventory import relays
from relayconf.inventory.checks import check_hosts
from relayconf.inventory.collect import Named, Names, collect
from relayconf.inventory.document import Place
from relayconf.inventory.hosts import MergedHost, Merger
from relayconf.inventory.include import File, Reading, read_all
from relayconf.inventory.language import Relay
from relayconf.inventory.layers import UNKNOWN, Layer, Maker, Source
from relayconf.inventory.references import References
from relayconf.inventory.tables import FlatFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """An inventory without problems, and what it was made of."""

    inventory: model.Inventory
    relays: Mapping[str, Named[Relay]]
    hosts: Mapping[str, MergedHost]


def _addresses(names: Names) -> dict[str, str | None]:
    addresses: dict[str, str | None] = {}
    users: dict[int, int] = {}
    for name, host in names.hosts.items():
        if host is None:
            addresses[name] = None
            continue
        addresses[name] = host.entry.address or name
        users[id(host.place)] = users.get(id(host.place), 0) + 1
        if host.entry.address and users[id(host.place)] == 2:
            host.place.child("address").complain_of_key("range_address")
    return addresses


def _top(maker: Maker, files: list[File]) -> Layer:
    places = [Place(document=file.document, location=()) for file in files]
    return maker.layer([Source(layer=file.root, place=place) for file, place in zip(files, places, strict=True)])


def _hosts(names: Names, merger: Merger, maker: Maker) -> dict[str, MergedHost]:
    own: dict[int, Layer] = {}
    merged: dict[str, MergedHost] = {}
    for name, host in names.hosts.items():
        if host is None:
            continue
        if id(host.place) not in own:
            own[id(host.place)] = maker.layer([Source(layer=host.entry, place=host.place)])
        if one := merger.merge(name, host, own[id(host.place)]):
            merged[name] = one
    return merged


def _mailbox(files: list[File]) -> model.Mailbox | None:
    """The first one; a file that includes others may have its own."""
    for file in files:
        if (entry := file.root.mailbox) is not None:
            return model.Mailbox(host=entry.host, port=entry.port, credentials=relays.credentials(entry.auth))
    return None


def _raise_problems(reading: Reading, flat_files: FlatFiles) -> None:
    problems = [*reading.problems, *flat_files.problems]
    problems.extend(problem for file in reading.files for problem in file.document.problems)
    if problems:
        raise InventoryError(problems)


def resolve(path: Path) -> Resolved:
    """The inventory at *path*. Raises UsageError when it cannot be read, InventoryError with all of its problems."""
    reading = read_all(path)
    flat_files = FlatFiles()
    if not reading.complete:
        _raise_problems(reading, flat_files)
    names = collect(reading.files)
    found = {
        name: relays.relay(name, entry.entry, entry.place) if entry else None for name, entry in names.relays.items()
    }
    addresses = _addresses(names)
    maker = Maker(refs=References(relays=found, addresses=addresses), flat_files=flat_files)
    groups = {
        name: maker.layer([Source(layer=group.entry, place=group.place)]) if group else UNKNOWN
        for name, group in names.groups.items()
    }
    merger = Merger(top=_top(maker, reading.files), groups=groups)
    hosts = _hosts(names, merger, maker)
    check_hosts(hosts)
    _raise_problems(reading, flat_files)
    return Resolved(
        inventory=model.Inventory(
            file=str(path),
            relays={name: relay for name, relay in found.items() if relay},
            hosts={name: merged.host for name, merged in hosts.items()},
            groups=tuple(groups),
            mailbox=_mailbox(reading.files),
        ),
        relays={name: entry for name, entry in names.relays.items() if entry},
        hosts=hosts,
    )
