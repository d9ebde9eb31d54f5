"""The one catch-all: what the user sees of each kind of error."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from relayconf.console import Console
from relayconf.error_handler import guard
from relayconf.errors import InventoryError, Problem, RelayconfError, UsageError
from relayconf.exits import ExitCode


def run(error: BaseException | None) -> tuple[ExitCode, str]:
    """Guard an action that raises *error*; the exit code and what stderr got."""
    err = io.StringIO()

    def action() -> ExitCode:
        if error is not None:
            raise error
        return ExitCode.CHANGES_PENDING

    return guard(Console(stdin=io.StringIO(), stdout=io.StringIO(), stderr=err), action), err.getvalue()


def test_an_action_that_ends_well_gives_its_own_code() -> None:
    """Nothing is said."""
    assert run(None) == (ExitCode.CHANGES_PENDING, "")


def test_a_known_error_is_one_line_and_its_hint() -> None:
    """The hint stands apart, after an empty line."""
    assert run(RelayconfError("no", hint="try yes")) == (ExitCode.ERROR, "error: no\n\nhint: try yes\n")
    assert run(RelayconfError("no")) == (ExitCode.ERROR, "error: no\n")


def test_a_usage_error_has_the_code_that_typer_gives_its_own() -> None:
    """Both mean that the command line was wrong."""
    assert run(UsageError("what?")) == (ExitCode.USAGE, "error: what?\n")


def test_an_inventory_error_lists_all_its_problems_in_order() -> None:
    """Sorted by place, hints below, the sum at the end."""
    later = Problem(file="i.yaml", line=9, column=3, place="hosts.mx1", text="no relay", hint="add one")
    earlier = Problem(file="i.yaml", line=2, column=1, place="", text="bad version")

    code, said = run(InventoryError([later, earlier]))

    assert code is ExitCode.ERROR
    assert said == (
        "i.yaml:2:1: bad version\n"
        "i.yaml:9:3: hosts.mx1: no relay\n"
        "  hint: add one\n"
        "error: the inventory has 2 problems\n"
    )


def test_an_interrupt_is_130() -> None:
    """As every shell expects."""
    assert run(KeyboardInterrupt()) == (ExitCode.INTERRUPTED, "interrupted\n")


def test_a_crash_is_one_line_that_names_its_report() -> None:
    """The exception's own words may hold a password and stay out of everything."""
    code, said = run(ValueError("password=hunter2"))

    match = re.fullmatch(r"error: relayconf crashed \(ValueError\); please report it with (\S+)\n", said)
    assert match is not None
    assert code is ExitCode.CRASH
    assert "hunter2" not in Path(match[1]).read_text() + said


def test_what_a_user_or_a_host_said_cannot_act_on_the_terminal() -> None:
    """In messages, hints and problems."""
    hostile = "\x1b[2J"
    problem = Problem(file=hostile, line=1, column=1, place="x", text="y", hint=hostile)

    said = run(RelayconfError(hostile, hint=hostile))[1] + run(InventoryError([problem]))[1]

    assert "\x1b" not in said
    assert said.count("\\x1b[2J") == 4


def test_a_reader_that_leaves_is_no_crash() -> None:
    """`relayconf … | head` ends quietly."""
    program = (
        "import sys; from relayconf.console import standard; from relayconf.error_handler import guard\n"
        "def action():\n"
        "    while True: standard().data('x' * 65536)\n"
        "sys.exit(guard(standard(), action))"
    )
    reader, writer = os.pipe()
    process = subprocess.Popen([sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    os.read(reader, 10)
    os.close(reader)
    _, said = process.communicate(timeout=30)

    assert process.returncode == ExitCode.ERROR
    assert said == b""
