"""The JSON of `relayconf verify`."""

from __future__ import annotations

import json

from relayconf.authentication import noted
from relayconf.exits import ExitCode
from relayconf.output.verify_json import headers, verified
from relayconf.rejections import categories
from relayconf.result import FleetResult, HostResult, Status
from relayconf.verification import Outcome, Verified
from relayconf.visits import Visited


def test_tests() -> None:
    """Every field, ASCII alone, and the exit code that the command decides."""
    one = Verified(
        outcome=Outcome.FAIL,
        said="no",
        evidence="to=<…@x>",
        queue_id="ABC",
        relay="isp[192.0.2.1]:465",
        tls="Verified",
        category=categories()["greylisted"],
    )
    fleet = FleetResult(results=(HostResult(host="a", status=Status.UNCHANGED),))
    text = verified(
        Visited(fleet=fleet, values={"a": (("isp:465", one), ("b:25", Verified(outcome=Outcome.PASS, said="")))}),
        ExitCode.HOST_FAILED,
    )
    document = json.loads(text)

    assert text.isascii()
    assert (document["kind"], document["exit_code"]) == ("verify", 5)
    first, second = document["hosts"][0]["tests"]
    assert first == {
        "relay": "isp:465",
        "outcome": "fail",
        "said": "no",
        "evidence": "to=<…@x>",
        "queue_id": "ABC",
        "server": "isp[192.0.2.1]:465",
        "tls": "Verified",
        "category": "greylisted",
    }
    assert second["category"] is None


def test_headers() -> None:
    """Method by method."""
    assert json.loads(headers(noted(b"Received-SPF: pass\n"), ExitCode.OK)) == {
        "format": 1,
        "kind": "headers",
        "results": [{"method": "spf", "result": "pass", "outcome": "pass", "evidence": "Received-SPF: pass"}],
        "exit_code": 0,
    }
