"""Files that relayconf never wrote and that say what the inventory says, in words of their own: they stay as they are.

So an inventory that was written from a host changes nothing there, whatever dead lines the host has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from relayconf.drift import applied
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import ActualFile, DesiredFile
from relayconf.model import Host
from relayconf.mta.qmail.choice import flavour_of
from relayconf.mta.qmail.decision import Directory, by_host, read_directory
from relayconf.mta.qmail.detection import environment_of
from relayconf.mta.qmail.encryption import demands_tls
from relayconf.mta.qmail.flavours import Flavour
from relayconf.mta.qmail.flavours.values import ipv4_literal
from relayconf.mta.qmail.lint import is_key
from relayconf.mta.qmail.locality import domain_channel
from relayconf.mta.qmail.paths import QMTPROUTES, TLSDESTINATIONS, name_of
from relayconf.mta.qmail.reading import same_meaning
from relayconf.mta.qmail.route import QmailRoute
from relayconf.mta.qmail.smtproutes import PATH, parse

_MARK = b"Managed by relayconf"


def directory_of(flavour: Flavour, facts: Facts, smtproutes: bytes | None) -> Directory:
    """The control directory of *facts* with another smtproutes in it."""
    files = {name_of(path): file.content for path, file in facts.files.items()}
    return read_directory(flavour, {**files, "smtproutes": smtproutes}, environment_of(facts.values))


def probes(flavour: Flavour, keys: Iterable[bytes]) -> Iterator[bytes]:
    """A domain for every way to match some of *keys*, those that can be part of an address; and one for none."""
    known = {key for key in keys if is_key(flavour, key) and b"@" not in key}
    label = b"probe"
    while any(label in key for key in known):
        label += b"x"
    yield label
    for key in sorted(known - {b""}):
        yield label + key if key.startswith(b".") else key


def _place(route: QmailRoute, *, exact: bool) -> QmailRoute:
    """*route* with the relay's name as DNS takes it, unless files that enforce TLS are found by the name as it is."""
    if address := ipv4_literal(route.host):
        return replace(route, host=address)
    return route if exact else replace(route, host=route.host.lower().removesuffix(b"."))


def routes_alike(one: Directory, other: Directory) -> bool:
    """Whether all mail that both directories do not deliver here goes the same way, with the same credentials.

    Both have the same flavour and differ in smtproutes alone.
    """
    flavour, controls = one.flavour, one.controls
    keys = (one.smtproutes.lines, other.smtproutes.lines, controls.locals, controls.virtualdomains)
    exact = flavour.tls_file == "tlshosts"
    senders = (b"", b"sender@relayconf-probe.invalid") if flavour.bounce_route else (b"",)
    for host in probes(flavour, (key for table in keys for key in table)):
        if domain_channel(controls, host) != "remote":
            continue
        for sender in senders:
            routes = [by_host(directory, host, sender) for directory in (one, other)]
            if routes[0].password is None or _place(routes[0], exact=exact) != _place(routes[1], exact=exact):
                return False
    return True


def _is_untouched(facts: Facts, path: str) -> bool:
    return applied(facts, path) is None


def _is_private(disk: ActualFile, facts: Facts) -> bool:
    """Whether nobody but qmail-remote, root and the owner may read the file, and qmail-remote may."""
    group = facts.values.get("qmail.group", "qmail")
    may_read = disk.mode & 0o400 if disk.owner == "qmailr" else disk.mode & 0o040 and disk.group == group
    return bool(may_read) and not disk.mode & 0o007


def _smtproutes(flavour: Flavour, facts: Facts, want: DesiredFile, disk: ActualFile) -> DesiredFile:
    """*want*, or the file as it is where that routes alike."""
    qmtproutes = facts.files.get(QMTPROUTES)
    is_alone = not (flavour.qmtproutes and qmtproutes is not None and qmtproutes.present)
    live = disk.content or b""
    if want.content is None or not same_meaning(PATH, live, want.content):
        one, other = (directory_of(flavour, facts, content) for content in (live, want.content))
        if not is_alone or not routes_alike(one, other):
            return want
        want = replace(want, content=live)
    return replace(want, mode=None, group=None) if _is_private(disk, facts) else want


def _destinations(want: DesiredFile, disk: ActualFile) -> DesiredFile:
    """*want*, or the file as it is where that demands TLS of every relay of the wish."""
    table = parse(disk.content)
    if all(demands_tls(table, relay) for relay in parse(want.content)):
        return replace(want, content=disk.content)
    return want


def with_kept(host: Host, facts: Facts, wanted: Sequence[DesiredFile]) -> tuple[DesiredFile, ...]:
    """*wanted*, with what is on the host wherever relayconf never wrote it and it means as much."""
    flavour, files = flavour_of(host, facts), []
    for want in wanted:
        disk = facts.files.get(want.path)
        is_theirs = disk is not None and disk.content is not None and _is_untouched(facts, want.path)
        if disk is None or not is_theirs:
            files.append(want)
        elif want.path == PATH:
            files.append(_smtproutes(flavour, facts, want, disk))
        elif want.path == TLSDESTINATIONS:
            files.append(_destinations(want, disk))
        else:
            files.append(want)
    return tuple(files)


def findings(facts: Facts, desired: Sequence[DesiredFile]) -> Iterator[Finding]:
    """That files stay because they mean as much."""
    contents: Mapping[str, bytes | None] = {path: file.content for path, file in facts.files.items()}
    for want in desired:
        content = want.content
        if content is None or contents.get(want.path) != content or not _is_untouched(facts, want.path):
            continue
        if _MARK not in content and want.path in {PATH, TLSDESTINATIONS}:
            text = (
                f"{name_of(want.path)} says as much as the inventory, in words of its own: it stays until that changes"
            )
            yield Finding(code="qmail-kept", severity=Severity.NOTE, text=text)
