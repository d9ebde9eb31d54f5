"""What is wrong with a whole control directory, for its own sake: no inventory says how it should be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from relayconf.facts import Finding, Severity
from relayconf.model import TlsLevel
from relayconf.mta.qmail.control import fold
from relayconf.mta.qmail.decision import Directory, Table, read_directory
from relayconf.mta.qmail.encryption import encrypted
from relayconf.mta.qmail.flavours import Around, Flavour
from relayconf.mta.qmail.lint import BOM, lint_thoroughly, place_of
from relayconf.mta.qmail.locality import virtual_key
from relayconf.mta.qmail.reading import is_local
from relayconf.mta.qmail.refusals import MAX_ROUTES, WARN_ROUTES
from relayconf.mta.qmail.route import through
from relayconf.mta.qmail.words import key_words, listing

_NAME = re.compile(rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_KEYS: Mapping[str, re.Pattern[bytes]] = {
    "locals": _NAME,
    "percenthack": _NAME,
    "rcpthosts": re.compile(rb"\.?" + _NAME.pattern),
    "virtualdomains": re.compile(rb"(?:[^\s@]+@)?\.?" + _NAME.pattern + rb"|"),
    "authsenders": re.compile(rb"[^\s@|]*@?" + _NAME.pattern + rb"|\." + _NAME.pattern + rb"|"),
}
"""What an entry, or the key in front of its colon, looks like when something can match it."""

_WITH_VALUES = frozenset({"virtualdomains", "authsenders"})
_ONE_LINE = ("me", "envnoathost")

_REMARKS: Mapping[str, tuple[Severity, str]] = {
    "bom": (Severity.ERROR, "begins with a byte order mark, which is part of its name"),
    "cr": (Severity.ERROR, "holds a carriage return, which is part of its name"),
    "no-colon": (Severity.ERROR, "has no colon and is ignored"),
    "dead": (Severity.ERROR, "is matched by nothing (wildcard sign, blank, dot at its end or foreign character)"),
    "duplicate": (Severity.ERROR, "repeats the key of an earlier line; the last one wins"),
    "again": (Severity.WARNING, "repeats an earlier line"),
}


def _finding(severity: Severity, code: str, text: str, *ways_out: str) -> Finding:
    return Finding(code=f"qmail-{code}", severity=severity, text=text, ways_out=ways_out)


def _fault(name: str, line: bytes) -> str | None:
    if b"\r" in line:
        return "cr"
    key, colon, _ = line.partition(b":")
    if name in _WITH_VALUES and not colon:
        return "no-colon"
    return None if _KEYS[name].fullmatch(key if name in _WITH_VALUES else line) else "dead"


def _lines(name: str, content: bytes) -> Iterator[Finding]:
    """A file of names, with values or without."""
    found: dict[str, list[int]] = {}
    seen: set[bytes] = set()
    for number, raw in enumerate(content.split(b"\n"), start=1):
        line = raw.rstrip(b" \t")
        if not line or line[0] in b"#\0":
            continue
        what = "bom" if number == 1 and line.startswith(BOM) else _fault(name, line)
        if what:
            found.setdefault(what, []).append(number)
        key = fold(line.partition(b":")[0] if name in _WITH_VALUES else line)
        if key in seen and what is None:
            found.setdefault("duplicate" if name in _WITH_VALUES else "again", []).append(number)
        seen.add(key)
    for what, numbers in found.items():
        severity, remark = _REMARKS[what]
        yield _finding(severity, f"{name}-{what}", f"{name}, {place_of(numbers)}: {remark}")


def _first_line(name: str, content: bytes) -> Iterator[Finding]:
    line = content.partition(b"\n")[0]
    for what, is_there in (("bom", line.startswith(BOM)), ("cr", b"\r" in line)):
        if is_there:
            severity, remark = _REMARKS[what]
            yield _finding(severity, f"{name}-{what}", f"{name}: {remark}")


def _newlines(files: Mapping[str, bytes | None]) -> Iterator[Finding]:
    for name, content in files.items():
        if content and not content.endswith(b"\n") and (name in _KEYS or name == "smtproutes"):
            text = f"{name} has no newline at its end: a line appended to it is glued to the last"
            yield _finding(Severity.WARNING, f"{name}-no-newline", text)


def _absent(files: Mapping[str, bytes | None]) -> Iterator[Finding]:
    if files.get("me") is None:
        text = "me is missing: qmail-send does not start, and qmail-remote leaves all mail in the queue"
        yield _finding(Severity.ERROR, "no-me", text, "write the host's own name into it")
    if files.get("rcpthosts") is None:
        text = "rcpthosts is missing: qmail-smtpd takes mail for every domain from everyone, an open relay"
        yield _finding(Severity.ERROR, "open-relay", text, "list the domains that this host receives mail for")
    if files.get("locals") == b"":
        yield _finding(Severity.WARNING, "no-locals", "locals is empty: nothing is local, not even the host's own name")


def _shadowed(directory: Directory) -> Iterator[Finding]:
    controls = directory.controls
    if virtual_key(controls, b"") is not None:
        text = "virtualdomains has a line for every domain: what is not in locals is local, and no route is ever used"
        yield _finding(Severity.WARNING, "catch-all", text)
        return
    dead = [key_words(key) for key in directory.smtproutes.lines if key and is_local(controls, key)]
    if dead:
        text = f"smtproutes has lines without effect, since locals or virtualdomains has their domains: {listing(dead)}"
        yield _finding(Severity.WARNING, "route-shadowed", text)


def _credentials(directory: Directory, table: Table) -> Iterator[Finding]:
    """Passwords on their way over a line that nothing makes TLS."""
    flavour = directory.flavour
    read = flavour.read_sender if table is directory.senders and flavour.read_sender else flavour.read
    around = Around(port=table.port, environment=directory.environment | {flavour.needs_variable})
    for value in dict.fromkeys(table.lines.values()):
        hop = read(value, around)
        if not hop.user or encrypted(directory.encryption, through(hop))[1] not in {TlsLevel.NONE, TlsLevel.MAY}:
            continue
        where = f"{table.name}, {key_words(hop.host)}:{hop.port}"
        if flavour.tls_file == "tlsdestinations":
            text = f"{where}: mail is lost when the relay offers AUTH only after STARTTLS, which nothing demands"
            yield _finding(Severity.ERROR, "lost-mail", text, "a line for the relay in tlsdestinations")
        else:
            text = f"{where}: the password crosses the network in clear unless the relay offers STARTTLS"
            yield _finding(Severity.WARNING, "plaintext-auth", text)


def _unread(flavour: Flavour, files: Mapping[str, bytes | None]) -> Iterator[Finding]:
    """Files that the flavour does not look at."""
    unread = {
        "authsenders": flavour.read_sender is None,
        "qmtproutes": not flavour.qmtproutes,
        "tlsdestinations": flavour.tls_file != "tlsdestinations",
    }
    for name, is_unread in unread.items():
        if is_unread and files.get(name) is not None:
            yield _finding(Severity.WARNING, "unread", f"{name} is there, but {flavour.program} does not read it")
    folders = Counter(name.partition("/")[0] for name in files if "/" in name)
    if folders["tlshosts"] and flavour.tls_file != "tlshosts":
        yield _finding(Severity.WARNING, "unread", f"tlshosts is there, but {flavour.program} does not read it")


def _size(directory: Directory) -> Iterator[Finding]:
    count = len(directory.smtproutes.lines)
    if count >= WARN_ROUTES:
        severity = Severity.ERROR if count > MAX_ROUTES else Severity.WARNING
        yield _finding(severity, "many-routes", f"every remote delivery reads all {count:,} routes of smtproutes")


def lint_directory(flavour: Flavour, files: Mapping[str, bytes | None]) -> tuple[Finding, ...]:
    """What is wrong with the control directory that holds *files*, read by *flavour*. By errors mail goes wrong.

    Lines are named by number, and no text of a value is repeated.
    """
    directory = read_directory(flavour, files)
    found = [*_absent(files)]
    smtproutes = files.get("smtproutes")
    if smtproutes is not None:
        found += lint_thoroughly(smtproutes, flavour)
    for name in _KEYS:
        content = files.get(name)
        if content is not None and (name != "authsenders" or flavour.read_sender):
            found += _lines(name, content)
    for name in _ONE_LINE:
        found += _first_line(name, files.get(name) or b"")
    found += [*_newlines(files), *_shadowed(directory), *_unread(flavour, files), *_size(directory)]
    for table in (directory.smtproutes, directory.senders):
        found += _credentials(directory, table)
    return tuple(dict.fromkeys(found))
