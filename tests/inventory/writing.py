"""Inventories written by a test, loaded or refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from relayconf.errors import InventoryError
from relayconf.inventory import load
from relayconf.model import Inventory

NOTHING: Mapping[str, str] = {}


def written(folder: Path, text: str, beside: Mapping[str, str] = NOTHING) -> Path:
    """The path of an inventory with *text*, dedented, and the files *beside* it."""
    for name, content in {"inventory.yaml": dedent(text), **beside}.items():
        (folder / name).write_text(content, encoding="utf-8", newline="")
    return folder / "inventory.yaml"


def loaded(folder: Path, text: str, beside: Mapping[str, str] = NOTHING) -> Inventory:
    """The inventory with *text*."""
    return load(written(folder, text, beside))


def refused(folder: Path, text: str, beside: Mapping[str, str] = NOTHING) -> list[str]:
    """What is wrong with the inventory with *text*: the problems without the folder's name."""
    with pytest.raises(InventoryError) as caught:
        loaded(folder, text, beside)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]
