"""Which MTA is on a host, and what its files say, by the same look that a plan takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from relayconf.errors import ObserveError, UsageError
from relayconf.facts import Facts
from relayconf.files import WatchedFile
from relayconf.model import Host, MtaName
from relayconf.mta.base import Found
from relayconf.mtas import IMPORTERS, MTAS
from relayconf.observe import observe
from relayconf.remote.base import Session
from relayconf.shell import SOURCES

_PREFIX = "source:"
_PATH = re.compile(r"/[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """Files by path, in the place of an MTA's."""

    paths: Sequence[str]
    SHELL: Path = SOURCES

    def parameters(self, host: Host) -> Mapping[str, str]:  # noqa: ARG002  of any host
        return {}

    def watched(self, host: Host) -> Sequence[WatchedFile]:  # noqa: ARG002  the same on every host
        return [WatchedFile(path=f"{_PREFIX}{path}", managed=False, secret=True) for path in self.paths]


def _more(session: Session, host: Host, paths: Sequence[str]) -> Mapping[str, bytes | None]:
    """The files at *paths*; nothing on a host whose helper reads the usual files alone."""
    readable = tuple(dict.fromkeys(path for path in paths if _PATH.fullmatch(path)))
    if not readable or host.ssh.become == "helper":
        return {}
    files = observe(session, host, _Sources(paths=readable)).files
    return {path.removeprefix(_PREFIX): file.content for path, file in files.items()}


def _facts(session: Session, host: Host, named: MtaName | None) -> tuple[MtaName, Facts]:
    """The MTA that is there, and its facts."""
    answers: dict[MtaName, Facts] = {}
    errors: list[ObserveError] = []
    for name in IMPORTERS if named is None else (named,):
        try:
            answers[name] = observe(session, replace(host, mta=name), MTAS[name])
        except ObserveError as error:
            errors.append(error)
    if len(answers) > 1:
        raise UsageError(f"{host.name} has both {' and '.join(answers)}", hint="say which with --mta")
    if not answers:
        raise ObserveError("; ".join(error.message for error in errors), hint=errors[-1].hint)
    return next(iter(answers.items()))


def look(session: Session, host: Host, named: MtaName | None) -> tuple[MtaName, Found]:
    """What the files of *host* say, and whose they are: the MTA's that is *named*, else of the one that is there.

    Raises UsageError when more than one is, ObserveError when none is or its files cannot be read.
    """
    name, facts = _facts(session, host, named)
    importer = IMPORTERS[name]
    more = _more(session, host, importer.sources(facts))
    return name, importer.found(replace(host, mta=name), facts, more)
