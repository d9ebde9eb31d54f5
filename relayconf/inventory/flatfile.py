"""Flat files of domains: one a line, `#` comments, blank lines, `.domain` for subdomains.

Line ends of Windows, a byte order mark, blanks around a name and capitals do no harm and are taken off. A file is
held against one expression as a whole, and line by line only when that fails: 100,000 domains cost 0.1 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from relayconf.errors import Problem
from relayconf.inventory.names import DOMAIN, domain_key
from relayconf.inventory.problems import Fault, problem, shown
from relayconf.model import Origin

MAX_PROBLEMS = 50
_COMMENT = re.compile(r"(?:^|[ \t])#")
_ALL = re.compile(rf"(?:{DOMAIN}\n)*+", re.MULTILINE)


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column and name, for every line that holds one."""
    for number, line in enumerate(text.split("\n"), 1):
        content = _COMMENT.split(line, 1)[0] if "#" in line else line
        if name := content.strip(" \t\r"):
            yield number, len(content) - len(content.lstrip(" \t")) + 1, name


def _key(name: str) -> str | None:
    try:
        return domain_key(name)
    except Fault:
        return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlatFile:
    """The domains of one file, in its order. `text` is what was read, to find a line again."""

    file: str
    domains: Mapping[str, None]
    text: str
    _lines: dict[str | None, int] = field(default_factory=dict)

    def line(self, domain: str) -> int:
        """The line on which *domain* stands."""
        if not self._lines:
            self._lines.update({_key(name): line for line, _, name in _lines(self.text)})
        return self._lines[domain]


def _slowly(file: str, text: str) -> Sequence[Problem]:
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for line, column, name in _lines(text):
        origin = Origin(file=file, line=line, column=column)
        try:
            key = domain_key(name)
        except Fault as fault:
            problems.append(problem(origin, "", fault.code, fault.params))
            continue
        if key in first:
            problems.append(problem(origin, "", "flat_duplicate", {"name": key, "line": str(first[key])}))
        first.setdefault(key, line)
    return limited(problems, len(problems))


def limited(problems: Sequence[Problem], total: int) -> Sequence[Problem]:
    """The first of *total* problems of one file, and one that counts the others."""
    kept = problems[:MAX_PROBLEMS]
    if total <= len(kept):
        return kept
    origin = Origin(file=kept[-1].file, line=kept[-1].line, column=kept[-1].column)
    return [*kept, problem(origin, "", "flat_more", {"count": str(total - len(kept))})]


def read(file: str, content: bytes) -> FlatFile | Sequence[Problem]:
    """The domains in *content* (UTF-8), or what is wrong with them. *file* is the name for messages."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        origin = Origin(file=file, line=before.count(b"\n") + 1, column=len(before) - before.rfind(b"\n"))
        return [problem(origin, "", "encoding", {})]
    if not text.isascii():
        names = [_key(name) for _, _, name in _lines(text)]
    else:
        names = [name for _, _, name in _lines(text.lower())]
    good = all(names) and _ALL.fullmatch("".join(f"{name}\n" for name in names))
    domains = dict.fromkeys(name for name in names if name)
    if not good or len(domains) != len(names):
        return _slowly(file, text)
    return FlatFile(file=shown(file), domains=domains, text=text)
