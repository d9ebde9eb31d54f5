"""`relayconf schema`."""

from __future__ import annotations

import json

from relayconf.commands.schema import schema
from relayconf.exits import ExitCode
from tests.support.local_host import said


def test_it_is_a_json_schema_of_the_inventory() -> None:
    """With the keys of the top level."""
    heard = said()

    assert schema(heard.console) is ExitCode.OK
    assert {"version", "relays", "hosts", "domains"} <= set(json.loads(heard.out.getvalue())["properties"])
