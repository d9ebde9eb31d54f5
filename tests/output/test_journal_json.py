"""Transactions, ways back and how hosts stand, for machines."""

from __future__ import annotations

import json

from relayconf.errors import HostError
from relayconf.journal import Pending, Undone
from relayconf.output.journal_json import history, status, undone, ways_back
from relayconf.result import failed
from relayconf.standing import Standing
from relayconf.transactions import WayBack
from tests.output.test_journal import CUT, NEW, OLD, visited

NEW_JSON = {
    "name": "20261124T101500Z-3fa2c1",
    "status": "unconfirmed",
    "time": "2026-11-24T10:15:00+00:00",
    "note": "240",
    "files": [
        {"kind": "update", "path": "postfix:main.cf", "target": "/etc/postfix/main.cf"},
        {"kind": "create", "path": "postfix:2/transport", "target": "/etc/postfix/\x1b[1m"},
    ],
}
OLD_JSON: dict[str, object] = {
    "name": "20261123T090000Z-aaaaaa",
    "status": "rolled-back",
    "time": None,
    "note": "left: /x\u202e",
    "files": [],
}


def test_history() -> None:
    """Every field, the newest first; a host that failed has its error in place of them."""
    text = history(visited({"a": (OLD, NEW)}, failed("b", HostError("no", hint="try"))))

    assert text.isascii()
    assert json.loads(text) == {
        "format": 1,
        "kind": "history",
        "hosts": [
            {"host": "a", "status": "unchanged", "error": None, "transactions": [NEW_JSON, OLD_JSON]},
            {
                "host": "b",
                "status": "failed",
                "error": {"kind": "HostError", "message": "no", "hint": "try"},
                "transactions": None,
            },
        ],
        "exit_code": 5,
    }


def test_ways_back() -> None:
    """What would be undone, and what was cut short."""
    value = json.loads(ways_back(visited({"a": WayBack(undo=(OLD,), unfinished=(CUT,))})))

    assert value["kind"] == "way-back"
    assert value["hosts"][0]["way_back"] == {"undo": [OLD_JSON], "unfinished": [CUT.name]}


def test_what_was_done() -> None:
    """Under the name of the command."""
    done = Undone(transactions=("1",), recovered=("r",), left=("l",), warnings=("w",))
    value = json.loads(undone(visited({"a": done}, changed=True), kind="confirm"))

    assert (value["kind"], value["exit_code"], value["hosts"][0]["status"]) == ("confirm", 0, "changed")
    assert value["hosts"][0]["done"] == {
        "transactions": ["1"],
        "recovered": ["r"],
        "left": ["l"],
        "warnings": ["w"],
    }


def test_status() -> None:
    """With null where nothing is."""
    quiet = Standing(mta=("qmail",), last=None, pending=None, busy=None, unfinished=None, unusable=None)
    waits = Standing(
        mta=(), last=OLD, pending=Pending(transaction="2", left=9), busy="3", unfinished="4", unusable="u", drift=("d",)
    )
    value = json.loads(status(visited({"a": quiet, "b": waits})))

    assert value["kind"] == "status"
    assert [host["standing"] for host in value["hosts"]] == [
        {
            "mta": ["qmail"],
            "last": None,
            "unconfirmed": None,
            "at_work": None,
            "unfinished": None,
            "unusable": None,
            "drift": [],
        },
        {
            "mta": [],
            "last": OLD_JSON,
            "unconfirmed": {"transaction": "2", "left": 9},
            "at_work": "3",
            "unfinished": "4",
            "unusable": "u",
            "drift": ["d"],
        },
    ]
