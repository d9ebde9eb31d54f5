"""From what a host is to what it shall be, in steps between which no message meets two halves that do not fit.

Postfix looks up next hop and password in different processes at different times. So the tables that are keyed by next
hop hold every relay that either neighbouring step routes to: *expand* brings the new ones while the old routing stays,
*switch* brings the new routing, *contract* takes the old relays out. A relay whose password changes has no such union,
nor has a sender's own password: the mail moves to the other of two slots, so that next hop and password travel together
in the name of the service.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from relayconf.mta.postfix import logins, main_cf, master_cf, ownership
from relayconf.mta.postfix.live import Live
from relayconf.mta.postfix.names import (
    GUARD,
    MAP_PARAMETERS,
    MAPS,
    NULL_SENDER_KEY,
    ROUTES,
    SPEECH,
    STATUS_FILTER,
    TABLES,
    Lane,
)
from relayconf.mta.postfix.ownership import Record, squeeze
from relayconf.mta.postfix.state import (
    PER_LANE,
    Wish,
    in_lane,
    map_settings,
    nexthops,
    own_settings,
    reference,
    rewritten,
    routed_services,
    slot_settings,
)
from relayconf.mta.postfix.tables import composed

_TRANSPORTS = ("default_transport", "relay_transport")
_DECIDERS = ("relayhost", *_TRANSPORTS, NULL_SENDER_KEY)

GUARD_TABLE = rb"""# Managed by relayconf. While relays change, mail refused for want of a password waits.
/^5(\.[0-9]+\.[0-9]+ .* said: 53[05] .*)/ 4$1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One state on the way: a new generation or none, and the files that make it live. Passwords are in no `repr`.

    `tables` is what the generation `number` consists of; None: the step has no generation of its own.
    """

    number: int | None
    tables: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    main: bytes = field(repr=False)
    master: bytes = field(repr=False)
    record: Record = field(repr=False)


def directory_of(live: Live, number: int) -> str:
    """Where the generation *number* is on the host."""
    return f"{live.config_directory}/relayconf/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One host's way: where it is, and where it goes."""

    live: Live
    wish: Wish

    def step(
        self,
        settings: Mapping[str, str],
        services: Collection[str],
        number: int | None = None,
        tables: Mapping[str, bytes] | None = None,
    ) -> Step:
        """A step from *settings* for all that relayconf is to own, with a generation where there are *tables*."""
        main, record = ownership.apply(self.live.main, self.live.record, settings, self.live.date)
        master = master_cf.with_services(self.live.master, services)
        return Step(number=number if tables else None, tables=tables or {}, main=main, master=master, record=record)

    def settings(self, directory: str, tables: Mapping[str, bytes]) -> dict[str, str]:
        """All parameters of the wish, with *tables* in *directory*."""
        guard = {GUARD: f"regexp:${{{MAPS}}}/{STATUS_FILTER}"} if STATUS_FILTER in tables else {}
        return own_settings(self.wish, self.live) | map_settings(self.wish, self.live, directory, tables) | guard

    def final(self, number: int) -> Step:
        """The state that the wish wants in the end, in generation *number*, or the one in use if it is the same."""
        live, wish = self.live, self.wish
        if wish.lane and not wish.tables["tls_policy"]:
            # A slot without a relay has no service, so nothing would refer to its parameters.
            return _Way(live=live, wish=replace(wish, lane="")).final(number)
        same = STATUS_FILTER not in live.contents and all(live.tables[table] == wish.tables[table] for table in TABLES)
        if same and live.directory is not None and wish.contents:
            return self.step(self.settings(live.directory, wish.contents), wish.services)
        settings = self.settings(directory_of(live, number), wish.contents)
        return self.step(settings, wish.services, number, wish.contents)


def _routed(live: Live) -> frozenset[str]:
    return nexthops(live.tables, live.value("relayhost") or "")


def _services(live: Live) -> frozenset[str]:
    """The services that the routing in use names; others are left over, and nothing is on its way to them."""
    transports = (live.value(name) or "" for name in _TRANSPORTS)
    return routed_services(live.tables, transports) & live.services


def _conflicts(live: Live, wish: Wish) -> bool:
    """Whether mail goes to one relay before and after, or comes from one sender, but with other credentials."""
    before, after = live.tables["sasl_passwd"], wish.tables["sasl_passwd"]
    if any(before.get(key, after[key]) != after[key] for key in after.keys() & _routed(live)):
        return True
    return logins.clash(logins.in_use(live.tables), logins.in_use(wish.tables))


def _same_routing(live: Live, wish: Wish, final: Step) -> bool:
    after = main_cf.parse(final.main)
    values = {name: after[name].value if name in after else "" for name in _DECIDERS}
    is_same = all(squeeze(live.value(name) or "") == squeeze(value) for name, value in values.items())
    return is_same and all(live.tables[name] == wish.tables[name] for name in ROUTES)


def _united(live: Live, wish: Wish) -> tuple[dict[str, bytes], bool]:
    """The wished tables with what relays of the old routing need too, and whether there are such relays."""
    old = _routed(live) | logins.in_use(live.tables).keys()
    tables, has_old = dict(wish.contents), False
    for name in PER_LANE:
        extra = {key: row for key, row in live.tables[name].items() if key in old - wish.tables[name].keys()}
        if extra:
            has_old = True
            head = wish.contents.get(name) or live.contents[name]
            tables[name] = rewritten(head, {**wish.tables[name], **extra})
    return tables, has_old


def _is_ready(live: Live, wish: Wish, settings: Mapping[str, str]) -> bool:
    """Whether the generation in use serves every relay of the wish already, so that the routing alone can change."""
    has_rows = all(live.tables[table].get(key) == row for table in PER_LANE for key, row in wish.tables[table].items())
    spoken = all(squeeze(live.value(name) or "") == squeeze(value) for name, value in settings.items())
    fits = not logins.clash(logins.stored(live.tables["sasl_passwd"]), logins.in_use(wish.tables))
    return has_rows and fits and spoken and wish.services <= live.services


def _staying(live: Live, tables: Mapping[str, bytes]) -> dict[str, str]:
    """What old relays need beside their rows in *tables*, for as long as they have any."""
    owned = live.owned()
    names = sorted(owned.keys() & live.record.keys() & frozenset(SPEECH))
    # smtp(8) does not start with AUTH switched on and no table of passwords.
    return {name: owned[name] for name in names if "sasl_passwd" in tables or not name.startswith("smtp_sasl_")}


def _by_union(way: _Way) -> tuple[Step, ...]:
    """Expand, unless the generation in use is ready; switch; contract only where no relay remains to be spoken to."""
    live, wish, number = way.live, way.wish, way.live.next_generation
    tables, has_old = _united(live, wish)
    owned = live.owned()
    stays = _staying(live, tables) if has_old else {}
    speech = {name: value for name, value in own_settings(wish, live).items() if name not in _DECIDERS}
    is_ready = _is_ready(live, wish, speech)
    services = _services(live) | wish.services
    may_guard = has_old and (live.is_owned(GUARD) or live.value(GUARD) is None)
    guard = {STATUS_FILTER: GUARD_TABLE} if may_guard and not (is_ready and STATUS_FILTER not in live.contents) else {}
    steps = []
    if not is_ready:
        before = {name: live.contents[name] for name in (*ROUTES, "generic") if name in live.contents}
        during = before | {name: tables[name] for name in PER_LANE if name in tables} | guard
        old = {name: owned[name] for name in _DECIDERS if name in owned}
        settings = {**stays, **speech, **map_settings(wish, live, directory_of(live, number), during), **old}
        settings |= {GUARD: f"regexp:${{{MAPS}}}/{STATUS_FILTER}"} if guard else {}
        steps.append(way.step(settings, services, number, during))
        number += 1
    after = tables | guard
    steps.append(way.step(stays | way.settings(directory_of(live, number), after), services, number, after))
    if has_old and not any(wish.contents.get(name) for name in PER_LANE):
        steps.append(way.final(number + 1))
    return tuple(steps)


def _frozen(live: Live) -> dict[str, str]:
    """The parameters with which the services of the lane in use keep the passwords that they have."""
    directory = live.directory or ""
    if live.lane:
        names = [f"relayconf_{live.lane}_{name}" for name in PER_LANE.values()]
        kept = {name: value for name in names if (value := live.value(name)) is not None}
        return {f"relayconf_{live.lane}_maps": directory, **kept}
    variable = "relayconf_smtp_maps"
    parameters = {table: MAP_PARAMETERS[table] for table in PER_LANE if table in live.contents}
    lists = {
        parameter: composed(reference(live, variable, table), live.value(parameter) or "")
        for table, parameter in parameters.items()
    }
    return {variable: directory, **lists}


def _by_slots(live: Live, wanted: Wish) -> tuple[Step, ...]:
    """Fill the idle slot, with its services, while the old mail goes on; then turn the routing to it."""
    lane: Lane = "b" if live.lane == "a" else "a"
    way = _Way(live=live, wish=in_lane(wanted, lane))
    number, tables = live.next_generation, way.wish.contents
    directory, services = directory_of(live, number), live.services | way.wish.services
    speech = {name: value for name, value in own_settings(way.wish, live).items() if name not in _DECIDERS}
    slot = {f"relayconf_{lane}_maps": directory, **slot_settings(lane, live, tables)}
    fill = way.step(live.owned() | speech | slot, services, number, tables)
    turn = way.step(way.settings(directory, tables) | _frozen(live), services)
    return fill, turn


def steps(live: Live, wanted: Wish) -> tuple[Step, ...]:
    """The states that the host goes through, the last one as it stays. *wanted* is the wish in Postfix's own lane.

    One step where the routing stays: then there is nothing that could be torn apart. Once in a slot, mail stays in
    slots. Raises MainCfError for a main.cf that cannot be edited.
    """
    if _conflicts(live, wanted):
        return _by_slots(live, wanted)
    way = _Way(live=live, wish=in_lane(wanted, live.lane))
    final = way.final(live.next_generation)
    return (final,) if _same_routing(live, way.wish, final) else _by_union(way)
