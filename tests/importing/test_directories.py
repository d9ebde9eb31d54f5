"""Directories on this machine as facts."""

from __future__ import annotations

from pathlib import Path

from relayconf.importing.directories import config_facts, contents, control_facts


def test_control_facts() -> None:
    """Files by their symbolic paths; absent ones too."""
    facts = control_facts({"me": b"a\n", "locals": None}, Path("/x"))

    assert facts.values == {}
    assert {path: (file.present, file.content, file.target) for path, file in facts.files.items()} == {
        "qmail:me": (True, b"a\n", "/x/me"),
        "qmail:locals": (False, None, "/x/locals"),
    }


def test_config_facts(tmp_path: Path) -> None:
    """main.cf must be there, master.cf may."""
    (tmp_path / "main.cf").write_bytes(b"a = b\n")

    facts = config_facts(tmp_path)

    assert facts.values == {"postfix.config_directory": str(tmp_path)}
    assert {path: file.content for path, file in facts.files.items()} == {
        "postfix:main.cf": b"a = b\n",
        "postfix:master.cf": None,
    }


def test_contents(tmp_path: Path) -> None:
    """By path, else by name beside main.cf, else not at all."""
    (tmp_path / "here").write_bytes(b"1")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "gone").write_bytes(b"2")
    paths = [f"{tmp_path}/here", f"{tmp_path}/gone", f"{tmp_path}/none"]

    assert list(contents(paths, tmp_path / "copy").values()) == [b"1", b"2", None]
