"""Tables that are lists of rules: regexp, pcre and cidr (regexp_table(5), pcre_table(5), cidr_table(5)).

The first rule that fits answers. `if` … `endif` fence rules in; a rule that makes no sense to Postfix is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Literal, TypeAlias

from relayconf.mta.postfix.logical_lines import logical_lines
from relayconf.mta.postfix.resolver.outcomes import Unknowable
from relayconf.mta.postfix.resolver.patterns import BadPattern, perl, posix

Kind: TypeAlias = Literal["regexp", "pcre", "cidr"]

_SPACE = " \t\n\v\f\r"
_REFERENCE = re.compile(r"\$(?:\$|\{(?P<braced>\w+)\}|\((?P<round>\w+)\)|(?P<plain>\w+)|(?P<wrong>))", re.ASCII)
_WORD = re.compile(r"(?i:(?P<word>if|endif)(?![a-z0-9]))")
_OPTIONS = {"regexp": "imx", "pcre": "imsxAEUX"}

Found: TypeAlias = re.Match[bytes] | bool
Test: TypeAlias = Callable[[str], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its tests, all of which have to hold, and the answer.

    `skip` is how many rules an `if` that does not hold leaves out, and the rest when there is no `endif`.
    """

    line: int
    tests: tuple[Test, ...]
    value: str = ""
    word: Literal["", "if", "endif"] = ""
    skip: int | None = None
    substitutes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """One pattern as it is written."""

    text: str
    options: str
    is_wanted: bool


def _negated(text: str) -> tuple[bool, str]:
    """Whether the pattern in front is wanted, by the number of `!`, and the text from it on."""
    rest = text.lstrip(_SPACE + "!")
    return text[: len(text) - len(rest)].count("!") % 2 == 0, rest


def _pattern(kind: Kind, text: str) -> tuple[_Pattern, str]:
    """The pattern between delimiters, and what follows it. Raises BadPattern."""
    is_wanted, rest = _negated(text)
    if not rest:
        raise BadPattern
    match = re.match(rf"(?:\\.|[^\\{re.escape(rest[0])}])*+{re.escape(rest[0])}", rest[1:], re.DOTALL)
    if match is None:
        raise BadPattern
    after = rest[1 + match.end() :]
    ends = _SPACE + "!" if kind == "regexp" else _SPACE
    options = re.match(f"[^{ends}]*", after)
    letters = options[0] if options else ""
    if set(letters) - set(_OPTIONS[kind]):
        raise BadPattern
    return _Pattern(text=match[0][:-1], options=letters, is_wanted=is_wanted), after[len(letters) :]


def _references(value: str) -> Iterator[int]:
    """The numbers in `$1` and the like. Raises BadPattern for other names, and for a `$` alone."""
    for match in _REFERENCE.finditer(value):
        name = match["braced"] or match["round"] or match["plain"]
        if match[0] == "$$":
            continue
        if name is None or not name.isdigit() or int(name[:9]) < 1:
            raise BadPattern
        yield int(name[:9])


def _unknowable(reason: Unknowable) -> Test:
    """A test that nobody can do here."""
    why = str(reason)

    def test(key: str) -> Found:  # noqa: ARG001  whatever the key is
        raise Unknowable(why)

    return test


def _expression(kind: Kind, pattern: _Pattern, *, highest: int = 0) -> Test:
    """The test for *pattern*, whose groups up to the *highest* are asked for. Raises BadPattern."""
    try:
        compiled = (posix if kind == "regexp" else perl)(pattern.text, options=pattern.options)
    except Unknowable as reason:
        return _unknowable(reason)
    if highest > compiled.groups or (highest and not pattern.is_wanted):
        raise BadPattern
    if highest and ("|" in pattern.text or "U" in pattern.options):
        return _unknowable(Unknowable("text out of a choice in a regular expression, which only the host can take"))

    def test(key: str) -> Found:
        if kind == "pcre" and not key.isascii():
            raise Unknowable("a letter beyond ASCII, which only the host's own library can compare")
        found = compiled.search(key.encode("utf-8", "surrogateescape"))
        return (found or False) if pattern.is_wanted else found is None

    return test


def _answering(kind: Kind, text: str, line: int, *, substitutes: bool) -> Rule:
    first, rest = _pattern(kind, text)
    others = []
    if kind == "regexp" and rest.startswith("!"):
        second, rest = _pattern(kind, rest)
        others.append(_expression(kind, second))
    value = rest.strip(_SPACE)
    highest = max(_references(value), default=0)
    if highest and not substitutes:
        raise BadPattern
    tests = (_expression(kind, first, highest=highest), *others)
    return Rule(line=line, tests=tests, value=value if highest else value.replace("$$", "$"), substitutes=highest > 0)


def _network(text: str) -> Test:
    is_wanted, rest = _negated(text)
    try:
        network = ip_network(rest.removeprefix("[").replace("]", ""))
    except ValueError:
        raise BadPattern from None

    def test(key: str) -> Found:
        try:
            address = ip_address(key)
        except ValueError:
            return False
        return (address in network) is is_wanted

    return test


def _of_networks(text: str, line: int) -> Rule:
    _, rest = _negated(text)
    words = re.split(f"[{_SPACE}]+", rest, maxsplit=1)
    if len(words) < 2:
        raise BadPattern
    front = text[: len(text) - len(rest)] + words[0]
    return Rule(line=line, tests=(_network(front),), value=words[1])


def _fence(kind: Kind, word: str, rest: str, line: int, *, depth: int) -> Rule:
    if word == "endif":
        if not depth or (kind == "cidr" and rest.strip(_SPACE)):
            raise BadPattern
        return Rule(line=line, tests=(), word="endif")
    if kind == "cidr":
        return Rule(line=line, tests=(_network(rest.strip(_SPACE)),), word="if")
    pattern, _ = _pattern(kind, rest)
    return Rule(line=line, tests=(_expression(kind, pattern),), word="if")


def _rule(kind: Kind, text: str, line: int, *, depth: int, substitutes: bool) -> Rule:
    match = _WORD.match(text)
    if match:
        return _fence(kind, match["word"].lower(), text[match.end() :], line, depth=depth)
    if kind == "cidr":
        return _of_networks(text, line)
    if text[0].isascii() and text[0].isalnum():
        raise BadPattern
    return _answering(kind, text, line, substitutes=substitutes)


def parse(kind: Kind, data: bytes, *, substitutes: bool) -> tuple[Rule, ...]:
    """The rules of a table's source. Where it *substitutes* not, rules with `$1` in their answers are left out."""
    rules: list[Rule] = []
    fences: list[int] = []
    for line in logical_lines(data):
        text = line.text.decode("utf-8", "surrogateescape").rstrip(_SPACE)
        try:
            rule = _rule(kind, text, line.number, depth=len(fences), substitutes=substitutes)
        except BadPattern:
            continue
        if rule.word == "if":
            fences.append(len(rules))
        elif rule.word == "endif":
            start = fences.pop()
            rules[start] = replace(rules[start], skip=len(rules) - start)
        rules.append(rule)
    return tuple(rules)


def _answer(rule: Rule, found: Found) -> str:
    if isinstance(found, bool):
        return rule.value

    def text(match: re.Match[str]) -> str:
        name = match["braced"] or match["round"] or match["plain"]
        return (found[int(name)] or b"").decode("utf-8", "surrogateescape") if name else "$"

    return _REFERENCE.sub(text, rule.value) if rule.substitutes else rule.value


def _held(rule: Rule, key: str) -> Found:
    """What the first test of *rule* found, where all hold; what has none holds."""
    first: Found = True
    for number, test in enumerate(rule.tests):
        found = test(key)
        if not found:
            return False
        first = first if number else found
    return first


def ask(rules: tuple[Rule, ...], key: str) -> str | None:
    """The answer of the first rule that fits *key*; None when there is none. Raises Unknowable."""
    place = 0
    while place < len(rules):
        rule = rules[place]
        found = _held(rule, key)
        if found and not rule.word:
            return _answer(rule, found)
        if not found and rule.word:
            if rule.skip is None:
                return None
            place += rule.skip
        place += 1
    return None
