"""Nothing acts without being told: the question before a host is changed."""

from __future__ import annotations

from relayconf.console import Console
from relayconf.errors import UsageError


def is_agreed(console: Console, question: str, *, shown: str, seen: bool, hint: str, what: str = "hosts") -> bool:
    """Whether a human types yes to *question* after reading what is *shown*, on the terminal unless *seen* there.

    *what* would be changed, in words.

    Raises UsageError, with *hint*, where nobody can be asked.
    """
    if not console.is_interactive:
        raise UsageError(f"this changes {what}, and there is no terminal to ask on", hint=hint)
    if not seen:
        console.talk(shown)
    return console.ask(f"{question} Type yes: ") == "yes"
