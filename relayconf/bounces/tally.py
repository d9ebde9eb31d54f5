"""Equal rejections counted: of one bounce, each with its number; of a log, by category, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from relayconf.bounces.rejection import Rejection

EXAMPLES = 3
"""Rejections of one category that are kept to be shown."""

MOST_DOMAINS = 1000
"""Domains of one category that are counted by name; a log of spam would have millions."""


def distinct(rejections: Iterable[Rejection]) -> tuple[tuple[Rejection, int], ...]:
    """Each rejection once, in the order of the first, with how often it stands there."""
    return tuple(Counter(rejections).items())


@dataclass(slots=True)
class Tally:
    """How often one category stands in a log, for good and for now, and at which domains most."""

    final: int = 0
    retried: int = 0
    domains: Counter[str] = field(default_factory=Counter)
    examples: list[Rejection] = field(default_factory=list)

    @property
    def count(self) -> int:
        """All of them."""
        return self.final + self.retried

    def add(self, rejection: Rejection) -> None:
        """Count *rejection* in. A later one is an example too where the server or its words differ in their codes."""
        if rejection.final:
            self.final += 1
        else:
            self.retried += 1
        domain = rejection.domain
        if domain is not None and (domain in self.domains or len(self.domains) < MOST_DOMAINS):
            self.domains[domain] += 1
        marks = {(item.reply, item.enhanced, item.speaker) for item in self.examples}
        if len(self.examples) < EXAMPLES and (rejection.reply, rejection.enhanced, rejection.speaker) not in marks:
            self.examples.append(rejection)


def tallies(rejections: Iterable[Rejection]) -> tuple[tuple[str | None, Tally], ...]:
    """The tally of each category's code, the most frequent first; None has what is unknown."""
    found: dict[str | None, Tally] = {}
    for rejection in rejections:
        code = None if rejection.category is None else rejection.category.code
        found.setdefault(code, Tally()).add(rejection)
    return tuple(sorted(found.items(), key=lambda item: (-item[1].count, item[0] or "~")))
