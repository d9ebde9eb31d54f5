"""Bounces, logs and pasted text from files as they come."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from relayconf.bounces.reader import MOST_BYTES, lines, read, read_log
from relayconf.bounces.rejection import Rejection

DATA = Path(__file__).parents[1] / "data/bounces"
EXPECTED: Mapping[str, list[list[str | None]]] = json.loads((DATA / "variants.json").read_text(encoding="utf-8"))


def _told(rejections: tuple[Rejection, ...]) -> list[list[str | None]]:
    return [[item.category.code if item.category else None, str(item.speaker), item.domain] for item in rejections]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_variants(name: str) -> None:
    """Folded, truncated, encoded, quoted, in other languages: category, who said it, and the recipient's domain."""
    assert _told(read((DATA / "variants" / name).read_bytes())) == EXPECTED[name]


def test_how_many_are_understood() -> None:
    """Of 110 variants 106: two are no bounces, and two say what nobody can know."""
    assert sorted(EXPECTED) == sorted(path.name for path in (DATA / "variants").iterdir())
    understood = [
        name for name in EXPECTED if any(item.category for item in read((DATA / "variants" / name).read_bytes()))
    ]
    assert (len(EXPECTED), len(understood)) == (110, 106)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_nobody_is_named(name: str) -> None:
    """Local parts, subjects and texts of other people's mail stay where they are."""
    said = "\n".join(item.text for item in read((DATA / "variants" / name).read_bytes()))

    assert [word for word in ("anna", "bo@", "eva", "private", "Hello") if word in said] == []


@pytest.mark.parametrize("name", [name for name in sorted(EXPECTED) if name.endswith((".log", ".json"))])
def test_logs_are_read_line_by_line(name: str) -> None:
    """As with --log."""
    with (DATA / "variants" / name).open("rb") as stream:
        assert _told(tuple(read_log(lines(stream)))) == EXPECTED[name]


def test_samples_pasted() -> None:
    """Each text of a rejection alone is understood, and said by whom it was."""
    for sample in json.loads((DATA / "samples.json").read_text(encoding="utf-8")):
        assert _told(read(sample["text"].encode())) == [[sample["category"], sample["speaker"], None]], sample["id"]


def test_long_lines_are_cut() -> None:
    """A line is read up to a MiB; the next one is whole again."""
    stream = io.BytesIO(b"a" * (3 << 20) + b"\nb\nc")

    assert [len(line) for line in lines(stream)] == [1 << 20, 1, 1]


HOSTILE = {
    "empty lines": b"\n",
    "continuations": b"550-\n",
    "replies": b"550 x\n",
    "fields": b"a: b\n",
    "folded": b"Diagnostic-Code: x\n y\n z\n",
    "recipients": b"Final-Recipient: a@b\nAction: failed\n\n",
    "parts": b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
    "parameters": b"Content-Type: a/b; c=d;",
    "boundaries": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 5000,
    "deliveries": b"delivery 1: failure: a\n",
    "brackets": b'{"queue_id": "a", "recipients": ' + b"[" * 100_000,
    "addresses": b"a@",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_costs_little(name: str) -> None:
    """Whatever stands there as often as fits: seconds at most."""
    data = (HOSTILE[name] * (MOST_BYTES // len(HOSTILE[name]) + 1))[:MOST_BYTES]
    begun = time.process_time()

    read(data)

    assert time.process_time() - begun < 10


def test_what_is_pasted_has_an_end() -> None:
    """A reply is not looked for in whole books."""
    assert len(read(b"550 Relaying denied\n\n" * 300)) == 200
    assert len(read(b"550 5.7.1 Relaying denied\n" + b"and so on\n" * 300)) == 1
