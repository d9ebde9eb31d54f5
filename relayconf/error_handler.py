"""The one catch-all: known errors become a line and a hint, unknown ones a short message and a report file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from relayconf.console import Console
from relayconf.crash import crash_report
from relayconf.errors import InventoryError, RelayconfError, UsageError
from relayconf.exits import ExitCode
from relayconf.text import printable


def _explain(console: Console, error: RelayconfError) -> ExitCode:
    if isinstance(error, InventoryError):
        for problem in error.problems:
            console.talk(printable(str(problem)))
            if problem.hint:
                console.talk(f"  hint: {printable(problem.hint)}")
    console.talk(f"error: {printable(error.message)}")
    if error.hint:
        console.talk(f"\nhint: {printable(error.hint)}")
    return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.ERROR


def guard(console: Console, action: Callable[[], ExitCode]) -> ExitCode:
    """Run *action*; nothing it raises reaches the user as a traceback."""
    try:
        return action()
    except RelayconfError as error:
        return _explain(console, error)
    except KeyboardInterrupt:
        console.talk("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout went away (`relayconf plan | head`) with what it wanted. Nothing may be flushed later.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    except Exception as error:  # noqa: BLE001  this is the place that catches all
        console.talk(f"error: relayconf crashed ({type(error).__name__}); please report it with {crash_report(error)}")
        return ExitCode.CRASH
