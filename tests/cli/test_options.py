"""What every command's options have in common."""

from __future__ import annotations

import pytest
import typer

from relayconf.cli.options import run
from relayconf.errors import UsageError
from relayconf.exits import ExitCode


def test_a_command_ends_with_its_exit_code() -> None:
    """As typer wants it."""
    with pytest.raises(typer.Exit) as end:
        run(lambda _: ExitCode.CHANGES_PENDING)

    assert end.value.exit_code == ExitCode.CHANGES_PENDING


def test_an_error_is_told_and_never_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """The catch-all stands around every command."""

    def fails(_: object) -> ExitCode:
        raise UsageError("no such host")

    with pytest.raises(typer.Exit) as end:
        run(fails)

    assert end.value.exit_code == ExitCode.USAGE
    assert "no such host" in capsys.readouterr().err
