"""Postfix. Parameters of main.cf are merged into the admin's file; the lookup tables live in numbered generations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from relayconf.files import WatchedFile
from relayconf.model import Host
from relayconf.mta.postfix.checks import findings
from relayconf.mta.postfix.edited import drift, takes_over
from relayconf.mta.postfix.guarding import GUARD
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF, RECORD, SOURCES, THEIRS, in_use, theirs
from relayconf.mta.postfix.phases import desired
from relayconf.mta.postfix.questions import questions
from relayconf.mta.postfix.reading import routes, same_meaning, secret_spans
from relayconf.mta.postfix.refusals import refusals
from relayconf.mta.postfix.rendering import render
from relayconf.mta.postfix.ways import ways

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

SHELL = Path(__file__).with_name("postfix.sh")

_WATCHED = (
    *(WatchedFile(path=path, managed=True, secret=False) for path in (MAIN_CF, MASTER_CF, RECORD)),
    *(WatchedFile(path=in_use(name), managed=False, secret=name == "sasl_passwd") for name in SOURCES),
    *(WatchedFile(path=theirs(name), managed=False, secret=name == "smtp_sasl_password_maps") for name in THEIRS),
)


def parameters(host: Host) -> Mapping[str, str]:
    """Where Postfix's configuration is, when the inventory says it; else the shell fragment finds it."""
    return {} if host.config_directory is None else {"config_directory": host.config_directory}


def watched(host: Host) -> Sequence[WatchedFile]:  # noqa: ARG001  the same on every host
    """The files that `observe` reads."""
    return _WATCHED
