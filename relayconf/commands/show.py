"""`relayconf show HOST`: what a host ends up with, and where each value came from."""

from __future__ import annotations

import json
from pathlib import Path

from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.inventory import explain
from relayconf.output.tables import columns
from relayconf.text import printable


def show(console: Console, inventory: Path, host: str, *, as_json: bool = False) -> ExitCode:
    """Print the settings of *host*, merged and resolved; secrets stay references."""
    settings = explain(inventory, host)
    if as_json:
        rows = [
            {"place": item.place, "value": item.value, "origin": None if item.origin is None else str(item.origin)}
            for item in settings
        ]
        console.data(json.dumps(rows, indent=2))
        return ExitCode.OK
    table = [
        (printable(item.place), printable(item.value), printable(str(item.origin or "default"))) for item in settings
    ]
    console.data("\n".join(columns(table, indent=0, gap=2, max_width=None)))
    return ExitCode.OK
