"""`relayconf route SENDER RECIPIENT`: where a message would go, whoever is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from relayconf.console import Console
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from relayconf.output.tables import columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of one message: for machines, and in rows of a word and a text that is safe to show."""

    value: Mapping[str, object]
    rows: Sequence[tuple[str, str]]


Ask: TypeAlias = Callable[[str, str], Answer]
"""From an envelope sender and recipient, as given on the command line, to the answer."""

AskAll: TypeAlias = Callable[[str, str], Sequence[Answer]]
"""The same of many hosts: as many answers as there are different ones."""


def plain(value: str | bytes) -> str:
    r"""*value* as JSON can hold it: bytes that are no UTF-8 become `\xNN`."""
    encoded = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return encoded.decode("utf-8", "backslashreplace")


def envelope(word: str) -> str:
    """The envelope sender that *word* stands for: `<>` is the empty one of a bounce, as nothing is."""
    return "" if word == "<>" else word


def pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Sender and recipient of each line, a tab between them. Raises UsageError for a line without one."""
    for number, line in enumerate(lines, start=1):
        sender, tab, recipient = line.removesuffix("\n").partition("\t")
        if not tab:
            raise UsageError(f"line {number} of the input has no tab between sender and recipient")
        yield sender, recipient


def _shown(answers: Sequence[Answer]) -> str:
    return "\n\n".join("\n".join(columns(answer.rows, indent=0, gap=2, max_width=None)) for answer in answers)


def route_all(
    console: Console,
    ask: AskAll,
    *,
    pair: tuple[str, str] | None,
    asked: Iterable[tuple[str, str]] | None = None,
    as_json: bool = False,
) -> ExitCode:
    """Print what becomes of mail from the first of *pair* to the second, a block or an object for each answer.

    No *pair*: of all that are *asked*, else of many, a line `SENDER<TAB>RECIPIENT` of input; one JSON object a line.
    """
    if pair is None:
        for sender, recipient in pairs(console.stdin) if asked is None else asked:
            for answer in ask(sender, recipient):
                console.data(json.dumps(answer.value))
    elif as_json:
        console.data(json.dumps([answer.value for answer in ask(*pair)], indent=2))
    else:
        console.data(_shown(ask(*pair)))
    return ExitCode.OK


def route(console: Console, ask: Ask, *, pair: tuple[str, str] | None, as_json: bool = False) -> ExitCode:
    """The same where there is one answer, which is one JSON object."""
    if pair is not None and as_json:
        console.data(json.dumps(ask(*pair).value, indent=2))
        return ExitCode.OK
    return route_all(console, lambda sender, recipient: (ask(sender, recipient),), pair=pair)
