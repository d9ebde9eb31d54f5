"""What Postfix is on one host, in words."""

from __future__ import annotations

from collections.abc import Sequence

from relayconf.facts import Facts


def about(facts: Facts) -> Sequence[str]:
    """Its version, the generation of tables in use, and whether it runs. The host's words: hostile."""
    live = facts.values.get("postfix.generation", "-")
    return (
        f"Postfix {facts.values.get('postfix.version', '-')}",
        "without tables of relayconf" if live == "-" else f"generation {live}",
        "runs" if facts.values.get("postfix.running") == "yes" else "does not run",
    )
