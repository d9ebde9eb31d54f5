"""Damaged answers of hosts: to `observe`, through to the printed plan, and reports of a deploy."""

from __future__ import annotations

import gzip
import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Final

from relayconf.deploy import deploy
from relayconf.errors import RelayconfError
from relayconf.facts import Facts
from relayconf.files import ActualFile
from relayconf.model import At, Direct, Host, Nexthop, Target
from relayconf.mta.base import Resolve
from relayconf.mtas import MTAS
from relayconf.output import json, text
from relayconf.result import FleetResult, failed, planned
from relayconf.rollout import Planner
from relayconf.templating import Templates, default_directories
from tests.fuzz.mutation import mutate
from tests.mta.postfix import hosts as postfix
from tests.shell.answers import Answers
from tests.support.facts import qmail_facts
from tests.support.hosts import qmail_host

_KEY: Final = bytes(32)
_TEMPLATES: Final = Templates(default_directories(None))
_pack = partial(gzip.compress, compresslevel=1, mtime=0)
_TRANSACTION: Final = "20261124T101500Z-3fa2c1"
_OURS: Final = At(host="store", nexthop=Nexthop(host="store.test", port=25))
_REPORT: Final = (
    b"step receive\nstep lock\nrecovering 20261124T101400Z-000000\nleft 20261124T101400Z-000000 qmail:me\n"
    b"recovered 20261124T101400Z-000000 restored\nstep check\nstale qmail:smtproutes its mode is 600, not 644\n"
    b"step save\nstep stage\nstep validate\nstep swap\nfailed swap /c/smtproutes: mv: no luck\nwarning w\n"
    b"rollback-failed qmail:me disk full\nrestored\nend %s\n"
)


def _wanted() -> Sequence[Host]:
    domains: Mapping[str, Target] = {"ours.example": _OURS, ".sub.example": Direct()}
    return (
        postfix.host(postfix.relay("a"), domains=domains, rewrite={"root@m.test": "me@ours.example"}),
        postfix.host(postfix.relay("b", 465), routes={"x@y.example": Direct(), "r.example": postfix.relay("a")}),
        postfix.host(),
    )


@cache
def _scenes() -> Sequence[tuple[Host, Facts, Resolve]]:
    """What is wanted, what is there, and who knows the passwords: hosts that relayconf never saw, has, and left."""
    found = [postfix.State(facts=postfix.facts())]
    found += [postfix.settled(host) for host in _wanted()[:2]]
    scenes: list[tuple[Host, Facts, Resolve]] = [
        (host, state.facts, postfix.secret) for host in _wanted() for state in found
    ]
    routes = (None, b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n", b"# a\n.x:[1.2.3.4]:26\n")
    scenes += [(qmail_host(), qmail_facts(smtproutes=content), postfix.secret) for content in routes]
    return scenes


def _line(file: ActualFile) -> bytes:
    if not file.present:
        return f"absent {file.path} {file.target}\n".encode()
    fields = [str(file.sha256), str(file.size), f"{file.mode or 0:o}", str(file.owner), str(file.group)]
    frozen = "frozen" if file.immutable else "free"
    return f"present {file.path} ".encode() + "\t".join([*fields, frozen, file.target]).encode() + b"\n"


def _answer(facts: Facts, values: Mapping[str, str]) -> bytes:
    """What the script would have said: framed rightly, whatever the contents are."""
    head = b"".join(f"fact {name} {value}\n".encode() for name, value in values.items())
    present = [file for file in facts.files.values() if file.present]
    lines = b"".join(map(_line, facts.files.values()))
    names = " ".join(file.path for file in present)
    contents = f"contents {names}\n".encode() + _pack(b"".join(file.content or b"" for file in present))
    return head + lines + (contents if present else b"") + b"end 0\n"


def _with_damaged_file(facts: Facts, chance: random.Random) -> Facts:
    """One file's content is damaged, and its description fits it: what an admin or another program wrote."""
    file = chance.choice([file for file in facts.files.values() if file.present])
    words = sorted(set(re.findall(rb"[\w.$@/:]+", file.content or b"x")))
    content = mutate(file.content or b"", chance, words)
    changed = replace(file, content=content, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    return replace(facts, files={**facts.files, file.path: changed})


def _with_damaged_value(values: Mapping[str, str], chance: random.Random) -> Mapping[str, str]:
    if not values:
        return values
    name = chance.choice(sorted(values))
    damaged = mutate(values[name].encode(), chance, [value.encode() for value in values.values()])
    return {**values, name: damaged.replace(b"\n", b" ").decode("utf-8", "replace")}


def _damaged_answer(facts: Facts, chance: random.Random) -> bytes:
    values = dict(facts.values)
    if chance.random() < 0.2:
        values["state.unfinished"] = _TRANSACTION
    how = chance.random()
    if how < 0.6:
        facts = _with_damaged_file(facts, chance)
    elif how < 0.8:
        values = dict(_with_damaged_value(values, chance))
    answer = _answer(facts, values)
    if how < 0.8:
        return answer
    head, mark, rest = answer.partition(b"\ncontents ")
    words = sorted(set(re.findall(rb"[^\s]+", head)))
    return mutate(answer, chance, words) if chance.random() < 0.3 else mutate(head, chance, words) + mark + rest


def _report(chance: random.Random) -> bytes:
    status = chance.choice([b"0", b"10", b"11", b"12", b"13"])
    words = sorted(set(re.findall(rb"[^\s]+", _REPORT)))
    lines = (_REPORT % status).splitlines(keepends=True)
    kept = b"".join(line for line in lines[:-1] if chance.random() < 0.6)
    damaged = mutate(kept, chance, words)
    return damaged + lines[-1] if chance.random() < 0.8 else mutate(damaged + lines[-1], chance, words)


def _printed(fleet: FleetResult) -> None:
    """What a user would be shown may hold nothing that a terminal acts on."""
    shown = text.plan(fleet, fleet.fingerprint(_KEY))
    assert shown.replace("\n", "").replace("\t", "").isprintable(), shown
    json.fleet(fleet, kind="plan", fingerprint=fleet.fingerprint(_KEY))


def observed(chance: random.Random) -> str:
    """One case: a plan of a host that answers so, printed. The end in a word. Raises what a user would see raised."""
    host, facts, secret = chance.choice(_scenes())
    # the first recovers, when the answer says so; every further look has the same answer
    answer = _damaged_answer(facts, chance)
    recovers = b"\nfact state.unfinished " in b"\n" + answer and chance.random() < 0.5
    answers = [answer, *([_report(chance)] if recovers else []), *[answer] * 4]
    planner = Planner(templates=_TEMPLATES, secret=secret, key=_KEY)
    try:
        plan = planner.plan(host, Answers(*answers), recover=recovers)
    except RelayconfError as error:
        _printed(FleetResult(results=(failed(host.name, error, None),)))
        raise
    _printed(FleetResult(results=(planned(plan),)))
    return "refused" if plan.is_refused else "planned"


def reported(chance: random.Random) -> str:
    """One case: the report of a deploy. The end in a word. Raises what a user would see raised."""
    host = qmail_host(home=Path("/q"), state=Path("/s"))
    done = deploy(Answers(_report(chance)), host, MTAS[host.mta], [], _TRANSACTION)
    assert all(line.isprintable() for line in (*done.steps, *done.warnings))
    return "applied"
