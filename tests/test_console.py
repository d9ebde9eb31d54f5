"""The console: data and talk apart, progress as a line or as lines, questions."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest

from relayconf.console import Console, standard
from relayconf.errors import RelayconfError
from tests.support.cli import ROOT


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


def make(answer: str = "", *, terminal: bool = False) -> tuple[Console, io.StringIO, io.StringIO]:
    """A console over streams that can be looked at."""
    kind = Terminal if terminal else io.StringIO
    out, err = kind(), kind()
    return Console(stdin=kind(answer), stdout=out, stderr=err), out, err


def test_data_goes_to_stdout_and_talk_to_stderr() -> None:
    """A pipe gets the data alone, each piece with one line end."""
    console, out, err = make()

    console.data("plan")
    console.data("more\n")
    console.talk("by the way")

    assert out.getvalue() == "plan\nmore\n"
    assert err.getvalue() == "by the way\n"


def test_progress_without_a_terminal_is_plain_lines() -> None:
    """Logs and CI get one line a host, without control characters."""
    console, _, err = make()

    console.progress("mx1: planned", done=1, total=2)
    console.progress("mx2: failed", done=2, total=2)

    assert err.getvalue() == "mx1: planned\nmx2: failed\n"


def test_progress_on_a_terminal_is_one_line_that_goes_away() -> None:
    """The line is written over, and cleared before anything else is said."""
    console, _, err = make(terminal=True)

    console.progress("mx1: planned", done=1, total=2)
    console.talk("done")
    console.talk("really")

    assert err.getvalue() == "\r\x1b[K1/2 mx1: planned\r\x1b[Kdone\nreally\n"


def test_a_question_is_asked_on_stderr_and_the_answer_stripped() -> None:
    """`yes` with blanks around it is `yes`; the end of input is no answer."""
    console, out, err = make("  yes \n")

    assert console.ask("Sure? ") == "yes"
    assert console.ask("Again? ") == ""
    assert err.getvalue() == "Sure? Again? "
    assert out.getvalue() == ""


def test_interactive_needs_a_terminal_on_both_sides() -> None:
    """A script with no terminal is never waited for."""
    assert make(terminal=True)[0].is_interactive
    assert not make()[0].is_interactive


def test_the_standard_console_is_this_process() -> None:
    """A real terminal pair is seen as one."""
    master, slave = pty.openpty()
    try:
        with os.fdopen(slave, "r", closefd=False) as stdin, os.fdopen(slave, "w", closefd=False) as stderr:
            assert Console(stdin=stdin, stdout=stderr, stderr=stderr).is_interactive
    finally:
        os.close(master)
        os.close(slave)
    assert standard().stdout is not None


class Broken(io.StringIO):
    """A stream whose reader is gone, or whose disk is full."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:  # noqa: ARG002  nothing is written
        """Fail."""
        raise self.error


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OSError(28, "No space left on device"), "No space left on device"), (ValueError("closed"), "it is closed")],
)
def test_output_that_cannot_be_written_is_an_error_with_its_reason(error: Exception, reason: str) -> None:
    """Not a crash."""
    console = Console(stdin=io.StringIO(), stdout=Broken(error), stderr=io.StringIO())

    with pytest.raises(RelayconfError, match=f"^cannot write the output: {reason}$"):
        console.data("plan")


def test_a_reader_that_left_is_told_apart() -> None:
    """`relayconf plan | head` has what it wanted."""
    console = Console(stdin=io.StringIO(), stdout=Broken(BrokenPipeError()), stderr=io.StringIO())

    with pytest.raises(BrokenPipeError):
        console.data("plan")


def test_talk_that_nobody_can_hear_stops_nothing() -> None:
    """No host is left half done because the reader of a log went away."""
    console = Console(stdin=io.StringIO(), stdout=io.StringIO(), stderr=Broken(BrokenPipeError()))

    console.talk("changed")
    console.progress("mx1: changed", done=1, total=2)
    assert console.ask("Sure? ") == ""


def test_a_terminal_without_the_letters_gets_escapes() -> None:
    """And a process without streams has nowhere to write, which is no crash."""
    program = "from relayconf.console import standard; standard().data('‹secret 3fa2› …')"
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "0"}

    shown = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    closed = subprocess.run(["sh", "-c", f'exec "{sys.executable}" -c "{program}" >&- 2>&- <&-'], check=False)

    assert shown.stdout == b"\\u2039secret 3fa2\\u203a \\u2026\n"
    assert closed.returncode == 0
