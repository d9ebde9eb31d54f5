"""The inventory: YAML in, frozen values out, all problems at once. docs/inventory.md describes the language."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relayconf.inventory import language, show
from relayconf.inventory.resolve import resolve
from relayconf.inventory.selection import find_host, select
from relayconf.inventory.show import Setting
from relayconf.model import Inventory

__all__ = ["Setting", "explain", "find_host", "load", "schema", "select"]


@contextmanager
def _no_collection() -> Iterator[None]:
    """No garbage collection: nothing here is garbage, and looking for it doubles the time that YAML takes."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def load(path: Path) -> Inventory:
    """The inventory at *path* with everything that it includes.

    Raises InventoryError with all problems, UsageError when *path* itself cannot be read.
    """
    with _no_collection():
        return resolve(path).inventory


def explain(path: Path, host: str) -> tuple[Setting, ...]:
    """Every value that *host* ends up with, and where it was said. Raises as `load`; UsageError for no such host."""
    with _no_collection():
        return show.explain(path, host)


def schema() -> str:
    """The JSON Schema (2020-12) of an inventory file as text."""
    return language.json_schema()
