"""`relayconf spf plan`: what to publish so that the mail of every host passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from relayconf.console import Console
from relayconf.dns import at_authority, resolver_of
from relayconf.exits import ExitCode
from relayconf.inventory import load
from relayconf.output import spf, spf_formats
from relayconf.spf.helo import nameless
from relayconf.spf.lookup import remembered
from relayconf.spf.planner import SpfPlan
from relayconf.spf.proposal import canonical, planned_domains, propose
from relayconf.text import printable

FORMATS: Mapping[str, Callable[[Sequence[SpfPlan]], str]] = {
    "text": spf.text,
    "zone": spf_formats.zone,
    "nsupdate": spf_formats.nsupdate,
    "octodns": spf_formats.octodns,
    "terraform": spf_formats.terraform,
    "json": spf.as_json,
}
"""How a plan can be printed."""


def plan(
    console: Console,
    inventory: Path,
    names: Sequence[str],
    *,
    resolvers: Sequence[str] = (),
    form: str = "text",
    port: int = 53,
) -> ExitCode:
    """Print the record to publish for each of *names*, or for every domain of the inventory. Nothing is published.

    What is there now is asked of the domain's own servers at *port*, the rest of *resolvers* instead of this
    machine's. ERROR when a domain is refused. Raises UsageError, InventoryError.
    """
    wish = load(inventory)
    lookup = remembered(resolver_of(resolvers))
    wanted = map(canonical, names or planned_domains(wish, lookup))
    plans = [propose(wish, domain, at_authority(domain, lookup, port=port)) for domain in wanted]
    console.data(FORMATS[form](plans))
    if unnamed := nameless(wish.hosts.values()):
        names = ", ".join(map(printable, unnamed))
        console.talk(f"bounces leave these hosts directly, under a name (HELO) that is not known: {names}")
    return ExitCode.ERROR if any(planned.is_refused for planned in plans) else ExitCode.OK
