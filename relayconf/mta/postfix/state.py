"""A state that a host can be in: the tables of one generation, the parameters of main.cf, the services of master.cf."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from relayconf.files import DesiredFile
from relayconf.mta.postfix import main_cf, maps
from relayconf.mta.postfix.live import Live, Table
from relayconf.mta.postfix.names import (
    MAIN_CF,
    MAP_PARAMETERS,
    MAPS,
    ROUTES,
    SERVICES,
    SMTP,
    TABLES,
    TYPE,
    Lane,
    service,
    wished,
)
from relayconf.mta.postfix.nexthop import members
from relayconf.mta.postfix.routing import CLASS, lookup
from relayconf.mta.postfix.tables import composed, foreign

_BY_PARAMETER = {parameter: table for table, parameter in MAP_PARAMETERS.items()}
_TRANSPORTS = ("default_transport", "relay_transport")
_PER_SERVICE = re.compile(rf"{SMTP}_(?P<what>(?:destination|initial_destination|delivery_slot|recipient|extra)_\w+)")
PER_LANE = {"sasl_passwd": "sasl_password_maps", "tls_policy": "tls_policy_maps"}
"""The tables keyed by relay, and how the parameters of a slot for them end."""

NEEDS_CA = frozenset({"verify", "secure"})
"""The levels at which a certificate is checked against authorities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the inventory wants of one host, in one lane. Passwords are in no `repr`.

    `contents` has the tables that are not empty. `parameters` are without the tables' parameters and the generation.
    """

    lane: Lane
    contents: Mapping[str, bytes] = field(repr=False)
    tables: Mapping[str, Table] = field(repr=False)
    parameters: Mapping[str, str]

    @property
    def nexthops(self) -> frozenset[str]:
        """Every next hop that mail is routed to."""
        return nexthops(self.tables, self.parameters.get("relayhost", ""))

    @property
    def services(self) -> frozenset[str]:
        """The services that mail is routed to and that are relayconf's."""
        transports = (self.parameters.get(name, "") for name in _TRANSPORTS)
        return routed_services(self.tables, transports)


def _routed(tables: Mapping[str, Table]) -> Iterator[str]:
    return (value for name in ROUTES for value in tables[name].values())


def routed_services(tables: Mapping[str, Table], transports: Iterable[str]) -> frozenset[str]:
    """The services of relayconf's that the tables of routes and the two *transports* of main.cf name."""
    values = (*_routed(tables), *transports)
    return frozenset(value.partition(":")[0] for value in values) & frozenset(SERVICES)


def nexthops(tables: Mapping[str, Table], relayhost: str) -> frozenset[str]:
    """Every next hop that the tables of routes and relayhost name, each of a failover list by itself."""
    return frozenset((*members(relayhost), *(value.partition(":")[2] for value in _routed(tables)))) - {""}


def rewritten(content: bytes, table: Table) -> bytes:
    """The source of *table* under the comments that *content* begins with."""
    lines = content.splitlines(keepends=True)
    head = next((number for number, line in enumerate(lines) if not line.startswith(b"#")), len(lines))
    return b"".join(lines[:head]) + maps.write(table.items()).encode()


def _shielded(content: bytes, domains: Collection[str]) -> bytes:
    """A transport table that leaves alone those of *domains* which only one of its wildcards would send away."""
    table = maps.table(content)
    if not any(key.startswith(".") for key in table):
        return content
    missing = sorted(set(domains) - table.keys())
    caught = [domain for domain in missing if lookup(table, domain) not in {None, CLASS}]
    return content + maps.write((domain, CLASS) for domain in caught).encode()


def wish_of(rendered: Sequence[DesiredFile], local: Collection[str] = ()) -> Wish:
    """The wish in the files that were rendered, in Postfix's own lane.

    *local* are domains that the host delivers itself: no `.suffix` of the inventory takes them away.
    """
    files = {file.path: file.content for file in rendered}
    contents = {name: content for name in TABLES if (content := files.get(wished(name)))}
    if "transport" in contents:
        contents["transport"] = _shielded(contents["transport"], local)
    parameters = main_cf.parse(files.get(MAIN_CF) or b"")
    return Wish(
        lane="",
        contents=contents,
        tables={name: maps.table(contents.get(name, b"")) for name in TABLES},
        parameters={name: parameter.value for name, parameter in parameters.items() if name not in _BY_PARAMETER},
    )


def in_lane(wish: Wish, lane: Lane) -> Wish:
    """*wish* with all mail to relays in *lane*."""
    if not lane:
        return wish
    relays = wish.tables["tls_policy"]
    moved = {
        service("", implicit_tls=tls, by_sender=own): service(lane, implicit_tls=tls, by_sender=own)
        for tls in (False, True)
        for own in (False, True)
    }

    def move(value: str) -> str:
        name, _, nexthop = value.partition(":")
        return f"{moved[name]}:{nexthop}" if nexthop in relays and name in moved else value

    routes = {name: {key: move(value) for key, value in wish.tables[name].items()} for name in ROUTES}
    parameters = dict(wish.parameters)
    if any(nexthop in relays for nexthop in members(parameters.get("relayhost", ""))):
        for name in _TRANSPORTS:
            parameters[name] = moved[parameters.get(name, SMTP)]
    contents = dict(wish.contents)
    for name, table in routes.items():
        if table != wish.tables[name]:
            contents[name] = rewritten(contents[name], table)
    tables = {**wish.tables, **routes}
    return replace(wish, lane=lane, contents=contents, tables=tables, parameters=parameters)


def reference(live: Live, variable: str, table: str) -> str:
    """How main.cf names a table of the generation that *variable* names."""
    return f"{live.database_type}:${{{variable}}}/{table}"


def ca_settings(wish: Wish, live: Live) -> Mapping[str, str]:
    """The bundle of authorities, where a policy needs one and the admin has named none."""
    is_needed = any(level.split()[0] in NEEDS_CA for level in wish.tables["tls_policy"].values())
    if "smtp_tls_CAfile" in wish.parameters:
        return {}
    is_ours = live.is_owned("smtp_tls_CAfile") or live.value("smtp_tls_CAfile") is None
    return {"smtp_tls_CAfile": live.ca_bundle} if is_needed and is_ours and live.ca_bundle else {}


def map_settings(wish: Wish, live: Live, directory: str, present: Mapping[str, bytes]) -> dict[str, str]:
    """The parameters that name the generation in *directory*, which has the tables in *present*."""
    settings = {MAPS: directory} if present else {}
    for table, parameter in MAP_PARAMETERS.items():
        # smtp(8) does not start with AUTH switched on and no table of passwords, not even for mail that needs none.
        in_slot = wish.lane and table == "tls_policy"
        if table in present and not in_slot:
            settings[parameter] = composed(reference(live, MAPS, table), live.value(parameter) or "")
    if wish.lane and present:
        settings[f"relayconf_{wish.lane}_maps"] = f"${MAPS}"
        settings |= slot_settings(wish.lane, live, present)
    return settings


def slot_settings(lane: Lane, live: Live, present: Mapping[str, bytes]) -> dict[str, str]:
    """The lists of tables that the services of a slot use: those of its generation, and the admin's."""
    settings = {}
    for table, name in PER_LANE.items():
        theirs = live.value(MAP_PARAMETERS[table]) or ""
        ours = reference(live, f"relayconf_{lane}_maps", table)
        value = composed(ours, theirs) if table in present else ", ".join(foreign(theirs))
        settings[f"relayconf_{lane}_{name}"] = value
    return settings


def for_services(settings: Mapping[str, str], services: Collection[str]) -> dict[str, str]:
    """What holds for the service `smtp` alone by its name (`smtp_destination_rate_delay`), for *services* too."""
    matches = (match for name in settings if (match := _PER_SERVICE.fullmatch(name)))
    return {f"{service}_{match['what']}": settings[match[0]] for match in matches for service in sorted(services)}


def own_settings(wish: Wish, live: Live) -> dict[str, str]:
    """The wished parameters that are no tables."""
    types = {name: value.replace(TYPE, live.database_type) for name, value in wish.parameters.items()}
    return {**types, **for_services(types, wish.services), **ca_settings(wish, live)}
