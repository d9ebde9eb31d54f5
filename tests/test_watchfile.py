"""What was seen, kept between two runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from relayconf.errors import StateError
from relayconf.spf.watch import Snapshot
from relayconf.watchfile import default_path, read, write

SEEN = {
    "b.example": Snapshot(networks=("192.0.2.0/24",), terms=1, records=("v=spf1 \udcff",)),
    "a.example": Snapshot(networks=(), terms=2, records=()),
}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """By its owner alone, in folders that were made for it."""
    path = tmp_path / "state" / "relayconf" / "spf-watch.json"
    write(path, {})
    write(path, SEEN)

    assert read(path) == SEEN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["spf-watch.json"]


def test_before_the_first_run(tmp_path: Path) -> None:
    """Nothing is known."""
    assert read(tmp_path / "none") is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", '{"format": 2, "kind": "spf-watch", "includes": {}}', "[" * 100_000),
        '{"format": 1, "kind": "spf-watch", "includes": {"a": 1}}',
        '{"format": 1, "kind": "spf-watch", "includes": {"a": {"networks": [1], "terms": 1, "records": []}}}',
        '{"format": 1, "kind": "spf-watch", "includes": {"a": {"networks": [], "terms": 1, "records": "x"}}}',
    ],
)
def test_what_is_no_state(tmp_path: Path, text: str) -> None:
    """Is refused with its way out, and stays."""
    path = tmp_path / "spf-watch.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(StateError, match="says nothing that relayconf knows") as raised:
        read(path)

    assert raised.value.hint == "move it away: the next run begins anew"
    assert path.read_text(encoding="utf-8") == text


def test_what_the_system_says(tmp_path: Path) -> None:
    """Of a folder in the file's place, and of a file in the folder's."""
    with pytest.raises(StateError, match="cannot be read: Is a directory"):
        read(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="cannot be written: "):
        write(tmp_path / "file" / "spf-watch.json", {})
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StateError, match="says nothing that relayconf knows"):
        read(tmp_path / "pipe")


def test_the_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Beside the key; a user without a home names another."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "relayconf/spf-watch.json"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "~")
    with pytest.raises(StateError, match="no home directory") as raised:
        default_path()
    assert raised.value.hint == "set XDG_STATE_HOME"
