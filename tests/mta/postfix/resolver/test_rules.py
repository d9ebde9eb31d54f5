"""Tables of rules."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.outcomes import Unknowable
from relayconf.mta.postfix.resolver.rules import Kind, ask, parse


def _asked(kind: Kind, source: str, key: str, *, substitutes: bool = True) -> str | None:
    return ask(parse(kind, source.encode("utf-8", "surrogateescape"), substitutes=substitutes), key)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("/x/ a\n/u@/ b\n/./ c\n", "b"),
        ("!/x/ a\n", "a"),
        ("! !/u/ a\n", "a"),
        ("|^u|  a  b \n", "a  b"),
        ("/u\\/@/ a\n/u/i b\n", "b"),
        ("/u/!/foo/ a\n/u/!/bar/ b\n", "b"),
        ("/u/ $$5\n", "$5"),
        ("/(u)@(.*)/ $2-${1}-$(1)-$$\n", "foo.test-u-u-$"),
        ("/(x)?u/ [$1]\n", "[]"),
        ("/u/\n", ""),
        ("/U/i a\n/u b\n/u/q c\nxyz d\n!\n/u/ e\n", "e"),
        ("/u/ $x\n/u/ $\n/u/ $0\n/u/ $1\n!/x()/ $1\n/u/ b\n", "b"),
        ("if /foo/\n/u/ a\nendif\n", "a"),
        ("if /bar/\n/u/ a\nif /foo/\n/u/ b\nendif\nendif\n/u/ c\n", "c"),
        ("if !/bar/\n/u/ a\nENDIF\n", "a"),
        ("if /bar/\n/u/ a\n", None),
        ("endif\n/u/ a\n", "a"),
        ("if\n/u/ a\n", "a"),
        ("/u/ a\n b\n", "a b"),
        ("/x/ a\n", None),
    ],
)
def test_regexp(source: str, answer: str | None) -> None:
    """The first rule that fits; rules that make no sense are left out."""
    assert _asked("regexp", source, "u@foo.test") == answer


def test_pcre() -> None:
    """The same with other options, and without a second pattern."""
    assert _asked("pcre", "/^(.*?)@/U x\n/u/A y\n", "u@foo.test") == "x"
    assert _asked("pcre", "/u/! a\n/u/X b\n", "u@foo.test") == "b"
    with pytest.raises(Unknowable, match="letter beyond ASCII"):
        _asked("pcre", "/u/ a\n", "ü@foo.test")


def test_substitution_where_it_is_forbidden() -> None:
    """Such rules are left out: in transport_maps, say."""
    assert _asked("regexp", "/(u)/ $1\n/u/ b\n", "u@foo.test", substitutes=False) == "b"


def test_what_only_the_host_can_judge() -> None:
    """Is unknown when it is reached, not before."""
    source = "/u/ a\n/+x/ b\n"

    assert _asked("regexp", source, "u@foo.test") == "a"
    with pytest.raises(Unknowable, match="a regular expression that only"):
        _asked("regexp", source, "x@foo.test")
    for rule in ("/(u|x)/ $1\n", "/(u)|x/ $1\n"):
        with pytest.raises(Unknowable, match="text out of a choice"):
            _asked("regexp", rule, "u@foo.test")
    with pytest.raises(Unknowable, match="text out of a choice"):
        _asked("pcre", "/(u)/U $1\n", "u@foo.test")


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("192.0.2.0/24 a\n", "a"),
        ("192.0.2.1\n192.0.2.1 b  c\n", "b  c"),
        ("!192.0.2.0/25 a\n192.0.2.1/24 b\n[2001:db8::]/32 c\n0.0.0.0/0 d\n", "d"),
        ("if 192.0.2.0/24\n192.0.2.1 a\nendif\n", "a"),
        ("if !192.0.2.0/24\n192.0.2.1 a\nendif\n192.0.2.1 b\n", "b"),
        ("if 192.0.2.0/24\nendif x\n192.0.2.1 a\n", "a"),
        ("nonsense a\n", None),
    ],
)
def test_cidr(source: str, answer: str | None) -> None:
    """Networks."""
    assert _asked("cidr", source, "192.0.2.1") == answer


def test_cidr_of_what_is_no_address() -> None:
    """Nothing fits, whatever is negated."""
    assert _asked("cidr", "!192.0.2.0/24 a\n0.0.0.0/0 b\n", "u@foo.test") is None
