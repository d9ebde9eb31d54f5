"""Findings of a directory as JSON."""

from __future__ import annotations

import json

from relayconf.facts import Finding, Severity
from relayconf.mta.postfix.lint.codes import Place, fault
from relayconf.output.faults import directory


def test_faults() -> None:
    """With their places, in ASCII."""
    text = directory("/etc/p\x1b", [fault("boolean", Place(file="main.cf", line=3), "x", "y")], 1)

    assert "\x1b" not in text
    assert json.loads(text) == {
        "format": 1,
        "kind": "check",
        "directory": "/etc/p\x1b",
        "findings": [
            {
                "code": "postfix-boolean",
                "severity": "error",
                "text": "x",
                "ways_out": ["y"],
                "file": "main.cf",
                "line": 3,
            }
        ],
        "exit_code": 1,
    }


def test_findings() -> None:
    """What has no place has none."""
    found = [Finding(code="qmail-no-me", severity=Severity.ERROR, text="x")]

    assert json.loads(directory("control", found, 1))["findings"] == [
        {"code": "qmail-no-me", "severity": "error", "text": "x", "ways_out": []}
    ]
