"""What became of the hosts whose apply was cut: one verdict a cut, and the table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.e2e.cuts.laptop import Contact

End: TypeAlias = Literal["old", "new", "mixed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One cut: its place in words, whether it came to it, and how the host was after the next contact.

    `contact` is that command, and `recovered` says that it had something to put right; `keeps_payload` that a payload
    was left in the state directory for the next deploy to sweep away. `faults` are in words, and none may be: a mixed
    state, files or a lock left over, a contact that failed, a host that did not come to rest, that changed afterwards,
    or was not told, a client that said what is not so.
    """

    host: str
    number: int
    way: str
    kind: str
    place: str
    is_cut: bool
    end: End
    contact: Contact = "apply"
    recovered: bool
    keeps_payload: bool = False
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = "; ".join(self.faults) or "right"
        return f"{self.host} round {self.number}, {self.way}, {self.kind} {self.place}: {self.end}: {words}"


_HEADS = (
    *("cut", "MTA", "cuts", "old", "new", "mixed"),
    *("put right by the next apply", "by recover", "payload kept", "faults"),
)


def table(verdicts: Sequence[Verdict], mtas: Sequence[str]) -> str:
    """Verdicts by kind and MTA, as Markdown; rounds that were over before their cut are counted below it."""
    lines = ["| " + " | ".join(_HEADS) + " |", "|---" * len(_HEADS) + "|"]
    cut = [verdict for verdict in verdicts if verdict.is_cut]
    groups = [(kind, mta) for kind in sorted({verdict.kind for verdict in cut}) for mta in mtas]
    for kind, mta in [*groups, ("all", "")]:
        rows = [one for one in cut if kind == "all" or (one.kind == kind and one.host.startswith(mta))]
        ends = [sum(one.end == end for one in rows) for end in ("old", "new", "mixed")]
        counts = [len(rows), *ends]
        counts += [sum(one.recovered and one.contact == contact for one in rows) for contact in ("apply", "recover")]
        counts += [sum(one.keeps_payload for one in rows), sum(bool(one.faults) for one in rows)]
        if rows or kind == "all":
            lines.append(f"| {kind} | {mta} | " + " | ".join(map(str, counts)) + " |")
    uncut = [verdict for verdict in verdicts if not verdict.is_cut]
    faulty = sum(bool(verdict.faults) for verdict in uncut)
    lines.append(f"\n{len(uncut)} more rounds were over before their cut came; faults among them: {faulty}")
    return "\n".join(lines)
