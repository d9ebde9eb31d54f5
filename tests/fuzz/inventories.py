"""Damaged inventories, as `relayconf check` and `show` treat them."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from relayconf.errors import InventoryError
from relayconf.facts import Severity
from relayconf.inventory import explain, load, select
from relayconf.model import Host, Inventory, SecretRef
from relayconf.mtas import MTAS
from relayconf.output import text
from relayconf.render import render
from relayconf.templating import Templates, default_directories
from tests.fuzz.mutation import mutate, retell

_ROOT: Final = Path(__file__).resolve().parents[2]
_TEMPLATES: Final = Templates(default_directories(None))
_DOMAINS: Final = b"# ours\na.example\n.b.example\n\nb\xc3\xbccher.example\r\n"
_FLEET: Final = (
    b"version: 1\nmta: postfix\nrelays:\n  a: {host: a.test, port: 587, auth: {username: u, password: {env: P}}}\n"
    b"  b:\n    host: b.test\n    endpoints: [{port: 465, tls: secure}, {port: 25, tls: none, auth: none}]\n"
    b"hosts:\n  'node[01-03]': {groups: [g]}\n  edge: {mta: qmail, relay: 'b:25'}\n"
    b"groups:\n  g: {relay: a, routes: {x.example: {relay: b}, anna@y.example: direct, "
    b"z.example: {reject: 5.1.1 no}}}\n"
    b"domains_from: [{file: domains.txt, host: store.test, port: 25}]\ndomains: {.y.example: mx, w.example: local}\n"
    b"rewrite: {root@edge.test: me@w.example}\nrelay: direct\n"
)
_ONE: Final = (
    b"version: 1\ninclude: [more.yaml]\nhosts: {m: {mta: postfix, ssh: {user: root, port: 22, become: sudo}}}\n"
)
_SMALL: Final = (_FLEET, _ONE)
_MORE: Final = b"version: 1\nrelays: {isp: {host: isp.example, port: 25, tls: none}}\nrelay: isp\n"


def _secret(_: SecretRef) -> str:
    return "secret"


@cache
def _seeds() -> Sequence[bytes]:
    cases = sorted(_ROOT.glob("tests/cases/inventory/*/*.yaml"))
    usable = [path.read_bytes() for path in cases if path.stat().st_size < 4000]
    # the whole language is in the example, and takes longer: it is a tenth of what is chosen
    return [(_ROOT / "inventory.example.yaml").read_bytes(), *_SMALL * 4, *usable]


@cache
def _words() -> Sequence[bytes]:
    return sorted(set(re.findall(rb"[\w.@-]+", b" ".join([*_SMALL, _seeds()[0]]))))


def _ask(host: Host) -> str:
    findings = MTAS[host.mta].refusals(host)
    assert all(line.isprintable() for line in text.findings(host.name, findings))
    if any(finding.severity is Severity.ERROR for finding in findings):
        return "refused"
    render(host, _TEMPLATES, _secret)
    return "rendered"


def _load(path: Path) -> Inventory:
    try:
        return load(path)
    except InventoryError as error:
        if not error.problems or not all(str(problem).isprintable() for problem in error.problems):
            raise AssertionError("no problem, or one that cannot be printed") from error
        raise


def run(chance: random.Random) -> str:
    """One case: load it, explain and render its hosts. The end in a word. Raises what a user would see raised."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "inventory.yaml"
        if chance.random() < 0.4:
            path.write_bytes(mutate(chance.choice(_seeds()), chance, _words()))
        else:
            path.write_bytes(retell(chance.choice(_SMALL), chance, _words()))
        damaged = chance.random() < 0.2
        (folder / "domains.txt").write_bytes(mutate(_DOMAINS, chance) if damaged else _DOMAINS)
        (folder / "more.yaml").write_bytes(mutate(_MORE, chance, _words()) if damaged else _MORE)
        inventory = _load(path)
        ends = set()
        for host in select(inventory, ())[:5]:
            assert explain(path, host.name)
            ends.add(_ask(host))
        return "+".join(sorted(ends)) or "no hosts"
