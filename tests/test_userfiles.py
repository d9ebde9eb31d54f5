"""Files of the user's own; what is refused is told in tests/test_plankey.py and tests/test_planfile.py."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from relayconf.errors import KeyFileError
from relayconf.userfiles import make_directory, read_key_file, state_folder, write_whole


def test_the_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Below the home, or where XDG says with an absolute path."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".local/state/relayconf"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_folder() == tmp_path / ".local/state/relayconf"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_folder() == tmp_path / "xdg/relayconf"


def test_folders_are_private(tmp_path: Path) -> None:
    """Each that was missing."""
    make_directory(tmp_path / "a" / "b")
    make_directory(tmp_path / "a" / "b")

    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a/b")] == [0o700, 0o700]


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """In the place of the old one, for its owner alone; what fails leaves nothing."""
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        write_whole(folder, "file", b"old")
        write_whole(folder, "file", b"new")
        (tmp_path / "taken").mkdir()
        with pytest.raises(IsADirectoryError):
            write_whole(folder, "taken", b"x")
    finally:
        os.close(folder)

    assert (tmp_path / "file").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]


def test_a_key_file_is_read_so_far(tmp_path: Path) -> None:
    """And is refused with the caller's way out where it is no file."""
    path = tmp_path / "key"
    path.write_bytes(b"0123456789")
    path.chmod(0o600)

    os.mkfifo(tmp_path / "pipe", 0o600)

    assert read_key_file(path, 4, hint="x") == b"0123"
    with pytest.raises(KeyFileError, match="is not a regular file") as raised:
        read_key_file(tmp_path / "pipe", 4, hint="name a file")
    assert raised.value.hint == "name a file"
