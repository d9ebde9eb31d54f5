"""`relayconf spf apply`: publish the planned record by dynamic update, if nothing moved since it was planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relayconf.commands.asking import is_agreed
from relayconf.console import Console
from relayconf.dns import resolver_of, server
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.inventory import load
from relayconf.output import spf_apply as output
from relayconf.publish import carry_out, plan_exchange
from relayconf.spf.proposal import canonical, planned_domains
from relayconf.text import printable
from relayconf.tsigkey import TsigKey, from_environment, from_file

_HINT = "look at `relayconf spf plan` first, then give `--yes`"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateOptions:
    """Where to publish and with which key: one of *key_file* and *key_variable*. `yes` answers beforehand."""

    server: str
    key_file: Path | None = None
    key_variable: str | None = None
    resolvers: Sequence[str] = ()
    yes: bool = False
    json: bool = False


def _key(options: UpdateOptions) -> TsigKey:
    match options.key_file, options.key_variable:
        case Path() as path, None:
            return from_file(path)
        case None, str() as variable:
            return from_environment(variable)
        case _:
            raise UsageError("an update is signed by one key", hint="give --key-file FILE or --key-env VARIABLE")


def apply(console: Console, inventory: Path, names: Sequence[str], options: UpdateOptions) -> ExitCode:
    """Publish the planned record of each of *names*, or of every domain of the inventory, after showing the change.

    Only SPF records change, each domain's TXT records in one step that needs all of them to be as they were shown.
    ERROR when the plan or the server is against one, or when nobody agreed. Raises UsageError, InventoryError,
    KeyFileError, SecretError.
    """
    wish, primary, key = load(inventory), server(options.server), _key(options)
    lookup = resolver_of(options.resolvers)
    planned = [plan_exchange(wish, canonical(name), primary, lookup) for name in names or planned_domains(wish, lookup)]
    due = [printable(exchange.domain) for exchange in planned if exchange.after is not None]
    if due and not options.yes:
        question = f"Publish this for {', '.join(due)} at {primary}?"
        if not is_agreed(console, question, shown=output.text(planned), seen=False, hint=_HINT, what="the DNS"):
            console.talk("nothing was changed")
            return ExitCode.ERROR
    done = [carry_out(exchange, primary, key) for exchange in planned]
    console.data(output.as_json(done) if options.json else output.text(done))
    return ExitCode.ERROR if any(exchange.is_wrong for exchange in done) else ExitCode.OK
