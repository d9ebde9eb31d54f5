"""A report of relayconf's own failure, for a developer: where it happened, and nothing of what it was working on."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback

from relayconf import __version__


def crash_report(error: BaseException) -> str:
    """Where the report of *error* was written, in words; only this user can read it.

    Messages of unknown exceptions and local variables stay out: they may quote a configuration or a secret.
    """
    lines = [
        f"relayconf {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"{type(error).__module__}.{type(error).__qualname__} (message withheld: it may quote a configuration)",
        "",
        *(line.rstrip("\n") for line in traceback.format_tb(error.__traceback__)),
        "",
    ]
    try:
        handle, name = tempfile.mkstemp(prefix="relayconf-crash-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
    except OSError as failure:
        return f"no report: {failure.strerror}"
    return name
