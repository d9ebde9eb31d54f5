"""What was edited in control files since relayconf applied them, and what of somebody else's a wish would take away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from relayconf.drift import Drift, applied, of_file
from relayconf.facts import Facts
from relayconf.files import ActualFile, DesiredFile
from relayconf.model import Host
from relayconf.mta.qmail.ownership import lost
from relayconf.mta.qmail.reading import is_local, same_meaning
from relayconf.mta.qmail.route import route
from relayconf.mta.qmail.smtproutes import PATH, parse
from relayconf.mta.qmail.turns import afterwards, controls_in, last_of
from relayconf.mta.qmail.words import key_words, listing


def _is_wished(disk: ActualFile, want: DesiredFile) -> bool:
    if want.content is None or not disk.present:
        return disk.present is (want.content is not None)
    if disk.content is None:
        return disk.sha256 == hashlib.sha256(want.content).hexdigest()
    return same_meaning(want.path, disk.content, want.content)


def drift(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> tuple[Drift, ...]:  # noqa: ARG001  of any host
    """Files that are neither as they were last applied nor as they are wished."""
    found = []
    for want in last_of(desired).values():
        last = applied(facts, want.path)
        if last is None or last.is_still(disk := facts.files[want.path]) or _is_wished(disk, want):
            continue
        found.append(of_file(want.path, last, disk, stays=want.content is not None))
    return tuple(found)


def _routes(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> Iterator[str]:
    content = facts.files[PATH].content
    if content is None or applied(facts, PATH) is not None:
        return
    controls = controls_in(afterwards(facts, desired))
    want = last_of(desired).get(PATH)
    before, after = parse(content), parse(want.content if want is not None else None)
    lost = [
        key
        for key in before
        if key and not is_local(controls, key) and key not in after and route(before, key) != route(after, key)
    ]
    known = {*host.domains, *host.routes}
    names = [key_words(key) for key in lost if key.decode("utf-8", "surrogateescape") not in known]
    if names:
        yield f"routes of smtproutes that the inventory does not name would go: {listing(names)}"


def takes_over(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> tuple[str, ...]:
    """What relayconf never wrote, the inventory does not name, and would change: routes, and entries of `manage`.

    The default route is no such loss: to name another relay is what the inventory is for.
    """
    return (*_routes(host, facts, desired), *lost(host, facts, desired))
