"""A Postfix host as `observe` found it, with types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from relayconf.errors import ObserveError
from relayconf.facts import Facts
from relayconf.mta.postfix import main_cf, maps, master_cf, ownership
from relayconf.mta.postfix.main_cf import Parameter
from relayconf.mta.postfix.names import (
    MAIN_CF,
    MAPS,
    MASTER_CF,
    PREFIX,
    RECORD,
    SERVICES,
    SOURCES,
    TABLES,
    Lane,
    in_use,
)
from relayconf.mta.postfix.ownership import Record
from relayconf.text import printable

Table = Mapping[str, str]

# As many digits as the shell fragment takes for a generation, and one that its sum may add.
_NUMBER = re.compile("[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """main.cf and master.cf, the generation in use, and the record of what is relayconf's. Passwords are in no `repr`.

    `directory` is where that generation is, None when there is none; `contents` are the sources of its tables and
    `tables` what they say.
    """

    main: bytes = field(repr=False)
    parameters: Mapping[str, Parameter] = field(repr=False)
    master: bytes = field(repr=False)
    services: frozenset[str]
    directory: str | None
    contents: Mapping[str, bytes] = field(repr=False)
    tables: Mapping[str, Table] = field(repr=False)
    record: Record
    lane: Lane
    config_directory: str
    database_type: str
    next_generation: int
    ca_bundle: str
    date: str

    def value(self, name: str) -> str | None:
        """The value of a parameter in main.cf, None when it is not set there."""
        return self.parameters[name].value if name in self.parameters else None

    def is_owned(self, name: str) -> bool:
        """Whether relayconf set the parameter."""
        return name in self.record or name.startswith(PREFIX)

    def owned(self) -> dict[str, str]:
        """The parameters of main.cf that relayconf set, with the values that they have now."""
        return {name: found.value for name, found in self.parameters.items() if self.is_owned(name)}


def _content(facts: Facts, path: str) -> bytes | None:
    found = facts.files.get(path)
    return None if found is None else found.content


def lane_of(parameters: Mapping[str, Parameter]) -> Lane:
    """The slot whose tables are those of the generation in use; the empty lane when it is none of them."""
    lanes: tuple[Lane, ...] = ("a", "b")
    for lane in lanes:
        name = f"relayconf_{lane}_maps"
        if name in parameters and parameters[name].value == f"${MAPS}":
            return lane
    return ""


def _next_generation(value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise ObserveError(f"the host's answer cannot be used: the number of a generation: {printable(value)[:80]}")
    return int(value)


def read(facts: Facts) -> Live:
    """The host's state.

    Raises MainCfError and MapError where Postfix itself, or relayconf's record, could not be read, and ObserveError for
    a number that is none.
    """
    # A fact that is empty on the host comes as `-`.
    values = {name: value for name, value in facts.values.items() if value != "-"}
    main = _content(facts, MAIN_CF) or b""
    parameters = main_cf.parse(main)
    contents = {name: content for name in SOURCES if (content := _content(facts, in_use(name)))}
    master = _content(facts, MASTER_CF) or b""
    return Live(
        main=main,
        parameters=parameters,
        master=master,
        services=frozenset(master_cf.entries(master)) & frozenset(SERVICES),
        directory=parameters[MAPS].value if MAPS in parameters else None,
        contents=contents,
        tables={name: maps.table(contents.get(name, b"")) for name in TABLES},
        record=ownership.check(ownership.read(_content(facts, RECORD))),
        lane=lane_of(parameters),
        config_directory=values.get("postfix.config_directory", "/etc/postfix"),
        database_type=values.get("postfix.database_type", "hash"),
        next_generation=_next_generation(values.get("postfix.next_generation", "1")),
        ca_bundle=values.get("postfix.ca_bundle", ""),
        date=values.get("postfix.date", "-"),
    )
