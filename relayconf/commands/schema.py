"""`relayconf schema`: the inventory's JSON Schema, for editors and CI."""

from __future__ import annotations

from relayconf.console import Console
from relayconf.exits import ExitCode
from relayconf.inventory import schema as schema_text


def schema(console: Console) -> ExitCode:
    """Print the schema."""
    console.data(schema_text())
    return ExitCode.OK
