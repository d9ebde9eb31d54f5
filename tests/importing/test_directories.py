"""Directories on this machine as facts."""

from __future__ import annotations

from pathlib import Path

from relayconf.importing.directories import control_facts


def test_control_facts() -> None:
    """Files by their symbolic paths; absent ones too."""
    facts = control_facts({"me": b"a\n", "locals": None}, Path("/x"))

    assert facts.values == {}
    assert {path: (file.present, file.content, file.target) for path, file in facts.files.items()} == {
        "qmail:me": (True, b"a\n", "/x/me"),
        "qmail:locals": (False, None, "/x/locals"),
    }
