"""`relayconf spf check`: which servers have the planned record by now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from relayconf.console import Console
from relayconf.dns import Server, ask_each, authoritative, resolver, servers_of, within_reach
from relayconf.exits import ExitCode
from relayconf.inventory import load
from relayconf.output import spf_check as output
from relayconf.spf.lookup import Lookup, remembered
from relayconf.spf.propagation import Asked, Propagation, State, propagation
from relayconf.spf.proposal import canonical, planned_domains


def _ask(domain: str, lookup: Lookup, recursive: Sequence[Server], port: int) -> Iterator[Asked]:
    own = within_reach(authoritative(domain, lookup, port=port))
    for one, answer in zip(own, ask_each(own, domain, "TXT", recursive=False), strict=True):
        yield Asked(server=str(one), answer=answer)
    for one, answer in zip(recursive, ask_each(recursive, domain, "TXT"), strict=True):
        yield Asked(server=str(one), answer=answer, is_resolver=True)


def _exit_code(found: Sequence[Propagation]) -> ExitCode:
    if any(one.plan.is_refused for one in found):
        return ExitCode.ERROR
    if any(one.with_state(State.OLD) for one in found):
        return ExitCode.CHANGES_PENDING
    return ExitCode.ERROR if any(one.with_state(State.UNKNOWN) for one in found) else ExitCode.OK


def check(
    console: Console,
    inventory: Path,
    names: Sequence[str],
    *,
    resolvers: Sequence[str] = (),
    json: bool = False,
    port: int = 53,
) -> ExitCode:
    """Ask every server with authority over each of *names*, or of every domain of the inventory, and *resolvers*.

    These are this machine's where none are given; *port* is that of the others. OK when all have the planned record,
    CHANGES_PENDING while some have another, ERROR when one gives no answer or the record has to be put right first.
    Raises UsageError, InventoryError.
    """
    wish, recursive = load(inventory), servers_of(resolvers)
    lookup = remembered(resolver(recursive))
    found = []
    for domain in map(canonical, names or planned_domains(wish, lookup)):
        asked = list(_ask(domain, lookup, recursive, port))
        found.append(propagation(wish, domain, asked, lookup))
    console.data(output.as_json(found) if json else output.text(found))
    return _exit_code(found)
