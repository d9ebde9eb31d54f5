"""What Postfix's processes make of a state of the host: where they send mail, and how they speak to the relay there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from relayconf.mta.postfix import main_cf, maps, master_cf
from relayconf.mta.postfix.expansion import expand_text
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF
from relayconf.mta.postfix.nexthop import members
from relayconf.mta.postfix.routing import Way
from tests.mta.postfix.hosts import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How a service speaks to a relay. It is `usable` when the service exists."""

    usable: bool
    credentials: str | None = field(repr=False)
    level: str | None
    wrapped: bool


def values_of(state: State) -> dict[str, str]:
    """What main.cf sets."""
    return {name: found.value for name, found in main_cf.parse(state.content(MAIN_CF)).items()}


def _looked_up(state: State, lists: str, values: dict[str, str], *keys: str) -> str | None:
    """Each key is asked of every table before the next one is."""
    found = (_one_key(state, lists, values, key) for key in keys)
    return next((value for value in found if value is not None), None)


def _one_key(state: State, lists: str, values: dict[str, str], key: str) -> str | None:
    for table in re.split(r"[,\s]+", expand_text(lists, values)):
        kind, _, path = table.partition(":")
        if path in state.tables and kind == "hash":
            found = maps.parse(state.tables[path]).table.get(key)
            if found is not None:
                return found
        elif path:
            assert "/relayconf/" not in path, f"main.cf names {path}, which no generation brought"
    return None


def _own(state: State, service: str) -> dict[str, str]:
    """The parameters as *service* has them, with the options that master.cf gives it."""
    words = master_cf.entries(state.content(MASTER_CF)).get(service, ())
    own = values_of(state)
    for option in re.findall(r"-o (\S+)", b" ".join(words).decode()):
        name, _, value = option.partition("=")
        own[name] = value
    return own


def _sender_keys(sender: str) -> tuple[str, ...]:
    """As Postfix forms them with `recipient_delimiter = +`."""
    local, at, domain = sender.rpartition("@")
    plain, extension, _ = local.partition("+")
    return (sender, *([f"{plain}@{domain}"] if extension else []), *([f"@{domain}"] if at else []))


def speech(state: State, way: Way, sender: str = "") -> Speech:
    """How the service of *way* speaks to its next hop for *sender* in *state* (a process that reads all of it now)."""
    values, own = values_of(state), _own(state, way.service)
    by_sender = _sender_keys(sender) if own.get("smtp_sender_dependent_authentication") == "yes" else ()
    credentials = _looked_up(state, own.get("smtp_sasl_password_maps", ""), values, *by_sender, way.nexthop)
    return Speech(
        usable=way.service in master_cf.entries(state.content(MASTER_CF)),
        credentials=credentials if values.get("smtp_sasl_auth_enable") == "yes" else None,
        level=_looked_up(state, own.get("smtp_tls_policy_maps", ""), values, way.nexthop),
        wrapped=own.get("smtp_tls_wrappermode") == "yes",
    )


def cannot_start(state: State) -> list[str]:
    """The smtp(8) services that die at once: AUTH is switched on, and they have no table of passwords."""
    values = values_of(state)
    if values.get("smtp_sasl_auth_enable") != "yes":
        return []
    services = master_cf.entries(state.content(MASTER_CF))
    clients = [name for name, words in services.items() if words[6] == b"smtp"]
    return [name for name in clients if not expand_text(_own(state, name).get("smtp_sasl_password_maps", ""), values)]


def way_from(state: State, sender: str) -> Way | None:
    """Where *state* sends what nothing but the sender, or nobody, routes; None is by MX."""
    values = values_of(state)
    row = _looked_up(state, values.get("sender_dependent_default_transport_maps", ""), values, *_sender_keys(sender))
    default = values.get("default_transport", "smtp")
    service, _, nexthop = (default if row in {None, "DUNNO"} else str(row)).partition(":")
    nexthop = nexthop or values.get("relayhost", "")
    return Way(service=service, nexthop=nexthop) if nexthop else None


def ways(state: State) -> frozenset[Way]:
    """Every way that the routing of *state* names: by default, for relay domains, and by its transport table."""
    values = values_of(state)
    table: dict[str, str] = {}
    for name in re.split(r"[,\s]+", expand_text(values.get("transport_maps", ""), values)):
        table |= maps.parse(state.tables.get(name.partition(":")[2], b"")).table
    rows = [row.partition(":") for row in table.values()]
    found = {Way(service=service, nexthop=nexthop) for service, _, nexthop in rows if nexthop and service}
    if relayhost := values.get("relayhost"):
        for parameter, default in (("default_transport", "smtp"), ("relay_transport", "relay")):
            found |= {Way(service=values.get(parameter, default), nexthop=hop) for hop in members(relayhost)}
    return frozenset(way for way in found if way.service not in {"error", "retry"})
