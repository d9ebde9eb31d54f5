"""qmail and its family. Only control/smtproutes is managed; the other control files are read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from relayconf.facts import Facts
from relayconf.files import DesiredFile, WatchedFile
from relayconf.model import Host
from relayconf.mta.qmail import spans
from relayconf.mta.qmail.checks import findings
from relayconf.mta.qmail.edited import drift, takes_over
from relayconf.mta.qmail.probing import probes
from relayconf.mta.qmail.reading import LOCALS, ME, RCPTHOSTS, VIRTUALDOMAINS, routes, same_meaning
from relayconf.mta.qmail.refusals import refusals
from relayconf.mta.qmail.rendering import render
from relayconf.mta.qmail.smtproutes import PATH
from relayconf.mta.qmail.ways import ways

__all__ = [
    "SHELL",
    "desired",
    "drift",
    "findings",
    "parameters",
    "refusals",
    "render",
    "routes",
    "same_meaning",
    "secret_spans",
    "takes_over",
    "watched",
    "ways",
]

SHELL = Path(__file__).with_name("qmail.sh")

_WATCHED = (
    # Secret whatever this host's flavour is: other flavours keep passwords there, and so do admins who mistake theirs.
    WatchedFile(path=PATH, managed=True, secret=True),
    *(WatchedFile(path=path, managed=False, secret=False) for path in (ME, LOCALS, VIRTUALDOMAINS, RCPTHOSTS)),
)


def parameters(host: Host) -> Mapping[str, str]:
    """Where qmail lives, when the inventory says it (else it is found there); and the tests of qmail-remote."""
    given = {"qmail_home": host.qmail_home or "", "qmail_probe": probes(host)}
    return {name: value for name, value in given.items() if value}


def watched(host: Host) -> Sequence[WatchedFile]:  # noqa: ARG001  the same on every host so far
    """The control files that `observe` reads."""
    return _WATCHED


def desired(host: Host, facts: Facts, rendered: Sequence[DesiredFile]) -> Sequence[DesiredFile]:  # noqa: ARG001
    """What was rendered: a control file is whole by itself, whatever the host."""
    return rendered


def secret_spans(path: str, content: bytes) -> Sequence[tuple[int, int]]:
    """Where passwords stand in *content*, as byte offsets; only smtproutes can hold any."""
    return spans.secret_spans(content) if path == PATH else ()
