"""Damaged bounces and logs, through to what is printed."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from relayconf.bounces.cure import Explained, explained
from relayconf.bounces.reader import lines, read, read_log
from relayconf.bounces.tally import distinct, tallies
from relayconf.model import Inventory
from relayconf.output import bounces, bounces_json
from tests.fuzz.mutation import mutate, retell
from tests.support.hosts import ISP, qmail_host

_DATA: Final = Path(__file__).parents[1] / "data/bounces/variants"
_HOST: Final = qmail_host(home=Path("/q"), state=Path("/s"))
_INVENTORY: Final = Inventory(file="i", relays={"isp": ISP}, hosts={_HOST.name: _HOST}, groups=())


@cache
def _variants() -> Sequence[bytes]:
    return [path.read_bytes() for path in sorted(_DATA.iterdir())]


@cache
def _words() -> Sequence[bytes]:
    odd = (b"utf-7", b"unicode_escape", b"hex", b"base64", b"quoted-printable", b"x-uuencode", b"message/rfc822")
    return [*sorted(set(re.findall(rb"[\w./-]+:?", b" ".join(_variants())))), *odd]


def _told(data: bytes) -> tuple[Explained, ...]:
    return tuple(explained(item, count, _INVENTORY) for item, count in distinct(read(data)))


def run(chance: random.Random) -> str:
    """One case. The end in a word."""
    damage = retell if chance.random() < 0.3 else mutate
    data = damage(chance.choice(_variants()), chance, _words())
    items = _told(data)
    rows = [
        bounces.Row(code=code, tally=tally, examples=tuple(explained(item, 1, _INVENTORY) for item in tally.examples))
        for code, tally in tallies(read_log(lines(io.BytesIO(data))))
    ]
    for shown in (bounces.bounce(items), bounces.log(rows)):
        assert shown.replace("\n", "").isprintable(), shown
    assert bounces_json.bounce(items).isascii()
    assert bounces_json.log(rows).isascii()
    if not items:
        return "nothing"
    return "known" if any(item.rejection.category for item in items) else "unknown"
