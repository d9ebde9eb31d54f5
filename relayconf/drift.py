"""What was edited on a host since relayconf last applied something there."""

from __future__ import annotations

from dataclasses import dataclass

from relayconf.facts import Facts
from relayconf.files import ActualFile

AS_WISHED = "as the inventory says"
"""How a whole file is wanted: the diff has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One managed value that is no longer what relayconf left: the value then, on disk now, and as it will be.

    *name* is a parameter in the file, None for the file as a whole. A value of None is absent; no secret is in any.
    """

    path: str
    name: str | None = None
    last: str | None
    disk: str | None
    wanted: str | None

    @property
    def is_overwritten(self) -> bool:
        """Whether `apply` would put something else in the place of what was edited."""
        return self.disk != self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How a transaction left a file: its hash, or None for its absence, and when (ISO 8601, UTC)."""

    sha256: str | None
    transaction: str
    time: str

    def is_still(self, disk: ActualFile | None) -> bool:
        """Whether *disk* is what was left; None counts as absent."""
        return self.sha256 == (disk.sha256 if disk is not None and disk.present else None)


def applied(facts: Facts, path: str) -> Applied | None:
    """What the host's list says of *path*; None when relayconf never applied it, or the line is none."""
    words = facts.values.get(f"applied.{path}", "").split(" ")
    if len(words) != 3:
        return None
    return Applied(sha256=None if words[0] == "-" else words[0], transaction=words[1], time=words[2])


def of_file(path: str, last: Applied, disk: ActualFile | None, *, stays: bool) -> Drift:
    """The drift of a whole file that is no longer as *last* left it; *stays*: the wish has such a file."""
    did = "removed by transaction" if last.sha256 is None else "as transaction"
    left = "" if last.sha256 is None else " left it"
    is_there = disk is not None and disk.present
    return Drift(
        path=path,
        last=f"{did} {last.transaction}{left} on {last.time[:10]}",
        disk=("made since" if last.sha256 is None else "edited since") if is_there else "gone",
        wanted=AS_WISHED if stays else None,
    )
