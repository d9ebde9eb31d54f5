"""Damaged plan files, as `relayconf apply --plan` treats them; half of them are signed by who has the key."""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from relayconf import planfile
from relayconf.masking import Masker
from relayconf.model import Host, Inventory
from relayconf.mtas import MTAS
from relayconf.output import json as output
from relayconf.plan import HostPlan, plan_host
from relayconf.plankey import keyed_digest
from relayconf.render import render
from relayconf.result import FleetResult, planned
from relayconf.savedplan import SavedPlan, differences, inventory_difference, saved_plan
from relayconf.templating import Templates, default_directories
from relayconf.text import printable
from tests.fuzz.mutation import mutate, retell
from tests.mta.postfix import hosts as postfix
from tests.support.facts import qmail_facts
from tests.support.hosts import qmail_host

_KEY: Final = bytes(32)
_TEMPLATES: Final = Templates(default_directories(None))
_MARK: Final = b',\n "mac": "'


def _plan(host: Host) -> HostPlan:
    facts = qmail_facts() if host.mta == "qmail" else postfix.facts()
    rendered = render(host, _TEMPLATES, postfix.secret)
    return plan_host(host=host, mta=MTAS[host.mta], facts=facts, rendered=rendered, masker=Masker(_KEY), key=_KEY)


@cache
def _scene() -> tuple[FleetResult, Inventory, bytes]:
    """A plan of two hosts, their inventory, and the file that it is saved in."""
    hosts = (qmail_host(), postfix.host(postfix.relay("a")))
    fleet = FleetResult(results=tuple(planned(_plan(host)) for host in hosts))
    inventory = Inventory(file="i", relays={}, hosts={host.name: host for host in hosts}, groups=())
    saved = saved_plan(fleet, inventory, key=_KEY, created="2026-11-24T10:15:00Z", version="1")
    shown: object = json.loads(output.fleet(fleet, kind="plan", fingerprint=saved.fingerprint))
    return fleet, inventory, planfile.encode(saved, shown, _KEY)


@cache
def _words(data: bytes) -> Sequence[bytes]:
    odd = (b"NaN", b"1e999", b'"\\ud800"', b"null", b"[" * 5000)
    return [*sorted(set(re.findall(rb"[\w.:/-]+|[\[\]{},]", data))), *odd]


def _signed(body: bytes) -> bytes:
    return body + _MARK + f'{keyed_digest(_KEY, "plan file", body)}"\n}}\n'.encode()


def _used(saved: SavedPlan) -> str:
    """The end in a word, of a plan that can be read."""
    fleet, inventory, _ = _scene()
    other = inventory_difference(saved, inventory, _KEY)
    names = {host.name for host in saved.hosts}
    known = FleetResult(results=tuple(result for result in fleet.results if result.host in names))
    moved = differences(saved, known, _KEY)
    assert printable(f"{other}{moved}").isprintable()
    if other is not None:
        return "other inventory"
    return "stale" if moved else "same"


def _read(data: bytes, chance: random.Random) -> SavedPlan:
    if chance.random() < 0.8:
        return planfile.decode(data, "plan", _KEY)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan")
        path.write_bytes(data)
        return planfile.read(path, _KEY)


def run(chance: random.Random) -> str:
    """One case. The end in a word. Raises what a user would see raised."""
    _, _, whole = _scene()
    body = whole.partition(_MARK)[0]
    damage = retell if chance.random() < 0.7 else mutate
    # most of a file is for human eyes; what is compared stands in front of that
    size = body.index(b' "shown"') if chance.random() < 0.8 else len(body)
    if chance.random() < 0.5:
        return _used(_read(_signed(damage(body[:size], chance, _words(whole)) + body[size:]), chance))
    data = damage(whole, chance, _words(whole))
    saved = _read(data, chance)
    assert data == whole, "another file was taken for the plan"
    return _used(saved)
