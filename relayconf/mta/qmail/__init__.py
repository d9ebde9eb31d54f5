"""qmail and its family. Routes are managed, other control files where the inventory says so (`manage`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from relayconf.facts import Facts, Finding
from relayconf.files import DesiredFile, WatchedFile
from relayconf.model import Host, Smarthost
from relayconf.mta.base import Question
from relayconf.mta.qmail import checks, ownership, spans
from relayconf.mta.qmail.choice import chosen, flavour_findings
from relayconf.mta.qmail.edited import drift, takes_over
from relayconf.mta.qmail.kept import findings as findings_of_kept
from relayconf.mta.qmail.kept import with_kept
from relayconf.mta.qmail.paths import (
    AUTHSENDERS,
    ENVNOATHOST,
    LOCALS,
    ME,
    PERCENTHACK,
    PREFIX,
    QMTPROUTES,
    RCPTHOSTS,
    SECRET,
    TLSDESTINATIONS,
    VIRTUALDOMAINS,
    certificates,
    split_variant,
)
from relayconf.mta.qmail.probing import probes
from relayconf.mta.qmail.reading import routes, same_meaning
from relayconf.mta.qmail.refusals import refusals
from relayconf.mta.qmail.rendering import render
from relayconf.mta.qmail.smtproutes import PATH
from relayconf.mta.qmail.turns import afterwards, in_turn, without_virtual
from relayconf.mta.qmail.ways import ways

__all__ = [
    "GUARD",
    "SHELL",
    "desired",
    "drift",
    "findings",
    "parameters",
    "questions",
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

# Secret whatever this host's flavour is: other flavours keep passwords there, and so do admins who mistake theirs.
_ROUTES = WatchedFile(path=PATH, managed=True, secret=True)
_CHECKED = (ME, LOCALS, VIRTUALDOMAINS, RCPTHOSTS, PERCENTHACK, ENVNOATHOST)

GUARD: Sequence[Path | str] = (
    Path(__file__).with_name("guard.sh"),
    f"writable='{PATH} {AUTHSENDERS} {TLSDESTINATIONS}'\n",
)
"""The parts that judge a deploy in the helper: the managed files and certificates may be written, and no others."""


def parameters(host: Host) -> Mapping[str, str]:
    """Where qmail lives, when the inventory says it (else it is found there); what of `manage`; the tests.

    The helper is made with these, and lets pass no others: it writes what the inventory managed then.
    """
    given = {
        "qmail_home": host.qmail_home or "",
        "qmail_manage": " ".join(host.manage.names()),
        "qmail_probe": probes(host),
    }
    return {name: value for name, value in given.items() if value}


def watched(host: Host) -> Sequence[WatchedFile]:
    """The control files that `observe` reads; those that enforce TLS are watched for the relays with certificates."""
    targets = (*host.default, *host.routes.values(), *(route.target for route in host.senders.values()))
    relays = (target.relay for target in targets if isinstance(target, Smarthost))
    pems = dict.fromkeys(certificates(relay.host) for relay in relays if relay.ca is not None)
    told = [PREFIX + name for name in host.manage.names()]
    checked = dict.fromkeys((*_CHECKED, *told))
    return (
        _ROUTES,
        WatchedFile(path=AUTHSENDERS, managed=bool(host.senders), secret=True),
        WatchedFile(path=QMTPROUTES, managed=False, secret=True),
        WatchedFile(path=TLSDESTINATIONS, managed=True, secret=False),
        *(WatchedFile(path=path, managed=True, secret=False) for path in pems),
        *(WatchedFile(path=path, managed=path in told, secret=False) for path in checked),
    )


def desired(host: Host, facts: Facts, rendered: Sequence[DesiredFile]) -> Sequence[DesiredFile]:
    """What was rendered for the flavour that the host has, in the order in which it becomes live."""
    wanted = without_virtual(facts, chosen(host, facts, rendered))
    return in_turn(facts, with_kept(host, afterwards(facts, wanted), wanted))


def findings(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> Sequence[Finding]:
    """What a human should know of the host's flavour, and of its files."""
    kept = findings_of_kept(facts, desired)
    found = (*checks.findings(host, facts, desired), *ownership.findings(host, facts, desired))
    return (*flavour_findings(host, facts), *found, *kept)


def secret_spans(path: str, content: bytes) -> Sequence[tuple[int, int]]:
    """Where passwords stand in *content*, as byte offsets; only files of routes can hold any."""
    return spans.secret_spans(content) if split_variant(path)[1] in SECRET else ()


def questions(contents: Mapping[str, bytes | None]) -> Sequence[Question]:  # noqa: ARG001  of none
    """None: qmail has no router that could be asked. The relay's `probe` tries the candidate instead."""
    return ()
