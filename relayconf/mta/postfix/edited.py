"""What was edited since relayconf set it, and what of somebody else's a wish would take away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from relayconf.drift import Applied, Drift, applied, of_file
from relayconf.errors import MainCfError, MapError
from relayconf.facts import Facts
from relayconf.files import DesiredFile
from relayconf.model import Host
from relayconf.mta.postfix import main_cf, maps, ownership
from relayconf.mta.postfix.generations import directory_of
from relayconf.mta.postfix.live import Live, read
from relayconf.mta.postfix.main_cf import Parameter
from relayconf.mta.postfix.names import MAIN_CF, MAPS, SMTP, SOURCES, in_generation, in_use
from relayconf.mta.postfix.ownership import squeeze
from relayconf.mta.postfix.tables import MAP_NAMES, is_ours, split
from relayconf.mta.postfix.words import shown

_APPLIED = re.compile(r"applied\.postfix:([1-9][0-9]{0,9})/[a-z_]+")
_TRANSPORTS = ("default_transport", "relay_transport")
_USUAL = frozenset({SMTP, "relay"})


def _final(desired: Sequence[DesiredFile]) -> Mapping[str, Parameter] | None:
    """main.cf as it will be in the end; None where nothing is desired."""
    contents = [file.content for file in desired if file.path == MAIN_CF]
    return main_cf.parse(contents[-1] or b"") if contents else None


def _wanted(name: str, disk: str | None, final: Mapping[str, Parameter]) -> str | None:
    wanted = final[name].value if name in final else None
    if name in MAP_NAMES and not any(is_ours(part) for part in split(wanted or "")):
        # Only a table of ours goes; all that the human wrote stays.
        return disk
    return disk if disk is not None and wanted is not None and squeeze(disk) == squeeze(wanted) else wanted


def _parameters(live: Live, final: Mapping[str, Parameter]) -> Iterator[Drift]:
    for name, owned in live.record.items():
        disk = live.value(name)
        if ownership.is_changed(name, disk, owned.applied):
            wanted = _wanted(name, disk, final)
            values = {"last": owned.applied, "disk": disk, "wanted": wanted}
            yield Drift(path=MAIN_CF, name=name, **{key: value and shown(value) for key, value in values.items()})


def _newest(facts: Facts) -> int | None:
    """The generation that relayconf applied last."""
    found: list[tuple[str, int]] = []
    for name in facts.values:
        match = _APPLIED.fullmatch(name)
        last = applied(facts, name.removeprefix("applied.")) if match else None
        if match and last is not None and last.sha256 is not None:
            found.append((last.time, int(match[1])))
    return max(found)[1] if found else None


def _generation(live: Live, facts: Facts, final: Mapping[str, Parameter]) -> Iterator[Drift]:
    """Another generation than ours in main.cf, or none although something there still is to be found in one."""
    newest = _newest(facts)
    is_used = live.directory is not None or any("relayconf_" in owned.applied for owned in live.record.values())
    if newest is None or not is_used or live.directory == directory_of(live, newest):
        return
    wanted = final[MAPS].value if MAPS in final else None
    if wanted != live.directory:
        yield Drift(path=MAIN_CF, name=MAPS, last=directory_of(live, newest), disk=live.directory, wanted=wanted)


def _is_same(one: bytes | None, other: bytes | None) -> bool:
    return maps.table(one or b"") == maps.table(other or b"")


def _tables(
    live: Live, facts: Facts, desired: Sequence[DesiredFile], final: Mapping[str, Parameter]
) -> Iterator[Drift]:
    """Tables of the generation in use that are no longer as they were left, and that another generation replaces."""
    if MAPS in final and final[MAPS].value == live.directory:
        return
    new = {file.replaces: file.content for file in desired if file.replaces is not None and not file.internal}
    for name in SOURCES:
        last: Applied | None = applied(facts, in_generation(_number(facts), name))
        path, disk = in_use(name), facts.files.get(in_use(name))
        content = None if disk is None else disk.content
        if last is None or last.is_still(disk) or _is_same(content, new.get(path)):
            continue
        yield of_file(path, last, disk, stays=path in new)


def _number(facts: Facts) -> int:
    """The generation in use; 0, which none has, when there is none."""
    number = facts.values.get("postfix.generation", "")
    return int(number) if re.fullmatch("[0-9]{1,10}", number) else 0


def drift(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> tuple[Drift, ...]:  # noqa: ARG001  of any host
    """Parameters of main.cf that relayconf set and that have another value, and tables of the generation in use.

    All other edits of main.cf are the admin's business. A table that the wish agrees with is none.
    """
    try:
        live, final = read(facts), _final(desired)
        if final is None:
            return ()
        edited = (*_parameters(live, final), *_generation(live, facts, final), *_tables(live, facts, desired, final))
    except (MainCfError, MapError):
        return ()
    return edited


def takes_over(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> tuple[str, ...]:
    """The admin's own services for mail that leaves, and values of his that `settings` would replace.

    Tables are composed with the admin's, and another relayhost is what the inventory is for.
    """
    try:
        live, final = read(facts), _final(desired)
    except (MainCfError, MapError):
        return ()
    if final is None:
        return ()
    wanted = [*_TRANSPORTS, *host.settings]
    theirs = {name: live.value(name) for name in wanted if not live.is_owned(name)}
    lost = [
        f"{name} = {value}"
        for name, value in theirs.items()
        if value and value not in _USUAL and name in final and squeeze(final[name].value) != squeeze(value)
    ]
    return tuple(f"main.cf: {what}, which relayconf never set, would be replaced" for what in lost)
