"""Rejections as JSON."""

from __future__ import annotations

import json

from relayconf.bounces.cure import Edit, Explained
from relayconf.bounces.rejection import Told, rejection
from relayconf.bounces.tally import tallies
from relayconf.output.bounces import Row
from relayconf.output.bounces_json import bounce, log

EDIT = Edit(host="edge", why="why", place="i.yaml:1:1", lines=("hosts:",))


def test_a_bounce() -> None:
    """Everything that the text has, and the codes."""
    item = rejection("host x[192.0.2.1] said: 552 5.2.2 Mailbox full\udc80", Told(domain="x.example", reporter="m"))
    text = bounce(
        [Explained(rejection=item, count=2, edit=EDIT), Explained(rejection=rejection("?"), count=1, edit=None)]
    )
    value = json.loads(text)

    assert text.isascii()
    assert (value["format"], value["kind"]) == (1, "bounce")
    first, second = value["rejections"]
    category = first.pop("category")
    assert (category["code"], sorted(category)) == ("mailbox-full", ["code", "cure", "meaning", "title"])
    assert first == {
        "domain": "x.example",
        "speaker": "receiver",
        "host": "x",
        "address": "192.0.2.1",
        "port": None,
        "reply": 552,
        "enhanced": "5.2.2",
        "text": "host x[192.0.2.1] said: 552 5.2.2 Mailbox full\udc80",
        "final": True,
        "reporter": "m",
        "count": 2,
        "edit": {"host": "edge", "why": "why", "place": "i.yaml:1:1", "lines": ["hosts:"]},
    }
    assert (second["category"], second["edit"]) == (None, None)


def test_a_log() -> None:
    """Categories with their counts and examples."""
    ((code, tally),) = tallies([rejection("550 5.1.1 User unknown", Told(domain="x.example"))])
    examples = tuple(Explained(rejection=item, count=1, edit=None) for item in tally.examples)

    value = json.loads(log([Row(code=code, tally=tally, examples=examples)]))

    assert value["kind"] == "bounce-log"
    (row,) = value["categories"]
    assert [row[key] for key in ("category", "count", "final", "retried")] == ["recipient-unknown", 1, 1, 0]
    assert row["domains"] == {"x.example": 1}
    assert len(row["examples"]) == 1
