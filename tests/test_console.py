"""The console: data and talk apart, progress as a line or as lines, questions."""

from __future__ import annotations

import io
import os
import pty

from relayconf.console import Console, standard


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
