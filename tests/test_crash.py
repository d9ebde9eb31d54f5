"""The report of a crash: private, useful, and silent about what was worked on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from relayconf.crash import crash_report


def _fails(words: str) -> None:
    raise ValueError(words)


def _raised() -> BaseException:
    with pytest.raises(ValueError, match="hunter2") as caught:
        _fails("password=" + "hunter" + str(1 + 1))
    return caught.value


def test_place_and_kind_are_in_it_and_the_words_are_not() -> None:
    """Only this user can read it."""
    report = Path(crash_report(_raised()))

    assert report.stat().st_mode & 0o777 == 0o600
    assert "builtins.ValueError" in report.read_text()
    assert "in _fails" in report.read_text()
    assert "hunter2" not in report.read_text()


def test_without_a_place_for_it_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full or missing folder for temporary files must not hide the crash behind another."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    assert crash_report(_raised()) == "no report: No such file or directory"
