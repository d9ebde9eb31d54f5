"""Codes and places."""

from __future__ import annotations

from relayconf.facts import Finding, Severity
from relayconf.mta.postfix.lint.codes import Place, fault


def test_a_fault_as_a_finding() -> None:
    """Its place stands in front, with a line or without."""
    one = fault("boolean", Place(file="main.cf", line=3), "on: neither yes nor no", "yes")
    other = fault("duplicate", Place(file="main.cf"), "twice")

    assert one.finding == Finding(
        code="postfix-boolean",
        severity=Severity.ERROR,
        text="main.cf:3: on: neither yes nor no",
        ways_out=("yes",),
    )
    assert (other.severity, other.finding.text) == (Severity.WARNING, "main.cf: twice")
