"""`relayconf spf watch`: what others changed in the records that ours include."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from relayconf import watchfile
from relayconf.console import Console
from relayconf.dns import resolver_of
from relayconf.exits import ExitCode
from relayconf.inventory import load
from relayconf.model import Inventory
from relayconf.output import spf_watch as output
from relayconf.spf.lookup import Lookup, remembered
from relayconf.spf.needs import needs_of
from relayconf.spf.planner import MOST_TERMS
from relayconf.spf.proposal import canonical, planned_domains
from relayconf.spf.watch import Snapshot, cost, moves, named, snapshot


def _look(wish: Inventory, names: Sequence[str], lookup: Lookup) -> tuple[dict[str, Snapshot], tuple[str, ...]]:
    """Each include of the records of *names* as it is now, and the names of which that is not known."""
    found: dict[str, Snapshot] = {}
    unknown: dict[str, None] = {}
    for domain in names:
        needs = needs_of(wish, domain, lookup).needs
        watched = named(domain, [need.term for need in needs], lookup)
        if watched is None:
            unknown[domain] = None
        for name in watched or ():
            now = snapshot(name, lookup)
            if now is None:
                unknown[name] = None
            else:
                found[name] = now
    return found, tuple(unknown)


def watch(
    console: Console, inventory: Path, names: Sequence[str], *, resolvers: Sequence[str] = (), json: bool = False
) -> ExitCode:
    """Compare every include of the records of *names*, or of every domain of the inventory, with the last run's.

    What there is now is kept for the next run; of a name that is not answered for, what was known stays. OK when
    nothing moved, which the first run cannot tell, CHANGES_PENDING when something did or a record takes too many
    look-ups, ERROR when a name was not answered for. *resolvers* are asked instead of this machine's. Raises
    UsageError, InventoryError, StateError.
    """
    path = watchfile.default_path()
    before = watchfile.read(path)
    wish = load(inventory)
    lookup = remembered(resolver_of(resolvers))
    wanted = tuple(map(canonical, names or planned_domains(wish, lookup)))
    now, unknown = _look(wish, wanted, lookup)
    costs = {domain: cost(domain, lookup) for domain in wanted}
    known = before or {}
    moved = moves(known, now)
    watchfile.write(path, {**known, **now})
    seen = output.Seen(
        moved=moved,
        new=tuple(name for name in now if name not in known),
        unknown=unknown,
        now=now,
        over={domain: terms for domain, terms in costs.items() if terms > MOST_TERMS},
    )
    console.data(output.as_json(seen) if json else output.text(seen))
    if moved or seen.over:
        return ExitCode.CHANGES_PENDING
    return ExitCode.ERROR if unknown else ExitCode.OK
