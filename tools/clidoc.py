"""Write docs/cli.md: every command with its help text, from the program itself. A test compares the two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from relayconf.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
_HEAD = "# Commands\n\nWritten by `make docs` from `--help`; edits by hand are overwritten. Exit codes: README.md.\n"
_WIDTH = 80


def _helps() -> Iterator[tuple[str, str]]:
    """Each command line that shows help, and the help."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)  # noqa: S101  there is more than one command
    # Resilient: without arguments, the context is made all the same.
    with group.make_context("relayconf", [], resilient_parsing=True, terminal_width=_WIDTH) as top:
        yield "relayconf", group.get_help(top)
        for name, command in group.commands.items():
            with command.make_context(name, [], parent=top, resilient_parsing=True, terminal_width=_WIDTH) as context:
                yield f"relayconf {name}", command.get_help(context)
                for inner, below in command.commands.items() if isinstance(command, TyperGroup) else ():
                    with below.make_context(inner, [], parent=context, resilient_parsing=True) as deeper:
                        yield f"relayconf {name} {inner}", below.get_help(deeper)


def page() -> str:
    """The whole page, as Markdown."""
    sections = (f"\n## {line}\n\n```text\n{text.rstrip()}\n```\n" for line, text in _helps())
    return _HEAD + "".join(sections)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
