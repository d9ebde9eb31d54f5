"""What is said of a Postfix host."""

from __future__ import annotations

from relayconf.facts import Facts
from relayconf.mta.postfix.about import about


def test_a_postfix() -> None:
    """Its version, the generation in use, and whether it runs."""
    values = {"postfix.version": "3.7.11", "postfix.generation": "12", "postfix.running": "yes"}
    untouched = {**values, "postfix.generation": "-", "postfix.running": "no"}

    assert about(Facts(values=values, files={})) == ("Postfix 3.7.11", "generation 12", "runs")
    assert about(Facts(values=untouched, files={})) == ("Postfix 3.7.11", "without tables of relayconf", "does not run")
    assert about(Facts(values={}, files={})) == ("Postfix -", "without tables of relayconf", "does not run")
