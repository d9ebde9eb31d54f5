from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.errors import UsageError
from relayconf.inventory import select
from relayconf.inventory.selection import find_host
from relayconf.model import Inventory
from tests.inventory.writing import loaded


@pytest.fixture(name="inventory")
def _inventory(tmp_path: Path) -> Inventory:
    return loaded(
        tmp_path,
        """\
        version: 1
        mta: qmail
        relay: direct
        hosts: {store: {}, edge: {groups: [far]}, "node[01-05]": {groups: [nodes, far]}}
        groups: {nodes: {}, far: {}, unused: {}}
        """,
    )


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], "store edge node01 node02 node03 node04 node05"),
        (["node02", "EDGE", "node02"], "edge node02"),
        (["far"], "edge node01 node02 node03 node04 node05"),
        (["nodes", "store"], "store node01 node02 node03 node04 node05"),
        (["node[04-05]"], "node04 node05"),
        (["unused"], ""),
    ],
)
def test_select(inventory: Inventory, words: list[str], names: str) -> None:
    """Hosts, groups and ranges, in the inventory's order and each once; all without a word."""
    assert " ".join(host.name for host in select(inventory, words)) == names


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("stroe", "`stroe` is no host or group of", "did you mean `store`?"),
        ("node[05-06]", "`node06` is no host or group of", "did you mean `node05`?"),
        ("node[6", "`node[6` is no host or group of", "did you mean `nodes`?"),
        ("x\x1b", "`x\\x1b` is no host or group of", "there is: store, edge, node01, "),
    ],
)
def test_unknown(inventory: Inventory, word: str, message: str, hint: str) -> None:
    """A word that names nothing is a usage error with the nearest name."""
    with pytest.raises(UsageError) as caught:
        select(inventory, [word])

    assert caught.value.message == f"{message} {inventory.file}"
    assert str(caught.value.hint).startswith(hint)


def test_no_hosts(tmp_path: Path) -> None:
    """An inventory without hosts says so."""
    with pytest.raises(UsageError) as caught:
        find_host(loaded(tmp_path, "version: 1\n"), "mx1")

    assert caught.value.hint == "the inventory has no hosts"
