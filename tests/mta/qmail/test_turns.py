"""In which order managed files become live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.mta.qmail.locality import domain_channel, read_controls
from relayconf.mta.qmail.paths import AUTHSENDERS, HELOHOST, LOCALS, ME, RCPTHOSTS, VIRTUALDOMAINS, certificates
from relayconf.mta.qmail.smtproutes import PATH, lookup, parse
from relayconf.mta.qmail.turns import afterwards, in_turn, without_virtual
from tests.support.facts import actual, qmail_facts

PEM = certificates("isp.example")


def on_host(**files: bytes | None) -> Facts:
    """A host with these control files."""
    facts = qmail_facts()
    changed = {f"qmail:{name}": actual(f"qmail:{name}", content) for name, content in files.items()}
    return replace(facts, files={**facts.files, HELOHOST: actual(HELOHOST, None), **changed})


def wish(*files: tuple[str, bytes]) -> Sequence[DesiredFile]:
    """Files as they are rendered: none of a later phase."""
    return [DesiredFile(path=path, content=content) for path, content in files]


def turns(facts: Facts, files: Sequence[DesiredFile]) -> list[tuple[int, str, bytes | None]]:
    """Phase, path and content of what becomes live."""
    return [(file.phase, file.path, file.content) for file in in_turn(facts, files)]


def test_without_manage() -> None:
    """Routes alone are what they were."""
    files = wish((PATH, b":isp\n"), (AUTHSENDERS, b"@a:isp\n"))

    assert in_turn(on_host(), files) == tuple(files)


def test_a_domain_that_comes_and_one_that_goes() -> None:
    """One leaves rcpthosts before locals and has its route then; the other keeps its route until it is in locals."""
    facts = on_host(
        smtproutes=b"new.example:store\n:isp\n",
        locals=b"stays.example\nold.example\n",
        rcpthosts=b"stays.example\nold.example\n",
    )
    files = wish(
        (PATH, b"old.example:store\n:isp\n"),
        (LOCALS, b"stays.example\nnew.example\n"),
        (RCPTHOSTS, b"stays.example\nnew.example\n"),
        (HELOHOST, b"out\n"),
        (ME, b"mx\n"),
    )

    assert turns(facts, files) == [
        (0, RCPTHOSTS, b"stays.example\n"),
        (0, PATH, b"old.example:store\n:isp\nnew.example:store\n"),
        (1, LOCALS, b"stays.example\nnew.example\n"),
        (2, PATH, b"old.example:store\n:isp\n"),
        (2, HELOHOST, b"out\n"),
        (2, ME, b"mx\n"),
        (2, RCPTHOSTS, b"stays.example\nnew.example\n"),
    ]


def test_behind_what_enforces_tls() -> None:
    """The phases that were there come first."""
    files = [
        *wish((PEM, b"pem")),
        DesiredFile(path=PATH, content=b":isp\n", phase=1),
        *wish((VIRTUALDOMAINS, b"")),
    ]

    assert [(phase, path) for phase, path, _ in turns(on_host(), files)] == [(0, PEM), (1, PATH), (2, VIRTUALDOMAINS)]


@pytest.mark.parametrize(
    ("now", "then", "steps"),
    [
        (None, b"a.example\n", [(0, b"a.example\n")]),
        (b"a.example\nb.example\n", b"a.example\n", [(0, b"a.example\n")]),
        (b"a.example\n", b"a.example\nb.example\n", [(2, b"a.example\nb.example\n")]),
        (b"a.example\n", b"A.example\n", [(2, b"A.example\n")]),
        (
            b".a.example\nb.b.example\ncr\r.b.example\nc.example\n",
            b"a.a.example\n.b.example\nd.example\n",
            [(0, b"a.a.example\nb.b.example\n"), (2, b"a.a.example\n.b.example\nd.example\n")],
        ),
        (b"a.example\n", b"b.example\n", [(0, b""), (2, b"b.example\n")]),
    ],
)
def test_rcpthosts(now: bytes | None, then: bytes, steps: list[tuple[int, bytes]]) -> None:
    """What goes, goes first; nothing that stays is refused meanwhile; an open relay is closed at once."""
    found = turns(on_host(rcpthosts=now), wish((PATH, b":isp\n"), (RCPTHOSTS, then)))

    assert [(phase, content) for phase, path, content in found if path == RCPTHOSTS] == steps


@pytest.mark.parametrize(
    ("files", "wished", "first"),
    [
        ({"smtproutes": None}, {}, b":isp\na.example:\n"),
        ({"smtproutes": b".example:store\n"}, {}, b":isp\na.example:store\n"),
        ({"smtproutes": b":isp\n"}, {}, b":isp\n"),
        ({"smtproutes": b"a.example:store\r\n"}, {}, b":isp\n"),
        ({"smtproutes": None, "locals": b"a.example\n"}, {}, b":isp\n"),
        (
            {"smtproutes": b":x\n"},
            {LOCALS: b"", VIRTUALDOMAINS: b".b.example:b\nc@c.example:c\n"},
            b":isp\n.b.example:x\n",
        ),
        ({"smtproutes": b":x\n"}, {LOCALS: b"", VIRTUALDOMAINS: b"a.example:\n"}, b":isp\n"),
    ],
)
def test_routes_until_the_hup(files: Mapping[str, bytes | None], wished: Mapping[str, bytes], first: bytes) -> None:
    """What becomes local keeps the way that it had; nothing is added where it would be the same."""
    told = wished or {LOCALS: b"a.example\n"}
    found = turns(on_host(**files), wish((PATH, b":isp\n"), *told.items()))

    routes = [content for _, path, content in found if path == PATH]
    assert routes == ([first] if first == b":isp\n" else [first, b":isp\n"])


def test_no_routes_wanted() -> None:
    """A smtproutes that is to go stays until the HUP with what is needed till then."""
    files = [DesiredFile(path=PATH, content=None), *wish((LOCALS, b"a.example\n"))]

    assert turns(on_host(smtproutes=b"a.example:store\n"), files) == [
        (0, PATH, b"a.example:store\n"),
        (1, LOCALS, b"a.example\n"),
        (2, PATH, None),
    ]


@pytest.mark.parametrize(
    ("virtual", "locals_", "left"),
    [
        (None, b"", b"# note\na.example\nb.example\n"),
        (b"A.example:anna\n", b"", b"# note\nb.example\n"),
        (b"a.example:anna\n", b"a.example\n", b"# note\nb.example\n"),
        (b"a.example:\n", b"", b"# note\na.example\nb.example\n"),
        (b".example:all\na.example:\n", b"", b"# note\na.example\n"),
        (b".example:all\n", b"b.example\n", b"# note\nb.example\n"),
        (b":all\n", b"", b"# note\na.example\nb.example\n"),
    ],
)
def test_the_admin_s_virtual_domains(virtual: bytes | None, locals_: bytes, left: bytes) -> None:
    """They are no business of locals; a wildcard takes what is not in locals now, and a line for all takes nothing."""
    facts = on_host(virtualdomains=virtual, locals=locals_)
    routes, names = without_virtual(facts, wish((PATH, b":isp\n"), (LOCALS, b"# note\na.example\nb.example\n")))

    assert (routes.content, names.content) == (b":isp\n", left)


def test_managed_virtual_domains() -> None:
    """Then the inventory alone says what is in locals."""
    files = wish((LOCALS, b"a.example\n"), (VIRTUALDOMAINS, b""))

    assert without_virtual(on_host(virtualdomains=b"a.example:a\n"), files) == tuple(files)


def test_afterwards() -> None:
    """The files of `manage` as they will be; the routes as they are."""
    facts = afterwards(
        on_host(smtproutes=b":x\n"), wish((PATH, b":isp\n"), (LOCALS, b"a.example\n"), (HELOHOST, b"a\n"))
    )

    assert facts.files[PATH].content == b":x\n"
    assert facts.files[LOCALS].content == b"a.example\n"
    assert (facts.files[HELOHOST].present, facts.files[HELOHOST].content) == (True, b"a\n")


NAMES = ("a.example", "b.example", "c.example")
SETS = st.sets(st.sampled_from(NAMES))
ROUTES = st.dictionaries(st.sampled_from(("", *NAMES)), st.sampled_from(("", "x", "y")))
State: TypeAlias = tuple[set[str], set[str], set[str], dict[str, str]]
STATES: st.SearchStrategy[State] = st.tuples(SETS, SETS, SETS, ROUTES)


def _files(state: State) -> dict[str, bytes]:
    locals_, virtual, received, routes = state
    lines = {
        PATH: [f"{key}:{value}" for key, value in routes.items()],
        VIRTUALDOMAINS: [f"{name}:user" for name in virtual],
        LOCALS: list(locals_),
        RCPTHOSTS: list(received),
    }
    return {path: "".join(f"{line}\n" for line in found).encode() for path, found in lines.items()}


def _way(told: Mapping[str, bytes], files: Mapping[str, bytes], name: bytes) -> tuple[str, bytes]:
    """What becomes of mail for *name*: qmail-send goes by what it was *told* last, qmail-remote by what is there."""
    channel = domain_channel(read_controls(me=None, locals_=told[LOCALS], virtualdomains=told[VIRTUALDOMAINS]), name)
    return channel, (lookup(parse(files[PATH]), name) or b"") if channel == "remote" else b""


@given(before=STATES, after=STATES)
def test_no_mail_goes_astray(before: State, after: State) -> None:
    """Whenever it comes: it goes the way of before or the way of after.

    It goes the new way alone where it was refused before, the old one alone where it will be refused, and what is
    received before and after is received all the time.
    """
    # Routes of what is local have no lines in what is rendered.
    local = after[0] | after[1]
    rendered = {key: value for key, value in after[3].items() if key not in local}
    old, new = _files(before), _files((after[0], after[1], after[2], rendered))
    facts = on_host(**{path.partition(":")[2]: content for path, content in old.items()})
    steps = in_turn(facts, wish(*((path, new[path]) for path in (PATH, VIRTUALDOMAINS, LOCALS, RCPTHOSTS))))
    told, files = dict(old), dict(old)
    for number, step in enumerate(steps):
        files[step.path] = step.content or b""
        if all(file.phase > step.phase for file in steps[number + 1 :]):
            told = dict(files)
        for name in (*NAMES, "other.example"):
            one, way, last = (_way(*pair, name.encode()) for pair in ((old, old), (told, files), (new, new)))
            doors = [name in names.decode().split() for names in (old[RCPTHOSTS], files[RCPTHOSTS], new[RCPTHOSTS])]
            assert way in {one, last}
            assert way == last or doors[0] or not doors[1]
            assert way == one or doors[2] or not doors[1]
            assert doors[1] or not (doors[0] and doors[2])
    assert files == new
