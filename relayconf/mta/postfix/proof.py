"""The proof that what was rendered means what the inventory says: read back as Postfix reads it, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from relayconf.errors import RenderMismatch
from relayconf.model import Host, Local
from relayconf.mta.base import EVERYTHING_ELSE
from relayconf.mta.postfix import main_cf, maps
from relayconf.mta.postfix.names import ROUTES, SMTP
from relayconf.mta.postfix.routing import (
    AS_DEFAULT,
    CLASS,
    Routing,
    Way,
    default_way,
    lookup,
    route,
    value_of_sender,
    way_of,
)
from relayconf.mta.postfix.words import way_words


class _Wish(Protocol):
    @property
    def tables(self) -> Mapping[str, tuple[tuple[str, str], ...]]: ...

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]: ...


def _mismatch(host: Host, template: str, what: str, must: str) -> RenderMismatch:
    return RenderMismatch(f"{host.name}: {what}", hint=f"the template `postfix/{template}.j2` must write {must}")


def _prove_parameters(host: Host, wanted: _Wish, content: bytes) -> None:
    differing = main_cf.changed(content, dict(wanted.parameters))
    if differing:
        what = f"the rendered main.cf does not say what the inventory says of {', '.join(sorted(differing))}"
        raise _mismatch(host, "main.cf", what, "every parameter that it is given")


def _prove_rows(host: Host, table: str, rows: tuple[tuple[str, str], ...], content: bytes | None) -> None:
    source = maps.parse(content or b"")
    wanted = {key.lower(): value for key, value in rows}
    if source.table != wanted or len(source.entries) != len(rows):
        what = f"the rendered {table} does not hold the rows that the inventory asks for"
        raise _mismatch(host, table, what, "every row and no other")


def _probes(keys: Mapping[str, None]) -> Iterator[str]:
    """A recipient for every key: itself, or a name below a `.suffix`; and one that no key matches."""
    label = "relayconf-probe"
    while label in keys:
        label += "x"
    yield label
    for key in keys:
        if not key.startswith("."):
            yield key
        else:
            below = label
            while below + key in keys:
                below += "x"
            yield below + key


def _is_kept(value: str | None) -> bool:
    return value is None or value == CLASS


def _prove_routes(host: Host, routing: Routing) -> None:
    keys = {**dict.fromkeys(host.domains), **dict.fromkeys(host.routes), **dict.fromkeys(routing.table)}
    # A target that is local here is a new value each time; the others live as long as the host does.
    defaults = [host.target(target) for target in host.default]
    proved: set[tuple[str | None, int, bool]] = set()
    for name in _probes(keys):
        domain = name.rpartition("@")[2]
        key, target = (name, host.target(host.routes[name])) if name in host.routes else host.intended(domain)
        value = lookup(routing.table, name)
        pair = (value, 0 if isinstance(target, Local) else id(target), bool(key))
        if pair in proved:
            continue
        proved.add(pair)
        got = route(routing, name)
        wanted = way_of(target, domain) if key else default_way(defaults, domain)
        if wanted == got or (isinstance(target, Local) and _is_kept(value)):
            continue
        says = way_words(wanted) if wanted else "local"
        what = (
            f"the rendered transport table sends mail for {name} to {way_words(got)}, "
            f"but the inventory says {says} ({key or EVERYTHING_ELSE})"
        )
        raise _mismatch(host, "transport", what, "every row and no other")


def _sender_probes(keys: Mapping[str, None]) -> Iterator[str]:
    """A sender for every key: itself, or somebody of the domain; and one that no key matches."""
    label = "relayconf-probe"
    while any(key.startswith(f"{label}@") for key in keys) or f"@{label}" in keys:
        label += "x"
    yield f"{label}@{label}"
    for key in keys:
        yield f"{label}{key}" if key.startswith("@") else key


def _sender_words(way: Way) -> str:
    return f"{way_words(way)} ({way.service})"


def _prove_senders(host: Host, routing: Routing) -> None:
    """What every sender's mail for the rest of the world does, which no row of the transport table is for."""
    recipient = next(
        _probes({**dict.fromkeys(host.domains), **dict.fromkeys(host.routes), **dict.fromkeys(routing.table)})
    )
    default = route(replace(routing, senders={}), recipient)
    for sender in _sender_probes({**dict.fromkeys(host.senders), **dict.fromkeys(routing.senders)}):
        intended = host.intended_sender(sender)
        value = AS_DEFAULT if intended is None else value_of_sender(intended)
        service, _, nexthop = value.partition(":")
        wanted = default if value == AS_DEFAULT else Way(service=service, nexthop=nexthop)
        got = route(routing, recipient, sender)
        if got != wanted:
            what = (
                f"the rendered table of senders sends mail from {sender} to {_sender_words(got)}, "
                f"but the inventory says {_sender_words(wanted)}"
            )
            raise _mismatch(host, "senders", what, "every row and no other")


def prove(host: Host, wanted: _Wish, main: bytes, contents: Mapping[str, bytes | None]) -> None:
    """Insist that *main* has every parameter, that each table has its rows, and that all recipients go their way.

    Asked are every key of the inventory and of the transport table, a name under each `.suffix`, and one that nothing
    matches. Raises RenderMismatch, which never carries a password, and MapError or MainCfError for what cannot be read.
    """
    _prove_parameters(host, wanted, main)
    for table, rows in wanted.tables.items():
        if table not in ROUTES:
            _prove_rows(host, table, rows, contents[table])
    parameters = main_cf.parse(main)
    default = parameters.get("default_transport")
    routing = Routing(
        table=maps.table(contents["transport"] or b""),
        senders=maps.table(contents["senders"] or b""),
        relayhost=parameters["relayhost"].value,
        default_transport=default.value if default else SMTP,
    )
    _prove_routes(host, routing)
    _prove_senders(host, routing)
