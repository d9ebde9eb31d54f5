"""`relayconf providers [NAME]`: what is known of relay providers."""

from __future__ import annotations

import difflib

from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.output import providers as output
from relayconf.providers import Provider, every
from relayconf.text import printable


def _found(name: str) -> Provider:
    known = every()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`relayconf providers` lists them"
    raise UsageError(f"no provider is named `{printable(name)}`", hint=hint)


def providers(console: Console, name: str | None, *, as_json: bool = False) -> ExitCode:
    """Print a table of all providers, or everything about the one called *name*.

    Raises UsageError when there is none of that name.
    """
    chosen = tuple(every().values()) if name is None else (_found(name),)
    if as_json:
        console.data(output.as_json(chosen))
    elif name is None:
        console.data(output.table(chosen))
    else:
        console.data(output.page(chosen[0]))
    return ExitCode.OK
