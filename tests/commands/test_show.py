"""`relayconf show HOST`."""

from __future__ import annotations

import json
from pathlib import Path

from relayconf.commands.show import show
from relayconf.exits import ExitCode
from tests.support.local_host import local_host, said


def test_every_value_with_where_it_came_from(tmp_path: Path) -> None:
    """Lines and columns of the inventory, or `default`."""
    host, heard = local_host(tmp_path), said()

    assert show(heard.console, host.inventory, "edge") is ExitCode.OK
    rows = [line.split() for line in heard.out.getvalue().splitlines()]
    assert ["mta", "qmail", f"{host.inventory}:6:10"] in rows
    assert ["address", "edge", "default"] in rows


def test_json_has_the_same_rows(tmp_path: Path) -> None:
    """For machines."""
    host, heard = local_host(tmp_path), said()

    show(heard.console, host.inventory, "edge", as_json=True)

    rows = json.loads(heard.out.getvalue())
    assert {"place": "mta", "value": "qmail", "origin": f"{host.inventory}:6:10"} in rows
    assert {"place": "address", "value": "edge", "origin": None} in rows
