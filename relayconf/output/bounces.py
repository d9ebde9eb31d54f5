"""Rejections as a human reads them. Values in, text out; nothing here prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayconf.bounces.cure import Edit, Explained
from relayconf.bounces.rejection import Rejection
from relayconf.bounces.tally import MOST_DOMAINS, Tally
from relayconf.output.tables import columns
from relayconf.rejections import Category, Speaker
from relayconf.text import printable

_WIDTH = 100
_MOST_SHOWN = 600
"""Characters of a rejection's text that are shown."""

_DOMAINS = 3

NOTHING = "no rejection found"
UNKNOWN = "not known: no phrase or code of it is"

_SPEAKERS = {
    Speaker.RECEIVER: "the receiver",
    Speaker.RELAY: "the relay",
    Speaker.OWN: "our own MTA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A category in a log: its code (None: unknown), how often, and examples."""

    code: str | None
    tally: Tally
    examples: tuple[Explained, ...]


def _server(item: Rejection) -> str:
    parts = dict.fromkeys(part for part in (item.host, item.address) if part)
    name = " ".join(parts) if parts else ""
    return f"{name} port {item.port}" if name and item.port else name


def _who(item: Rejection) -> str:
    server = _server(item)
    if item.speaker is Speaker.OWN:
        own = f"our own MTA{f', {item.reporter}' if item.reporter else ''}"
        return f"{own}, about {server}" if server else own
    return f"{_SPEAKERS[item.speaker]}{f', {server}' if server else ''}"


def _title(item: Rejection, count: int) -> str:
    what = {True: "refused for good", False: "to be tried again", None: "refused"}[item.final]
    times = f" ({count} times)" if count > 1 else ""
    return f"{item.domain or 'a recipient'}: {what}{times}"


def _shown(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _said(item: Rejection) -> list[tuple[str, str]]:
    rows = [("said by", _who(item)), ("said", _shown(item.text))]
    return [(name, printable(value)) for name, value in rows if value]


def _meaning(category: Category | None) -> list[tuple[str, str]]:
    if category is None:
        return [("category", UNKNOWN)]
    return [
        ("category", f"{category.code}: {category.title}"),
        ("meaning", category.meaning),
        ("do", category.cure),
    ]


def _change(edit: Edit | None) -> list[str]:
    if edit is None:
        return []
    head = columns([("change", printable(f"{edit.why} ({edit.place})"))], gap=4, max_width=_WIDTH)
    return [*head, *(f"{'':12}  {printable(line)}" for line in edit.lines)]


def _block(item: Explained) -> list[str]:
    rows = [*_said(item.rejection), *_meaning(item.rejection.category)]
    return [
        printable(_title(item.rejection, item.count)),
        *columns(rows, max_width=_WIDTH),
        *_change(item.edit),
        "",
    ]


def bounce(items: Sequence[Explained]) -> str:
    """Each rejection of a bounce, a block each."""
    if not items:
        return NOTHING
    return "\n".join(line for item in items for line in _block(item)).rstrip("\n")


def _domains(tally: Tally) -> str:
    named = [domain for domain, _ in tally.domains.most_common(_DOMAINS)]
    more = len(tally.domains) - len(named)
    least = "at least " if len(tally.domains) == MOST_DOMAINS else ""
    return ", ".join(named) + (f" and {least}{more} more" if more else "")


def _counts(rows: Sequence[Row]) -> list[str]:
    head = ("count", "for good", "to be tried again", "category", "recipients at")
    table = [
        (str(row.tally.count), str(row.tally.final), str(row.tally.retried), row.code or "unknown", _domains(row.tally))
        for row in rows
    ]
    return columns([head, *(tuple(map(printable, cells)) for cells in table)], indent=0, gap=2, max_width=None)


def _category(row: Row) -> list[str]:
    """One category of a log with its examples; what several of them would change is said once."""
    category = row.examples[0].rejection.category
    rows = [line for item in row.examples for line in _said(item.rejection)]
    edits = dict.fromkeys(item.edit for item in row.examples)
    changes = [line for edit in edits for line in _change(edit)]
    return ["", row.code or "unknown", *columns([*rows, *_meaning(category)], max_width=_WIDTH), *changes]


def log(rows: Sequence[Row]) -> str:
    """The categories of a log, the most frequent first; then what each means."""
    if not rows:
        return NOTHING
    return "\n".join([*_counts(rows), *(line for row in rows for line in _category(row))])
