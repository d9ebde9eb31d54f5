"""Plans and results for machines."""

from __future__ import annotations

import json
from dataclasses import replace

from relayconf.drift import Drift
from relayconf.errors import Unreachable
from relayconf.facts import Finding, Severity
from relayconf.output.json import fleet
from relayconf.result import FleetResult, failed, planned, skipped
from relayconf.safety import Limit
from tests.output.test_text import plan


def test_a_fleet_with_a_planned_and_a_failed_host() -> None:
    """Every field, exactly."""
    note = Finding(code="c", severity=Severity.NOTE, text="no TLS \u202e here", ways_out=("a hop",))
    drift = Drift(path="qmail:smtproutes", last="a", disk="b", wanted=None)
    limit = Limit(code="drift", flag="--overwrite-drift", text="would be lost")
    made = replace(plan("mx1", findings=(note,)), drift=(drift,), limits=(limit,))
    results = FleetResult(results=(planned(made), failed("mx2", Unreachable("down", hint="is it up?"))))

    written = fleet(results, kind="plan", fingerprint="7c1e")
    value = json.loads(written)
    fingerprint = value["hosts"][0]["plan"].pop("fingerprint")

    assert len(fingerprint) == 64
    assert written.isascii()
    assert value == {
        "format": 1,
        "kind": "plan",
        "fingerprint": "7c1e",
        "spf": None,
        "exit_code": 5,
        "hosts": [
            {
                "host": "mx1",
                "status": "planned",
                "error": None,
                "transaction": None,
                "verified": None,
                "warnings": [],
                "reason": None,
                "plan": {
                    "changes": [
                        {
                            "path": "qmail:smtproutes",
                            "target": "/var/qmail/control/smtproutes",
                            "kind": "create",
                            "metadata": [],
                            "mode": "0644",
                            "owner": "root",
                            "steps": 1,
                            "diff": ["@@ -0,0 +1,2 @@", "+kamata-net.com:192.168.0.100", "+:mail.asahi-net.or.jp"],
                        }
                    ],
                    "routes": [
                        {
                            "recipients": "the rest of the world",
                            "before": "direct (MX)",
                            "after": "mail.asahi-net.or.jp:25",
                        },
                        {"recipients": "kamata-net.com", "before": "direct (MX)", "after": "192.168.0.100:25"},
                    ],
                    "routes_unchanged": 0,
                    "findings": [
                        {"code": "c", "severity": "note", "text": "no TLS \u202e here", "ways_out": ["a hop"]}
                    ],
                    "drift": [{"path": "qmail:smtproutes", "name": None, "last": "a", "disk": "b", "wanted": None}],
                    "limits": [{"code": "drift", "flag": "--overwrite-drift", "text": "would be lost"}],
                    "unfinished": None,
                    "recovered": [],
                },
            },
            {
                "host": "mx2",
                "status": "failed",
                "error": {"kind": "Unreachable", "message": "down", "hint": "is it up?"},
                "transaction": None,
                "verified": None,
                "warnings": [],
                "reason": None,
                "plan": None,
            },
        ],
    }


def test_a_skipped_host_says_why() -> None:
    """With its status."""
    results = FleetResult(results=(skipped("mx1", "the canary mx0 failed"),))

    (host,) = json.loads(fleet(results, kind="apply", fingerprint="7c1e"))["hosts"]

    assert (host["status"], host["reason"]) == ("skipped", "the canary mx0 failed")
