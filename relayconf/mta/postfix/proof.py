"""The proof that what was rendered means what the inventory says: read back as Postfix reads it, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from relayconf.errors import RenderMismatch
from relayconf.model import Host, Local
from relayconf.mta.base import EVERYTHING_ELSE
from relayconf.mta.postfix import main_cf, maps
from relayconf.mta.postfix.names import SMTP
from relayconf.mta.postfix.routing import CLASS, Routing, default_way, lookup, route, way_of
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
        if wanted is not None or isinstance(target, Local):
            says = way_words(wanted) if wanted else "local"
            what = (
                f"the rendered transport table sends mail for {name} to {way_words(got)}, "
                f"but the inventory says {says} ({key or EVERYTHING_ELSE})"
            )
            raise _mismatch(host, "transport", what, "every row and no other")


def prove(host: Host, wanted: _Wish, main: bytes, contents: Mapping[str, bytes | None]) -> None:
    """Insist that *main* has every parameter, that each table has its rows, and that all recipients go their way.

    Asked are every key of the inventory and of the transport table, a name under each `.suffix`, and one that nothing
    matches. Raises RenderMismatch, which never carries a password, and MapError or MainCfError for what cannot be read.
    """
    _prove_parameters(host, wanted, main)
    for table, rows in wanted.tables.items():
        if table != "transport":
            _prove_rows(host, table, rows, contents[table])
    parameters = main_cf.parse(main)
    default = parameters.get("default_transport")
    routing = Routing(
        table=maps.table(contents["transport"] or b""),
        relayhost=parameters["relayhost"].value,
        default_transport=default.value if default else SMTP,
    )
    _prove_routes(host, routing)
