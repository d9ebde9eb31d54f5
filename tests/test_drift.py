"""What was edited since it was applied."""

from __future__ import annotations

import pytest

from relayconf.drift import Applied, Drift, applied, of_file
from relayconf.facts import Facts
from tests.support.facts import actual

PATH = "qmail:smtproutes"
LEFT = Applied(sha256="a" * 64, transaction="20261124T101500Z-3fa2c1", time="2026-11-24T10:15:00Z")
REMOVED = Applied(sha256=None, transaction="t", time="2026-11-24T10:15:00Z")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"{'a' * 64} 20261124T101500Z-3fa2c1 2026-11-24T10:15:00Z", LEFT),
        ("- t 2026-11-24T10:15:00Z", REMOVED),
        ("- t", None),
        ("", None),
    ],
)
def test_what_was_applied(line: str, found: Applied | None) -> None:
    """A hash or its absence, the transaction and the time; a line of another shape says nothing."""
    assert applied(Facts(values={f"applied.{PATH}": line}, files={}), PATH) == found


def test_never_applied() -> None:
    """A file that is not on the list was never relayconf's."""
    assert applied(Facts(values={}, files={}), PATH) is None


def test_still_the_same() -> None:
    """By its hash, or by its absence."""
    file, absent = actual(PATH, b"x"), actual(PATH, None)
    same = Applied(sha256=file.sha256, transaction="t", time="")

    assert [same.is_still(disk) for disk in (file, absent, None)] == [True, False, False]
    assert [REMOVED.is_still(disk) for disk in (file, absent, None)] == [False, True, True]


def test_words_of_a_file() -> None:
    """When it was left, what became of it, and whether the inventory has such a file."""
    there, gone = actual(PATH, b"x"), actual(PATH, None)
    left = "as transaction 20261124T101500Z-3fa2c1 left it on 2026-11-24"

    def words(last: Applied, *, is_there: bool, stays: bool) -> tuple[str | None, ...]:
        item = of_file(PATH, last, there if is_there else gone, stays=stays)
        return item.last, item.disk, item.wanted

    assert words(LEFT, is_there=True, stays=True) == (left, "edited since", "as the inventory says")
    assert words(LEFT, is_there=False, stays=True) == (left, "gone", "as the inventory says")
    assert words(REMOVED, is_there=True, stays=False) == ("removed by transaction t on 2026-11-24", "made since", None)


def test_what_stays_is_not_overwritten() -> None:
    """A value that the wish leaves as somebody made it."""
    assert Drift(path=PATH, last="a", disk="b", wanted="c").is_overwritten
    assert not Drift(path=PATH, last="a", disk="b", wanted="b").is_overwritten
