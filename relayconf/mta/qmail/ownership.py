"""What `manage` does to the control files of a host: entries of others that would go, and lines without effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relayconf.drift import applied
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import DesiredFile
from relayconf.model import Host, Local
from relayconf.mta.qmail.abilities import error
from relayconf.mta.qmail.control import fold
from relayconf.mta.qmail.locality import Controls
from relayconf.mta.qmail.managed import empty_locals, local_names
from relayconf.mta.qmail.paths import LOCALS, ME, RCPTHOSTS, VIRTUALDOMAINS, name_of
from relayconf.mta.qmail.reading import names_of, same_meaning
from relayconf.mta.qmail.turns import afterwards, controls_in, last_of
from relayconf.mta.qmail.words import key_words, listing


def _entries(path: str, facts: Facts, controls: Controls) -> Sequence[bytes]:
    """What the file says to qmail; an absent `locals` is the name in `me`."""
    if path == LOCALS:
        return sorted(controls.locals)
    if path == VIRTUALDOMAINS:
        return list(controls.virtualdomains)
    return list(names_of(facts.files[path].content or b""))


def _is_said(host: Host, path: str, entry: bytes) -> bool:
    """Whether the inventory says of this entry of `locals` that its mail goes elsewhere."""
    target = host.domains.get(entry.decode("utf-8", "surrogateescape"))
    return path == LOCALS and target is not None and not isinstance(host.target(target), Local)


def lost(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> Iterator[str]:
    """Entries of managed files that relayconf never wrote, and that the inventory does not have."""
    then = afterwards(facts, desired)
    before, after = controls_in(facts), controls_in(then)
    for path in (LOCALS, VIRTUALDOMAINS, RCPTHOSTS):
        if path not in last_of(desired) or applied(facts, path) is not None:
            continue
        stays = set(_entries(path, then, after))
        gone = [entry for entry in _entries(path, facts, before) if entry not in stays]
        names = [key_words(entry) for entry in gone if not _is_said(host, path, entry)]
        if names:
            yield f"entries of {name_of(path)} that the inventory does not have would go: {listing(names)}"


def _dead(host: Host, controls: Controls) -> Iterator[Finding]:
    keys = host.manage.virtualdomains or {}
    dead = [key for key in keys if fold(key.rpartition("@")[2].encode()) in controls.locals]
    if dead:
        text = f"in `manage.virtualdomains`, but in locals too, which comes first: {listing(dead)}"
        ways_out = ("`manage: {locals: true}`, and no line for single addresses of a domain that is local",)
        yield error("qmail-manage-dead", text, *ways_out)


def _me(facts: Facts, wish: DesiredFile | None) -> Iterator[Finding]:
    if wish is None or wish.content is None:
        return
    disk = facts.files[ME]
    if disk.content is None or not same_meaning(ME, disk.content, wish.content):
        text = (
            "me changes: qmail-send goes by the old name, in bounces and for addresses without @, until it starts again"
        )
        yield Finding(code="qmail-me-restart", severity=Severity.WARNING, text=text, ways_out=("restart qmail-send",))


def findings(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> Iterator[Finding]:
    """What a human should know of the files of `manage`."""
    wished, after = last_of(desired), controls_in(afterwards(facts, desired))
    if LOCALS in wished and local_names(host) and not after.locals:
        yield empty_locals()
    yield from _dead(host, after)
    yield from _me(facts, wished.get(ME))
