"""The words that Postfix knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayconf.mta.postfix.lint.vocabulary import ANY_CASE, OBSOLETE, ONE_OF, SOME_OF, TYPES, is_known, kinds
from tests.mta.postfix import real

postfix = pytest.mark.skipif(real.POSTCONF is None, reason="no Postfix on this machine")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("relayhost", True),
        ("relayconf_maps", True),
        ("slow_destination_concurrency_limit", True),
        ("slow_time_limit", True),
        ("relay_host", False),
    ],
)
def test_names(name: str, known: bool) -> None:  # noqa: FBT001  a column
    """Postfix's, ours, and those that every transport has."""
    assert is_known(name) is known


def test_lists_are_of_parameters() -> None:
    """What is checked by name exists."""
    named = {*ONE_OF, *SOME_OF, *ANY_CASE, *OBSOLETE}

    assert [name for name in named if name not in kinds() and name != "fallback_relay"] == []


@postfix
def test_against_postconf(tmp_path: Path) -> None:
    """Every parameter of the machine's Postfix is known; booleans and times are by their defaults."""
    real.configure(tmp_path, b"")
    assert real.POSTCONF is not None
    lines = real.run(real.POSTCONF, "-c", str(tmp_path), "-d").stdout.decode().splitlines()
    defaults = {name: value for name, _, value in (line.partition(" = ") for line in lines)}

    assert [name.rstrip(" =") for name in defaults if name.rstrip(" =") not in kinds()] == []
    assert [
        name
        for name, value in defaults.items()
        if kinds().get(name) == "boolean" and value not in {"yes", "no"} and "$" not in value
    ] == []
    assert [
        name
        for name, value in defaults.items()
        if kinds().get(name) == "time" and not value[:-1].isdigit() and "$" not in value
    ] == []


@postfix
def test_types_against_postconf(tmp_path: Path) -> None:
    """Every type of the machine's Postfix is known."""
    real.configure(tmp_path, b"")
    assert real.POSTCONF is not None

    assert set(real.run(real.POSTCONF, "-c", str(tmp_path), "-m").stdout.decode().split()) - TYPES == set()
