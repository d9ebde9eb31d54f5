"""What qmail is on one host, in words."""

from __future__ import annotations

from collections.abc import Sequence

from relayconf.facts import Facts


def about(facts: Facts) -> Sequence[str]:
    """Where it is, and whether it delivers. The host's words: hostile."""
    runs = facts.values.get("qmail.send") == "running"
    return f"qmail in {facts.values.get('qmail.home', '-')}", f"qmail-send {'runs' if runs else 'does not run'}"
