"""Examinations as a human reads them. Values in, text out; nothing here prints."""

from __future__ import annotations

from collections.abc import Sequence

from relayconf.doctor.values import Examination, Symptom, Verdict
from relayconf.output.tables import columns
from relayconf.output.text import failures
from relayconf.text import printable
from relayconf.visits import Visited

_WIDTH = 110
_MOST = 300
"""Characters that one line of evidence may have."""


def _shown(text: str) -> str:
    safe = printable(text)
    return safe if len(safe) <= _MOST else f"{safe[:_MOST]}…"


def _symptom(symptom: Symptom) -> list[tuple[str, str, str]]:
    about = f"{symptom.about}: " if symptom.about else ""
    first = (str(symptom.level), str(symptom.code), _shown(f"{about}{symptom.text}"))
    return [first, *(("", "", f"  {_shown(line)}") for line in symptom.evidence)]


def _verdict(verdict: Verdict) -> list[str]:
    because = f" ({', '.join(verdict.because)})" if verdict.because else ""
    lines = columns([("verdict", printable(f"{verdict.text}{because}"))], max_width=_WIDTH)
    if verdict.lines:
        lines.append(f"    in the inventory{f', at {printable(verdict.place)}' if verdict.place else ''}:")
        lines += [f"      {printable(line)}" for line in verdict.lines]
    return lines


def _block(host: str, examination: Examination) -> list[str]:
    rows = [row for symptom in examination.symptoms for row in _symptom(symptom)]
    verdicts = [line for verdict in examination.verdicts for line in _verdict(verdict)]
    return [host, *columns(rows, max_width=_WIDTH), *verdicts, ""]


def text(visited: Visited[Examination]) -> str:
    """Each host with its symptoms and verdicts, a block each; then the hosts that could not be examined."""
    blocks: list[Sequence[str]] = [_block(printable(host), found) for host, found in visited.values.items()]
    lines = [line for block in (*blocks, failures(visited.fleet)) for line in block]
    return "\n".join(lines).rstrip("\n")
