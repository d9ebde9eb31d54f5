"""Managed control files on one host: in which order they become live, so that no mail in between goes astray.

A domain that is no longer received leaves rcpthosts before it leaves `locals`; one that is new is in `locals` before
rcpthosts lets it in. Routes of domains that leave are there before, routes of domains that come go after. The HUP is
between: qmail-send reads `locals` and `virtualdomains` anew on it alone, the others are read at every connection or
delivery (qmail-send(8), qmail-smtpd(8), qmail-remote(8)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from relayconf.facts import Facts
from relayconf.files import ActualFile, DesiredFile
from relayconf.mta.qmail.control import fold, suffixes
from relayconf.mta.qmail.locality import Controls, virtual_key
from relayconf.mta.qmail.paths import LOCALS, RCPTHOSTS, TOLD, VIRTUALDOMAINS
from relayconf.mta.qmail.reading import controls_of, is_local, names_of
from relayconf.mta.qmail.smtproutes import PATH, lookup, parse


def last_of(files: Sequence[DesiredFile]) -> Mapping[str, DesiredFile]:
    """Each file as its last phase leaves it, by path."""
    return {file.path: file for file in files}


def controls_in(facts: Facts) -> Controls:
    """What decides local or remote on the host of *facts*."""
    return controls_of({path: file.content for path, file in facts.files.items()})


def _told(file: ActualFile, wish: DesiredFile) -> ActualFile:
    return replace(file, present=wish.content is not None, content=wish.content)


def afterwards(facts: Facts, files: Sequence[DesiredFile]) -> Facts:
    """*facts* with the files of `manage` as they will be."""
    wished = {path: file for path, file in last_of(files).items() if path in TOLD}
    return replace(facts, files={**facts.files, **{path: _told(facts.files[path], wished[path]) for path in wished}})


def without_virtual(facts: Facts, files: Sequence[DesiredFile]) -> tuple[DesiredFile, ...]:
    """*files*, with no domain in `locals` that the admin's own virtualdomains has: it would win over that line.

    What only a `.suffix` there takes stays where it is now.
    """
    if VIRTUALDOMAINS in last_of(files):
        return tuple(files)
    live = controls_in(facts)

    def is_taken(name: bytes) -> bool:
        return bool(live.virtualdomains.get(name) or (name not in live.locals and virtual_key(live, name)))

    def content(file: DesiredFile) -> bytes:
        lines = (file.content or b"").splitlines(keepends=True)
        return b"".join(line for line in lines if not is_taken(fold(line.rstrip(b" \t\n"))))

    return tuple(replace(file, content=content(file)) if file.path == LOCALS else file for file in files)


def _covers(names: Mapping[bytes, None], name: bytes) -> bool:
    return any(suffix in names for suffix in suffixes(name) if suffix)


def _narrowed(disk: ActualFile, wish: bytes) -> bytes | None:
    """What rcpthosts has both now and then; None where nothing leaves it, or an absent one lets all in."""
    if disk.content is None:
        return wish
    now, then = names_of(disk.content), names_of(wish)
    if all(_covers(then, name) for name in now):
        return None
    if all(_covers(now, name) for name in then):
        return wish
    both = [name for name in then if _covers(now, name)]
    both += [name for name in now if name not in then and _covers(then, name) and b"\r" not in name]
    return b"".join(name + b"\n" for name in both)


def _bridged(facts: Facts, then: Facts, routes: bytes | None) -> bytes | None:
    """*routes* with those that the host has for domains which become local only after them."""
    before, after = controls_in(facts), controls_in(then)
    old, new = parse(facts.files[PATH].content), parse(routes)
    lines = []
    for key in sorted({*after.locals, *after.virtualdomains}):
        if not key or b"@" in key or is_local(before, key) or not is_local(after, key):
            continue
        value = lookup(old, key) or b""
        if value != (lookup(new, key) or b"") and b"\r" not in value:
            lines.append(key + b":" + value + b"\n")
    return (routes or b"") + b"".join(lines) if lines else routes


def _around(facts: Facts, then: Facts, file: DesiredFile, last: int) -> Iterator[DesiredFile]:
    """The routes before the HUP, and once more after it where these have more than they should."""
    content = _bridged(facts, then, file.content)
    yield replace(file, content=content)
    if content != file.content:
        yield replace(file, phase=last)


def in_turn(facts: Facts, files: Sequence[DesiredFile]) -> tuple[DesiredFile, ...]:
    """*files* by phases; nothing is new about them where none is of `manage`."""
    told = {path: file for path, file in last_of(files).items() if path in TOLD}
    if not told:
        return tuple(files)
    then = afterwards(facts, files)
    others = [file for file in files if file.path not in TOLD]
    turn = 1 + max((file.phase for file in others), default=0)
    result = []
    rcpthosts = told.pop(RCPTHOSTS, None)
    if rcpthosts is not None:
        first = _narrowed(facts.files[RCPTHOSTS], rcpthosts.content or b"")
        if first is not None:
            result.append(replace(rcpthosts, content=first))
        if first != rcpthosts.content:
            told[RCPTHOSTS] = rcpthosts
    for file in others:
        result += _around(facts, then, file, turn + 1) if file.path == PATH else [file]
    for path, file in told.items():
        result.append(replace(file, phase=turn if path in {LOCALS, VIRTUALDOMAINS} else turn + 1))
    return tuple(sorted(result, key=lambda file: file.phase))
