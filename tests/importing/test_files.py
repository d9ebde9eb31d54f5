"""What an import leaves on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.errors import RelayconfError
from relayconf.importing.files import check_free, write, write_secrets


def test_a_new_file_has_its_mode_and_no_traces(tmp_path: Path) -> None:
    """Nothing beside it remains."""
    write(tmp_path / "secret", "x\n", mode=0o600, overwrite=False)

    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert ((tmp_path / "secret").read_text(), (tmp_path / "secret").stat().st_mode & 0o777) == ("x\n", 0o600)


def test_what_is_there_stays(tmp_path: Path) -> None:
    """Also a link that leads nowhere; with the flag it is replaced, and what it leads to is not."""
    place, other = tmp_path / "out", tmp_path / "other"
    place.symlink_to(other)

    with pytest.raises(RelayconfError, match="out is already there") as caught:
        write(place, "x", mode=0o644, overwrite=False)
    with pytest.raises(RelayconfError, match="out is already there"):
        check_free(place, overwrite=False)
    assert caught.value.hint == "name another place, or say --overwrite"
    check_free(place, overwrite=True)
    write(place, "x", mode=0o644, overwrite=True)

    assert not place.is_symlink()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    """The system's reason."""
    with pytest.raises(RelayconfError, match=r"cannot write .*/no/out: No such file or directory"):
        write(tmp_path / "no" / "out", "x", mode=0o644, overwrite=False)
    (tmp_path / "file").touch()
    with pytest.raises(RelayconfError, match=r"cannot write .*/file: File exists"):
        write_secrets(tmp_path / "file", {"isp": "x"}, overwrite=True)


def test_secrets(tmp_path: Path) -> None:
    """A file for each, all or none; the folder is for nobody else."""
    folder = tmp_path / "secrets"
    write_secrets(folder, {"isp": "pass wörd"}, overwrite=False)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert ((folder / "isp").read_text(), (folder / "isp").stat().st_mode & 0o777) == ("pass wörd\n", 0o600)
    with pytest.raises(RelayconfError, match="secrets/isp is already there"):
        write_secrets(folder, {"new": "x", "isp": "y"}, overwrite=False)
    assert [path.name for path in folder.iterdir()] == ["isp"]
    write_secrets(folder, {"isp": "y"}, overwrite=True)
    assert (folder / "isp").read_text() == "y\n"
