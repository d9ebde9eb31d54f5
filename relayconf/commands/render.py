"""`relayconf render --out DIR`: the files as they would be on each host. No host is contacted."""

from __future__ import annotations

from pathlib import Path

from relayconf.commands.options import Options
from relayconf.commands.wiring import Wiring
from relayconf.console import Console
from relayconf.errors import RelayconfError
from relayconf.exits import ExitCode
from relayconf.facts import Severity
from relayconf.mtas import MTAS
from relayconf.render import render as render_host
from relayconf.render import write_tree
from relayconf.text import printable


def render(console: Console, options: Options, *, out: Path) -> ExitCode:
    """Write every selected host's files below *out*, one folder a host. A host that is refused writes nothing."""
    wiring = Wiring(options=options, console=console)
    trees = []
    for host in wiring.hosts:
        errors = [item for item in MTAS[host.mta].refusals(host) if item.severity is Severity.ERROR]
        if errors:
            raise RelayconfError(f"{host.name}: {errors[0].text}", hint=" · ".join(errors[0].ways_out) or None)
        trees.append((host, render_host(host, wiring.templates, wiring.secrets.resolve)))
    for host, files in trees:
        for path in write_tree(out, host, files):
            console.data(printable(str(path)))
    return ExitCode.OK
