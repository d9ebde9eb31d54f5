"""Exit codes are a promise to scripts."""

from __future__ import annotations

from relayconf.exits import ExitCode


def test_values() -> None:
    """The numbers never change: cron jobs and CI depend on them."""
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "ERROR": 1,
        "USAGE": 2,
        "CRASH": 3,
        "CHANGES_PENDING": 4,
        "HOST_FAILED": 5,
        "ROLLBACK_FAILED": 6,
        "INTERRUPTED": 130,
    }
