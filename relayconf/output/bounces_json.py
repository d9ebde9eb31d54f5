"""Rejections as versioned JSON. ASCII, so no escape gets through."""

from __future__ import annotations

import json
from collections.abc import Sequence

from relayconf.bounces.cure import Edit, Explained
from relayconf.bounces.rejection import Rejection
from relayconf.output.bounces import Row
from relayconf.output.json import FORMAT, Json
from relayconf.rejections import Category


def _edit(edit: Edit | None) -> Json:
    if edit is None:
        return None
    return {"host": edit.host, "why": edit.why, "place": edit.place, "lines": list(edit.lines)}


def _category(category: Category | None) -> Json:
    if category is None:
        return None
    return {
        "code": category.code,
        "title": category.title,
        "meaning": category.meaning,
        "cure": category.cure,
    }


def _rejection(item: Rejection) -> dict[str, Json]:
    return {
        "domain": item.domain,
        "speaker": str(item.speaker),
        "host": item.host,
        "address": item.address,
        "port": item.port,
        "reply": item.reply,
        "enhanced": item.enhanced,
        "text": item.text,
        "final": item.final,
        "reporter": item.reporter,
    }


def _explained(item: Explained) -> Json:
    return {
        **_rejection(item.rejection),
        "category": _category(item.rejection.category),
        "count": item.count,
        "edit": _edit(item.edit),
    }


def bounce(items: Sequence[Explained]) -> str:
    """The rejections of a bounce."""
    value: Json = {"format": FORMAT, "kind": "bounce", "rejections": [_explained(item) for item in items]}
    return json.dumps(value, indent=2)


def _row(row: Row) -> Json:
    return {
        "category": row.code,
        "count": row.tally.count,
        "final": row.tally.final,
        "retried": row.tally.retried,
        "domains": dict(row.tally.domains.most_common(20)),
        "examples": [_explained(item) for item in row.examples],
    }


def log(rows: Sequence[Row]) -> str:
    """The categories of a log, the most frequent first."""
    value: Json = {"format": FORMAT, "kind": "bounce-log", "categories": [_row(row) for row in rows]}
    return json.dumps(value, indent=2)
