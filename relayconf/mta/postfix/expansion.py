"""`$name` in main.cf: what `postconf -x` prints (postconf(5), "expressions"; Postfix 3.6 to 3.11).

`$name`, `${name}`, `$(name)`, `${name?text}`, `${name:text}`, `${name?{text}:{text}}`, comparisons as in
`${{$name} == {text} ? {text} : {text}}` with `== != < <= >= >` or the same with the suffix `level`, and `$$`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from relayconf.errors import MainCfError
from relayconf.mta.postfix.main_cf import Parameter

_DEEPEST = 100
# Postfix has no such limit: a few nested lines can ask for more text than any memory holds.
_MOST_WORK = 20_000_000
_WORK_PER_PIECE = 100
_LARGEST_NUMBER = 2**63 - 1
_LARGEST_LEVEL = (2**43 - 1, 2**10 - 1, 2**10 - 1)

_BLANKS = " \t\r\n"
_PIECE = re.compile(r"(?P<text>(?:[^$]+|\$\$)++)|\$(?:(?P<open>[({])|(?P<name>[A-Za-z0-9_]+))")
_NAMED = re.compile(r"[ \t\r\n]*(?P<name>[A-Za-z0-9_]*)[ \t\r\n]*(?P<branches>(?:[?:].*)?)", re.DOTALL)
_OPERATOR = re.compile(r"(?P<operator>[<>!=?+\-*/~&|%]*)(?P<suffix>[A-Za-z0-9]*)[ \t\r\n]*(?=\{)")
_LEVEL = re.compile(r"\s*\+?([0-9]+)(?:\.\s*\+?([0-9]+))?(?:\.\s*\+?([0-9]+))?", re.ASCII)
_BRACKETS = {"{": re.compile(r"[{}]"), "(": re.compile(r"[()]")}

_OPERATORS: Mapping[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
}


def _error(what: str, text: str) -> MainCfError:
    return MainCfError(f"{what}: {text[:80]!a}", hint="`postconf -x` on the host shows the same error")


def _closed(text: str, start: int) -> int:
    """Where the bracket that stands before `start` is closed, just behind the closing one."""
    level = 1
    bracket = text[start - 1]
    for match in _BRACKETS[bracket].finditer(text, start):
        level += 1 if match[0] == bracket else -1
        if level == 0:
            return match.end()
    raise _error("a bracket is not closed", text)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Literal text, and the insides of references (True)."""
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            raise _error("`$` without a name", text)
        position = match.end()
        if match["open"]:
            position = _closed(text, match.end())
            yield text[match.end() : position - 1], True
        elif match["name"]:
            yield match["name"], True
        else:
            yield match["text"].replace("$$", "$"), False


def _braced(text: str) -> tuple[str, str] | None:
    """The inside of `{…}` at the start of the text, and what follows; None when there is no brace."""
    start = text.lstrip(_BLANKS)
    if not start.startswith("{"):
        return None
    end = _closed(start, 1)
    return start[1 : end - 1], start[end:].lstrip(_BLANKS)


def _compared(left: str, right: str) -> int:
    if re.fullmatch("[0-9]+", left) and re.fullmatch("[0-9]+", right):
        for number in (left, right):
            if len(number) > 4000 or int(number) > _LARGEST_NUMBER:
                raise _error("a number is too large to compare", number)
        return int(left) - int(right)
    first, second = (text.encode("utf-8", "surrogateescape") for text in (left, right))
    return (first > second) - (first < second)


def _level(text: str) -> tuple[int, ...]:
    match = _LEVEL.fullmatch(text)
    level = tuple(int(part or 0) for part in match.groups()) if match and len(text) < 80 else ()
    if not level or any(part > largest for part, largest in zip(level, _LARGEST_LEVEL, strict=True)):
        raise _error("not a compatibility level", text)
    return level


def _compared_levels(left: str, right: str) -> int:
    first, second = _level(left), _level(right)
    return (first > second) - (first < second)


_COMPARISONS: Mapping[str, Callable[[str, str], int]] = {"": _compared, "level": _compared_levels}


class _Expansion:
    """One expansion: the values it looks up, and the work that it may still do."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._work_left = _MOST_WORK

    def text(self, text: str, depth: int) -> str:
        """The text with all its references replaced."""
        expanded = []
        for piece, is_reference in _pieces(text):
            self._work_left -= _WORK_PER_PIECE + len(piece)
            if depth > _DEEPEST or self._work_left < 0:
                raise _error("references are nested too deep or too wide", text)
            expanded.append(self._reference(piece, depth + 1) if is_reference else piece)
        return "".join(expanded)

    def _reference(self, inside: str, depth: int) -> str:
        comparison = _braced(inside)
        if comparison:
            value, branches = self._comparison(*comparison, depth)
        else:
            match = _NAMED.fullmatch(inside)
            if match is None or not inside:
                raise _error("not a name", inside)
            value, branches = self._values.get(match["name"], ""), match["branches"]
        return self._chosen(value, branches, depth) if branches else self.text(value, depth)

    def _comparison(self, left: str, rest: str, depth: int) -> tuple[str, str]:
        match = _OPERATOR.match(rest)
        if match is None or match["operator"] not in _OPERATORS or match["suffix"] not in _COMPARISONS:
            raise _error("a comparison was expected", rest)
        right, branches = _braced(rest[match.end() :]) or ("", "")
        compare = _COMPARISONS[match["suffix"]]
        holds = _OPERATORS[match["operator"]](compare(self.text(left, depth), self.text(right, depth)))
        return ("true" if holds else ""), branches

    def _chosen(self, value: str, branches: str, depth: int) -> str:
        chosen = ""
        mark, rest = branches[0], branches[1:]
        if mark == "?":
            positive, rest = _braced(rest) or (rest, "")
            chosen = self.text(positive, depth) if value else ""
            if not rest:
                return chosen
            mark, rest = rest[0], rest[1:]
        if mark != ":":
            raise _error("`?` or `:` was expected", branches)
        negative, rest = _braced(rest) or (rest, "")
        if rest:
            raise _error("text behind the last branch", branches)
        return chosen if value else self.text(negative, depth)


def expand_text(text: str, values: Mapping[str, str]) -> str:
    """The text with its references replaced, recursively; a name without a value is empty, as in Postfix.

    Raises MainCfError where Postfix's programs die: syntax errors, endless recursion; and for what would grow beyond
    some 20 MB. Functions of Postfix 3.11 (`${domain_to_ascii{…}}`) are not known here.
    """
    return _Expansion(values).text(text, 0)


def expand(parameters: Mapping[str, Parameter], name: str, defaults: Mapping[str, str] | None = None) -> str:
    """What `postconf -hx NAME` prints, from main.cf's parameters and the host's defaults (`postconf -d`).

    A name in neither is empty. Raises MainCfError as `expand_text` does. The few parameters that Postfix itself
    never expands (`default_rbl_reply`, `forward_path` and the like) are expanded all the same.
    """
    values = {**(defaults or {}), **{parameter.name: parameter.value for parameter in parameters.values()}}
    return expand_text(values.get(name, ""), values)
