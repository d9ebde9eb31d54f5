"""Transactions, ways back and how hosts stand, as versioned JSON. ASCII, so no escape gets through."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from relayconf.journal import Undone
from relayconf.output.json import FORMAT, Json, error_of
from relayconf.standing import Standing
from relayconf.transactions import Transaction, WayBack
from relayconf.visits import Visited

T = TypeVar("T")


def _transaction(item: Transaction) -> Json:
    return {
        "name": item.name,
        "status": str(item.status),
        "time": None if item.time is None else item.time.isoformat(),
        "note": item.note,
        "files": [{"kind": str(file.kind), "path": file.path, "target": file.target} for file in item.files],
    }


def _undone(done: Undone) -> Json:
    return {
        "transactions": list(done.transactions),
        "recovered": list(done.recovered),
        "left": list(done.left),
        "warnings": list(done.warnings),
    }


def _back(back: WayBack) -> Json:
    return {
        "undo": [_transaction(item) for item in back.undo],
        "unfinished": [item.name for item in back.unfinished],
    }


def _standing(now: Standing) -> Json:
    return {
        "mta": list(now.mta),
        "last": None if now.last is None else _transaction(now.last),
        "unconfirmed": None
        if now.pending is None
        else {"transaction": now.pending.transaction, "left": now.pending.left},
        "at_work": now.busy,
        "unfinished": now.unfinished,
        "unusable": now.unusable,
        "drift": list(now.drift),
    }


def document(
    visited: Visited[T], *, kind: str, key: str, told: Callable[[T], Json], exit_code: int | None = None
) -> str:
    """One document; what a host told stands under *key*, null where it told nothing. *exit_code*: not the fleet's."""
    hosts: list[Json] = [
        {
            "host": result.host,
            "status": str(result.status),
            "error": error_of(result),
            key: told(visited.values[result.host]) if result.host in visited.values else None,
        }
        for result in visited.fleet.results
    ]
    code = int(visited.fleet.exit_code if exit_code is None else exit_code)
    value: Json = {"format": FORMAT, "kind": kind, "hosts": hosts, "exit_code": code}
    return json.dumps(value, indent=2)


def history(visited: Visited[tuple[Transaction, ...]]) -> str:
    """Each host's transactions, the newest first."""
    return document(
        visited, kind="history", key="transactions", told=lambda items: [_transaction(item) for item in items[::-1]]
    )


def ways_back(visited: Visited[WayBack]) -> str:
    """What a rollback would undo on each host."""
    return document(visited, kind="way-back", key="way_back", told=_back)


def undone(visited: Visited[Undone], *, kind: str) -> str:
    """What `rollback`, `recover` or `confirm` (*kind*) did to each host's transactions."""
    return document(visited, kind=kind, key="done", told=_undone)


def status(visited: Visited[Standing]) -> str:
    """How each host stands."""
    return document(visited, kind="status", key="standing", told=_standing)
