"""Why an answer may be missing: Postfix itself gets none, or only the host has it."""

from __future__ import annotations


class LookupFailure(Exception):
    """Postfix itself cannot tell: a table is missing or broken. The mail waits, and the log says why."""


class Unknowable(Exception):
    """Postfix can tell, but not from the files that are here; the text says what would have to be asked."""
