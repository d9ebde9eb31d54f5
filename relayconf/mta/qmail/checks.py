"""Checks of a qmail host against the inventory, from the control files that `observe` brought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from relayconf.facts import Facts, Finding, Severity
from relayconf.files import ActualFile, DesiredFile
from relayconf.model import Host, Local
from relayconf.mta.qmail.choice import flavour_of
from relayconf.mta.qmail.control import entries, fold, suffixes
from relayconf.mta.qmail.lint import lint
from relayconf.mta.qmail.locality import Controls, virtual_key
from relayconf.mta.qmail.paths import LOCALS, ME, RCPTHOSTS, VIRTUALDOMAINS
from relayconf.mta.qmail.reading import controls_of, is_local
from relayconf.mta.qmail.route import route
from relayconf.mta.qmail.smtproutes import PATH, parse
from relayconf.mta.qmail.turns import afterwards, last_of
from relayconf.mta.qmail.words import listing, route_words

# Read by qmail-send and qmail-smtpd, which are other users.
_OTHERS = frozenset({LOCALS, VIRTUALDOMAINS, RCPTHOSTS})
_HUP = "then send HUP to qmail-send"


def _warning(code: str, text: str, *ways_out: str) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, text=text, ways_out=ways_out)


def _is_known(file: ActualFile | None) -> bool:
    """Whether the file's content, or its absence, is known."""
    return file is not None and (not file.present or file.content is not None)


def _local_ways_out(keys: Sequence[str]) -> tuple[str, ...]:
    wildcards = [key for key in keys if key.startswith(".")]
    ways = []
    if len(wildcards) < len(keys):
        ways.append(f"add the missing lines to locals on the host, {_HUP}")
    if wildcards:
        ways.append(f"add {listing(wildcards)} to virtualdomains, since locals has no wildcards, {_HUP}")
    return (*ways, "say in the inventory where it is delivered, such as `{at: HOST}`")


def _not_local(controls: Controls, keys: Sequence[str], table: Mapping[bytes, bytes]) -> Iterator[Finding]:
    """Domains that the inventory calls local, and qmail does not: their mail would leave."""
    by_way: dict[str, list[str]] = {}
    for key in keys:
        if not is_local(controls, key.encode()):
            by_way.setdefault(route_words(route(table, key.encode())), []).append(key)
    for way, missing in by_way.items():
        yield Finding(
            code="qmail-not-local",
            severity=Severity.ERROR,
            text=f"local in the inventory, but neither in locals nor in virtualdomains: {listing(missing)}; "
            f"such mail would leave: {way}",
            ways_out=_local_ways_out(missing),
        )


def _locality(host: Host, contents: Mapping[str, bytes | None], table: Mapping[bytes, bytes]) -> Iterator[Finding]:
    controls = controls_of(contents)
    ours: list[str] = []
    others: list[str] = []
    for key, target in host.recipients():
        if "@" not in key:
            (ours if isinstance(target, Local) else others).append(key)
    # A line with an empty value takes its domain out of a wildcard that is local.
    exempt = (key.decode("utf-8", "backslashreplace") for key, value in controls.virtualdomains.items() if not value)
    ours += [key for key in exempt if key and "@" not in key and isinstance(host.intended(key)[1], Local)]
    yield from _not_local(controls, tuple(dict.fromkeys(ours)), table)
    if virtual_key(controls, b"") is not None:
        yield _warning(
            "qmail-catch-all",
            "virtualdomains has a line for every domain (`:prefix`): what is not in locals is delivered here too, "
            "and no route is ever used",
            f"take the line out of virtualdomains, {_HUP}",
        )
        return
    shadowed = [key for key in others if is_local(controls, key.encode())]
    if shadowed:
        yield _warning(
            "qmail-route-shadowed",
            f"routed elsewhere by the inventory, but local here by locals or virtualdomains: {listing(shadowed)}; "
            "the route has no effect",
            f"take the lines out of locals or virtualdomains, {_HUP}",
            "`local` in the inventory",
        )


def _rcpthosts(host: Host, file: ActualFile | None) -> Iterator[Finding]:
    if file is None or not _is_known(file):
        return
    if file.content is None:
        yield _warning(
            "qmail-open-relay",
            "control/rcpthosts is missing: qmail-smtpd takes mail for every domain from everyone, an open relay",
            "list the domains that this host receives mail for in control/rcpthosts",
        )
        return
    listed = {fold(entry) for entry in entries(file.content)}
    ours = (key for key, target in host.recipients() if isinstance(target, Local) and "@" not in key)
    missing = [key for key in ours if listed.isdisjoint(list(suffixes(key.encode()))[:-1])]
    if missing:
        yield Finding(
            code="qmail-not-received",
            severity=Severity.NOTE,
            text=f"local in the inventory, but not in rcpthosts: {listing(missing)}; such mail from outside is refused "
            "unless morercpthosts.cdb has them",
        )


def _is_readable(file: ActualFile, group: str) -> bool:
    """Whether qmail-remote, which runs as qmailr and that group, may read the file."""
    if file.owner == "qmailr":
        return bool(file.mode & 0o400)
    return bool(file.mode & (0o040 if file.group == group else 0o004))


def _readability(file: ActualFile | None, group: str) -> Iterator[Finding]:
    if file is None or not file.present or _is_readable(file, group):
        return
    name = file.path.partition(":")[2]
    yield Finding(
        code="qmail-unreadable",
        severity=Severity.ERROR,
        text=f"control/{name} is {file.mode:04o} {file.owner}:{file.group or '?'}: qmail-remote, as qmailr:{group}, "
        "cannot read it and leaves all mail in the queue",
        ways_out=(f"chmod 0644, or with passwords in it 0640 and chgrp {group}",),
    )


def _outcome(file: ActualFile | None, wish: DesiredFile) -> ActualFile | None:
    """The file as it will be: what is not wished stays, and a new file without a wish is for everybody to read."""
    if file is None or (not file.present and wish.mode is None):
        return None
    return replace(
        file,
        present=True,
        mode=file.mode if wish.mode is None else wish.mode,
        owner=wish.owner or file.owner or "root",
        group=wish.group or file.group,
    )


def _me(file: ActualFile | None) -> Iterator[Finding]:
    if file is not None and not file.present:
        yield Finding(
            code="qmail-no-me",
            severity=Severity.ERROR,
            text="control/me is missing: without it qmail-remote leaves all mail in the queue",
            ways_out=("write the host's own name into control/me",),
        )


def findings(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> tuple[Finding, ...]:
    """What a human should know of *host*; files whose content is not in *facts* are not judged."""
    then, wished = afterwards(facts, desired), last_of(desired)
    files = {path: then.files.get(path) for path in (PATH, ME, LOCALS, VIRTUALDOMAINS, RCPTHOSTS)}
    # The group that qmail-rspawn runs as; Debian's and the author's name for it when the host did not say.
    group = facts.values.get("qmail.group", "qmail")
    found = [*_me(files[ME]), *_readability(facts.files.get(ME), group)]
    for wish in wished.values():
        if wish.content is not None and wish.path not in _OTHERS:
            found += _readability(_outcome(facts.files.get(wish.path), wish), group)
    if all(_is_known(files[path]) for path in (ME, LOCALS, VIRTUALDOMAINS)):
        contents = {path: file.content for path, file in files.items() if file is not None}
        wanted = wished.get(PATH)
        found += _locality(host, contents, parse(wanted.content if wanted is not None else None))
    found += _rcpthosts(host, files[RCPTHOSTS])
    smtproutes = files[PATH]
    if smtproutes is not None and smtproutes.content is not None:
        found += lint(smtproutes.content, flavour_of(host, facts))
    return tuple(found)
