"""Which flavour a host has, and what follows for its files: named by the inventory, else found on the host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from relayconf.drift import applied
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import DesiredFile
from relayconf.model import Host
from relayconf.mta.qmail.abilities import error
from relayconf.mta.qmail.detection import NO_PROGRAM, Detection, detect, environment_of
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS, Flavour
from relayconf.mta.qmail.lines import credentials_of
from relayconf.mta.qmail.paths import AUTHSENDERS, split_variant
from relayconf.mta.qmail.refusals import able, is_refused, of_flavour, refusals, targets

_NAME_IT = "`flavour:` in the inventory, when you know better"


def flavour_of(host: Host, facts: Facts) -> Flavour:
    """The flavour that *host* is treated as having: classic where nothing is known."""
    if host.flavour is not None:
        return FLAVOURS[host.flavour]
    return detect(facts.values).flavour or CLASSIC


def _left(facts: Facts, files: Sequence[DesiredFile]) -> Iterator[DesiredFile]:
    """The table of senders that relayconf left here, when the inventory has no senders any more."""
    last = applied(facts, AUTHSENDERS)
    if last is not None and last.sha256 is not None and all(file.path != AUTHSENDERS for file in files):
        yield DesiredFile(path=AUTHSENDERS, content=None, secret=True)


def chosen(host: Host, facts: Facts, rendered: Sequence[DesiredFile]) -> tuple[DesiredFile, ...]:
    """The files of *rendered* that are for this very host; none when it has a flavour that they are not for.

    Files with passwords are for qmail-remote's group alone.
    """
    flavour = flavour_of(host, facts)
    files = []
    for file in rendered:
        name, path = split_variant(file.path)
        if name in {None, flavour.name}:
            files.append(replace(file, path=path))
    files += _left(facts, files)
    return tuple(_guarded(facts, file) if file.secret and file.content is not None else file for file in files)


def _guarded(facts: Facts, file: DesiredFile) -> DesiredFile:
    """Who is not root owns all there is, and can give nothing away."""
    group = facts.values.get("qmail.group") if facts.values.get("host.uid") == "0" else None
    return replace(file, mode=0o640, group=group)


def _with_evidence(findings: Sequence[Finding], evidence: str) -> Iterator[Finding]:
    for finding in findings:
        is_error = finding.severity is Severity.ERROR and finding.code.startswith("qmail-")
        yield replace(finding, text=f"{finding.text} ({evidence})") if is_error else finding


def _unnamed(host: Host, found: Detection) -> Iterator[Finding]:
    """The inventory names no flavour: what was found there decides."""
    others = able(host)
    needs_more = bool(others) and CLASSIC not in others
    if found.flavour is None and needs_more:
        text = f"the wish needs a certain flavour of qmail, and which one is here is unknown: {found.evidence}"
        yield error("qmail-flavour", text, _NAME_IT)
        return
    if found.flavour is not None and not found.flavour.is_proved:
        text = f"this host has {found.flavour.name} ({found.evidence}), which relayconf knows from its sources alone"
        yield error("qmail-flavour", text, f"`flavour: {found.flavour.name}` confirms that it may be written for")
        return
    if found.flavour is None and found.evidence != NO_PROGRAM:
        text = f"which flavour of qmail this host has is unknown, and classic is taken for granted: {found.evidence}"
        yield Finding(code="qmail-flavour", severity=Severity.NOTE, text=text, ways_out=(_NAME_IT,))
    told = refusals(host)
    untold = [item for item in of_flavour(host, found.flavour or CLASSIC) if item not in told]
    yield from _with_evidence(untold, found.evidence)


def _named(host: Host, flavour: Flavour, found: Detection, facts: Facts) -> Iterator[Finding]:
    """The inventory names one: what was found may contradict it, and would tear what is written otherwise."""
    logs_in = any(credentials_of(target) for target in targets(host))
    other = found.flavour
    if other is not None and other is not flavour:
        text = f"the inventory says `flavour: {flavour.name}`, but this host has {other.name}: {found.evidence}"
        reads_alike = flavour.port_mark == other.port_mark and (not logs_in or flavour.auth_mark == other.auth_mark)
        is_harmless = reads_alike and not is_refused(of_flavour(host, other))
        severity = Severity.WARNING if is_harmless else Severity.ERROR
        ways_out = (f"`flavour: {other.name}`", "take `flavour:` out")
        yield Finding(code="qmail-flavour", severity=severity, text=text, ways_out=ways_out)
    variable = flavour.needs_variable
    if variable and variable not in environment_of(facts.values) and logs_in:
        text = f"{flavour.program} ignores credentials unless qmail-rspawn has {variable} in its environment"
        yield error("qmail-auth", text, f"set {variable} where qmail-send is started")


def flavour_findings(host: Host, facts: Facts) -> tuple[Finding, ...]:
    """What the host's own program says about the wish."""
    found = detect(facts.values)
    if host.flavour is None:
        return tuple(_unnamed(host, found))
    return tuple(_named(host, FLAVOURS[host.flavour], found, facts))
