"""Regular expressions of Postfix, for Python."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.outcomes import Unknowable
from relayconf.mta.postfix.resolver.patterns import BadPattern, perl, posix


@pytest.mark.parametrize(
    ("pattern", "options", "fits", "fails"),
    [
        ("^a.c$", "", "ABC", "abcd"),
        ("a", "i", "a", "A"),
        ("a|b|^$", "", "b", "c"),
        ("(ab)+c", "", "ababc", "ab"),
        ("a{2}b{1,}c{,1}d{0,2}", "", "aabb", "ab"),
        ("a**b?c+", "", "aabcc", "ab"),
        ("[]a-c]x", "", "]x", "dx"),
        ("[^]a-c]x", "", "dx", "]x"),
        ("[a-]x", "", "-x", "bx"),
        ("[[:digit:]_]x", "", "5x", "ax"),
        ("[\\d]x", "", "\\x", "5x"),
        ("\\d", "", "d", "5"),
        ("\\.", "", ".", "x"),
        ("(a)\\1", "", "aa", "a"),
        ("\\<b\\>", "", "a b", "ab"),
        ("\\w\\W\\s\\S", "", "a! b", "a"),
        ("\\`a\\'", "", "a", "ba"),
        ("a\\Bb\\b", "", "ab", "a b"),
        ("ü", "", "ü", "Ü"),
        ("é.", "", "éx", "é"),
        ("(|x)y", "", "y", "z"),
        ("^b$", "m", "a\nb", "ab"),
        ("a#b -c", "", "a#b -c", "a"),
    ],
)
def test_posix(pattern: str, options: str, fits: str, fails: str) -> None:
    """Extended ones, without regard to case unless `i` is given."""
    compiled = posix(pattern, options=options)

    assert compiled.search(fits.encode())
    assert not compiled.search(fails.encode())


@pytest.mark.parametrize("pattern", ["(a", "[a", "a\\", "[b-a]", "[", "\\1"])
def test_posix_refuses(pattern: str) -> None:
    """What is no regular expression."""
    with pytest.raises(BadPattern):
        posix(pattern, options="")


@pytest.mark.parametrize("pattern", ["*a", "a)", "a{", "^*", "a{x}", "[[=a=]]", "[[:nosuch:]]", "(+a)", "{1}"])
def test_posix_leaves_to_the_host(pattern: str) -> None:
    """What libraries do not agree on."""
    with pytest.raises(Unknowable):
        posix(pattern, options="")


def test_basic_ones() -> None:
    """With `x`, it is another language."""
    with pytest.raises(Unknowable):
        posix("a", options="x")
    assert posix("a", options="xx").search(b"a")


@pytest.mark.parametrize(
    ("pattern", "options", "fits", "fails"),
    [
        (r"^u(?=@)\S+\.test$", "", "U@x.test", "u.test"),
        ("a", "i", "a", "A"),
        ("a.b", "", "a\nb", "ab"),
        ("a.b", "s", "axb", "a\nb"),
        ("^b$", "m", "a\nb", "ab"),
        ("a b # c", "x", "ab", "a b"),
        (r"\Aa\z", "", "a", "ab"),
        (r"[[:digit:]]+\\z", "", r"5\z", "5z"),
        ("(?:a)(?P<n>b)(?<!x)(?>c)", "", "abc", "ab"),
        ("a", "U", "a", "b"),
    ],
)
def test_perl(pattern: str, options: str, fits: str, fails: str) -> None:
    """What means the same in Python."""
    compiled = perl(pattern, options=options)

    assert compiled.search(fits.encode())
    assert not compiled.search(fails.encode())


@pytest.mark.parametrize(
    ("pattern", "options"),
    [
        (r"\Qa\E", ""),
        ("ü", ""),
        ("(?|a)", ""),
        ("(*FAIL)", ""),
        ("a", "A"),
        ("[[:nosuch:]]", ""),
        ("(a", ""),
        (r"\h", ""),
    ],
)
def test_perl_leaves_to_the_host(pattern: str, options: str) -> None:
    """What Python does not know, or does otherwise."""
    with pytest.raises(Unknowable):
        perl(pattern, options=options)
