"""What `spf plan` answers to wrong options."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from relayconf.commands.spf import plan
from relayconf.console import Console
from relayconf.errors import UsageError


def test_a_resolver_is_an_address(tmp_path: Path) -> None:
    """A name is refused before anything is asked."""
    inventory = tmp_path / "inventory.yaml"
    inventory.write_text("version: 1\n", encoding="utf-8")
    console = Console(stdin=io.StringIO(), stdout=io.StringIO(), stderr=io.StringIO())

    with pytest.raises(UsageError, match="named by its address"):
        plan(console, inventory, ["a.example"], resolvers=["dns.example"])
