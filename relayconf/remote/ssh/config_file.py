"""ssh_config(5) as lines: which option stands under which Host and Match, with every Include resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_DEPTH = 16  # of Include in Include, as in OpenSSH (readconf.c)
_LINE = re.compile(r"\s*(\w+)(?:\s*=\s*|\s+)(.*\S)")
_WORD = re.compile(r'"([^"]*)"|([^\s"]+)')
_ALONE = frozenset({"all", "canonical", "final"})


class ConfigError(ValueError):
    """The file has a line that cannot be read; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A Host or Match line: its criteria as (name, patterns, negated)."""

    criteria: tuple[tuple[str, str, bool], ...]
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One option, under the blocks that must all match (more than one by Include)."""

    blocks: tuple[Block, ...]
    keyword: str
    words: tuple[str, ...]
    place: str


def expand_home(text: str, home: Path) -> str:
    """*text* with a leading `~/` made absolute."""
    return str(home) + text[1:] if text == "~" or text.startswith("~/") else text


def _host_block(words: Sequence[str], place: str) -> Block:
    return Block(criteria=(("originalhost", ",".join(words), False),), place=place)


def _match_block(words: Sequence[str], place: str) -> Block:
    criteria: list[tuple[str, str, bool]] = []
    rest = [part for word in words for part in word.split("=", 1)]
    while rest:
        word = rest.pop(0).lower()
        name = word.removeprefix("!")
        if name not in _ALONE and not rest:
            raise ConfigError(f"{place}: `Match {name}` needs a value")
        patterns = "" if name in _ALONE else rest.pop(0)
        criteria.append((name, patterns, word.startswith("!")))
    return Block(criteria=tuple(criteria), place=place)


def _words(text: str) -> tuple[str, ...]:
    words: list[str] = []
    for match in _WORD.finditer(text):
        if match[0].startswith("#"):
            break
        words.append(match[2] if match[1] is None else match[1])
    return tuple(words)


def _included(words: Sequence[str], folder: Path, home: Path) -> Iterator[Path]:
    for word in words:
        pattern = folder / expand_home(word, home)
        yield from sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))


def _lines(file: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    try:
        text = file.read_text("utf-8", "surrogateescape")
    except OSError:
        return  # as ssh does when a default file is not there
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        words = _words(match[2]) if match else ()
        if match is None or not words:
            raise ConfigError(f"{file}:{number}: a keyword without a value")
        yield f"{file}:{number}", match[1].lower(), words


def parse(file: Path, folder: Path, home: Path, outer: tuple[Block, ...] = (), depth: int = 0) -> Iterator[Line]:
    """The options of *file*, in order; relative Includes start from *folder*. A file that cannot be read has none.

    *outer* and *depth* are for Include: an included file stands under the blocks that its Include stands under, and
    its own Host and Match end with it. Raises ConfigError.
    """
    blocks = outer
    for place, keyword, words in _lines(file):
        match keyword:
            case "host":
                blocks = (*outer, _host_block(words, place))
            case "match":
                blocks = (*outer, _match_block(words, place))
            case "include" if depth == _DEPTH:
                raise ConfigError(f"{place}: Include in Include more than {_DEPTH} deep")
            case "include":
                for found in _included(words, folder, home):
                    yield from parse(found, folder, home, blocks, depth + 1)
            case _:
                yield Line(blocks=blocks, keyword=keyword, words=words, place=place)
