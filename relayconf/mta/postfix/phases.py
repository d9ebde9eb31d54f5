"""The steps that a host goes through, as files in phases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from relayconf.errors import MainCfError, MapError
from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.model import Host
from relayconf.mta.postfix import live, ownership
from relayconf.mta.postfix.generations import Step, directory_of, steps
from relayconf.mta.postfix.kept import says_same
from relayconf.mta.postfix.live import Live
from relayconf.mta.postfix.locality import locality
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF, RECORD, SOURCES, in_generation, in_use
from relayconf.mta.postfix.state import wish_of

_SECRET = "sasl_passwd"  # noqa: S105  the name of a table


def _generation(found: Live, step: Step, number: int, *, internal: bool) -> Iterator[DesiredFile]:
    for name in SOURCES:
        if name in step.tables:
            yield DesiredFile(
                path=in_generation(number, name),
                content=step.tables[name],
                secret=name == _SECRET,
                mode=0o600 if name == _SECRET else 0o644,
                owner="root",
                target=f"{directory_of(found, number)}/{name}",
                replaces=in_use(name),
                internal=internal,
            )


def _files(found: Live, way: Sequence[Step]) -> Iterator[DesiredFile]:
    last = max((step.number for step in way if step.number is not None), default=0)
    for step in way:
        if step.number is not None:
            yield from _generation(found, step, step.number, internal=step.number != last)
    for phase, step in enumerate(way, 1):
        yield DesiredFile(path=MASTER_CF, content=step.master, phase=phase)
        if phase == len(way):
            record = ownership.write(step.record)
            yield DesiredFile(path=RECORD, content=record, mode=0o600, owner="root", phase=phase, internal=True)
        # Last, so that nothing stands between its rename and the reload.
        yield DesiredFile(path=MAIN_CF, content=step.main, phase=phase)


def desired(host: Host, facts: Facts, rendered: Sequence[DesiredFile]) -> Sequence[DesiredFile]:  # noqa: ARG001
    """The files of the way from what *facts* found to what was *rendered*, in rising phases.

    Nothing where relayconf never wrote anything and the host does the same already, in words of its own; and nothing
    where Postfix itself could not read the host's files: `findings` says so, as an error.
    """
    try:
        found = live.read(facts)
        wanted = wish_of(rendered, locality(found, facts.values).domains)
        files = tuple(_files(found, steps(found, wanted)))
        return () if says_same(facts, found, files) else files
    except (MainCfError, MapError):
        return ()
