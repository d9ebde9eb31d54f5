"""What tests of relays, messages and headers came to, as versioned JSON. ASCII, so no escape gets through."""

from __future__ import annotations

import json
from collections.abc import Sequence

from relayconf.authentication import Noted
from relayconf.exits import ExitCode
from relayconf.output.journal_json import document
from relayconf.output.json import FORMAT, Json
from relayconf.output.verify import way_out
from relayconf.verification import Tested, Verified
from relayconf.visits import Visited


def _test(name: str, verified: Verified) -> Json:
    return {
        "relay": name,
        "outcome": str(verified.outcome),
        "said": verified.said,
        "evidence": verified.evidence,
        "queue_id": verified.queue_id,
        "server": verified.relay,
        "tls": verified.tls,
        "category": None if verified.category is None else verified.category.code,
    }


def _told(tested: Tested) -> Json:
    return [_test(name, one) for name, one in tested]


def beside_apply(asked: Visited[Tested]) -> Json:
    """The tests of hosts that were just changed, for the document of `apply`."""
    hosts: list[Json] = [{"host": host, "tests": _told(tested)} for host, tested in asked.values.items()]
    return {"hosts": hosts, "interrupted": asked.fleet.interrupted, "hint": way_out(asked)}


def verified(visited: Visited[Tested], exit_code: ExitCode) -> str:
    """Each host's tests."""
    return document(
        visited,
        kind="verify",
        key="tests",
        told=_told,
        exit_code=exit_code,
    )


def headers(results: Sequence[Noted], exit_code: ExitCode) -> str:
    """What the receiver noted of a message."""
    noted: list[Json] = [
        {"method": one.method, "result": one.word, "outcome": one.outcome, "evidence": one.evidence} for one in results
    ]
    value: Json = {"format": FORMAT, "kind": "headers", "results": noted, "exit_code": int(exit_code)}
    return json.dumps(value, indent=2)
