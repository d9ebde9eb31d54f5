"""Codes and places."""

from __future__ import annotations

import re
from pathlib import Path

from relayconf.facts import Finding, Severity
from relayconf.mta.postfix.lint.codes import CODES, Place, fault


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


def test_every_code_is_explained() -> None:
    """In docs/findings-postfix.md, each once, and no other."""
    page = Path(__file__).parents[4] / "docs" / "findings-postfix.md"
    explained = re.findall(r"^### postfix-([a-z-]+)\n\n\S", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert explained == list(CODES)
