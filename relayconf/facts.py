"""What `observe` learned of one host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from relayconf.files import ActualFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A host as `observe` found it.

    `values` are the facts that the MTA's own shell fragment printed (`qmail.home`, `qmail.version`, …), as text; the
    MTA's Python gives them types. They come from the host, so they are hostile until escaped or checked.
    `unfinished` is a transaction that waits to be put right: a crash left it behind, or nobody confirmed it in time.
    """

    values: Mapping[str, str]
    files: Mapping[str, ActualFile]
    unfinished: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether no transaction is on its way: what one has written is not yet among what was applied."""
        return self.unfinished is None and "state.busy" not in self.values


class Severity(StrEnum):
    """How much a finding matters. An error refuses the host's plan."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a human should know of one host's plan, with the ways out of it."""

    code: str
    severity: Severity
    text: str
    ways_out: tuple[str, ...] = ()
