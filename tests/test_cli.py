"""The command line: every command reaches its function with its options."""

from __future__ import annotations

from relayconf import __version__
from relayconf.exits import ExitCode
from tests.support.cli import run


def test_no_command_shows_the_help() -> None:
    """All six commands are in it."""
    shown = run().output

    assert all(f"\n  {command} " in shown for command in ("check", "show", "schema", "render", "plan", "apply"))


def test_the_version() -> None:
    """As in the package."""
    result = run("--version")

    assert (result.exit_code, result.stdout) == (0, f"relayconf {__version__}\n")


def test_a_wrong_option_is_a_usage_error() -> None:
    """With typer's own code, 2."""
    assert run("plan", "--nonsense").exit_code == ExitCode.USAGE
