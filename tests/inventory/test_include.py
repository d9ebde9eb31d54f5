from __future__ import annotations

import os
from pathlib import Path

import pytest

from relayconf.errors import InventoryError, UsageError
from relayconf.inventory import load
from relayconf.inventory.include import read_all
from tests.inventory.writing import loaded, refused, written


def test_union(tmp_path: Path) -> None:
    """Included files are part of the inventory, whichever of them is named first."""
    inventory = loaded(
        tmp_path,
        "version: 1\ninclude: [relays.yaml, hosts.yaml]\nmta: qmail\n",
        {
            "hosts.yaml": "version: 1\ninclude: [relays.yaml]\nhosts: {mx1: {}}\nrelay: isp\n",
            "relays.yaml": "version: 1\nrelays: {isp: {host: mail.example.net}}\n",
        },
    )

    assert list(inventory.relays) == ["isp"]
    assert str(inventory.hosts["mx1"].origin) == f"{tmp_path}/hosts.yaml:3:9"


def test_paths_are_relative_to_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path in an included file begins at that file, and is shown as it is reached from the first one."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "more.yaml").write_text("version: 1\ndomains_from: [d.txt]\ninclude: [deep.yaml]\n", "utf-8")
    (tmp_path / "sub" / "d.txt").write_text("a..b\n", "utf-8")
    written(tmp_path, "version: 1\ninclude: [sub/more.yaml]\n")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub" / "deep.yaml").write_text("version: 1\n", "utf-8")

    with pytest.raises(InventoryError) as caught:
        load(Path("inventory.yaml"))
    assert [str(problem) for problem in caught.value.problems] == ["sub/d.txt:1:1: a domain cannot have an empty part"]


def test_order_of_reading(tmp_path: Path) -> None:
    """Files are read depth first, each once."""
    path = written(
        tmp_path,
        "version: 1\ninclude: [a.yaml, b.yaml, a.yaml]\n",
        {"a.yaml": "version: 1\ninclude: [b.yaml]\n", "b.yaml": "version: 1\n"},
    )
    reading = read_all(path)

    assert [Path(file.document.file).name for file in reading.files] == ["inventory.yaml", "a.yaml", "b.yaml"]
    assert reading.complete


def test_a_file_includes_itself_by_another_name(tmp_path: Path) -> None:
    """A cycle is seen through a symbolic link."""
    (tmp_path / "other.yaml").symlink_to("inventory.yaml")

    assert refused(tmp_path, "version: 1\ninclude: [other.yaml]\n") == [
        f"inventory.yaml:2:11: include[0]: {tmp_path}/other.yaml includes itself"
    ]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe is refused at once."""
    os.mkfifo(tmp_path / "pipe")

    assert refused(tmp_path, "version: 1\ndomains_from: [pipe]\n") == [
        f"inventory.yaml:2:16: domains_from[0]: cannot read {tmp_path}/pipe: not a regular file"
    ]


def test_a_name_too_long_for_a_file(tmp_path: Path) -> None:
    """The system's refusal of a path is a problem like any other."""
    name = "a" * 300

    assert refused(tmp_path, f"version: 1\ninclude: [{name}]\n") == [
        f"inventory.yaml:2:11: include[0]: cannot read {tmp_path}/{name}: file name too long"
    ]


def test_the_inventory_is_a_folder(tmp_path: Path) -> None:
    """A folder in place of the inventory is a mistake of the command line."""
    with pytest.raises(UsageError) as caught:
        load(tmp_path)

    assert caught.value.message == f"cannot read {tmp_path}: is a directory"
