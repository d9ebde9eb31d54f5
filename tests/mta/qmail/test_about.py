"""What is said of a qmail host."""

from __future__ import annotations

from relayconf.facts import Facts
from relayconf.mta.qmail.about import about


def test_a_qmail() -> None:
    """Where it is, and whether it runs."""
    running = Facts(values={"qmail.home": "/var/qmail", "qmail.send": "running"}, files={})

    assert about(running) == ("qmail in /var/qmail", "qmail-send runs")
    assert about(Facts(values={}, files={})) == ("qmail in -", "qmail-send does not run")
