"""Examinations as JSON."""

from __future__ import annotations

import json

from relayconf.errors import HostError
from relayconf.output.doctor_json import as_json
from relayconf.result import failed
from tests.output.test_doctor import EXAMINATION
from tests.output.test_journal import visited


def test_json() -> None:
    """Everything, in ASCII; the exit code is that of the command."""
    document = as_json(visited({"a": EXAMINATION}, failed("b", HostError("no"))), 1)
    value = json.loads(document)

    assert document.isascii()
    assert (value["kind"], value["format"], value["exit_code"]) == ("doctor", 1, 1)
    first, second = value["hosts"]
    assert second["examination"] is None
    assert first["examination"]["symptoms"][0] == {
        "code": "port25-filtered",
        "level": "error",
        "about": "",
        "text": "port 25 is filtered",
        "evidence": list(EXAMINATION.symptoms[0].evidence),
    }
    assert first["examination"]["verdicts"][0] == {
        "code": "needs-smarthost",
        "level": "error",
        "text": "a smarthost",
        "because": ["port25-filtered"],
        "place": "inventory.yaml:3:3: hosts.a",
        "lines": ["relays:", "  isp:"],
    }
