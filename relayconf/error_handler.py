"""The one catch-all: known errors become a line and a hint, unknown ones a short message and a report file."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from relayconf import __version__
from relayconf.console import Console
from relayconf.errors import InventoryError, RelayconfError, UsageError
from relayconf.exits import ExitCode


def _explain(console: Console, error: RelayconfError) -> ExitCode:
    if isinstance(error, InventoryError):
        for problem in error.problems:
            console.talk(str(problem))
            if problem.hint:
                console.talk(f"  hint: {problem.hint}")
    console.talk(f"error: {error.message}")
    if error.hint:
        console.talk(f"\nhint: {error.hint}")
    return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.ERROR


def _report(error: BaseException) -> Path:
    """Write what a developer needs, to a file only this user can read.

    Messages of unknown exceptions and local variables stay out: they may quote a configuration or a secret.
    """
    lines = [
        f"relayconf {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"{type(error).__module__}.{type(error).__qualname__} (message withheld: it may quote a configuration)",
        "",
        *(line.rstrip("\n") for line in traceback.format_tb(error.__traceback__)),
        "",
    ]
    handle, name = tempfile.mkstemp(prefix="relayconf-crash-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    return Path(name)


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
        console.talk(f"error: relayconf crashed ({type(error).__name__}); please report it with {_report(error)}")
        return ExitCode.CRASH
