"""Records and their terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.spf.record import Term, chunks, parse, quoted


def test_terms_stay_verbatim() -> None:
    """Case, order and nonsense are kept; only the blanks between them become one."""
    record = parse("V=spf1  MX Include:Example.COM exp=why.%{d}  ?ALL junk")

    assert record.text == "V=spf1 MX Include:Example.COM exp=why.%{d} ?ALL junk"
    assert [term.name for term in record.terms] == ["mx", "include", "exp", "all", "junk"]
    assert (record.all, record.redirect) == (Term(text="?ALL"), None)


@pytest.mark.parametrize(
    ("text", "qualifier", "name", "target", "bits"),
    [
        ("a", "+", "a", "self.example", (32, 128)),
        ("-mx/24//64", "-", "mx", "self.example", (24, 64)),
        ("~a:Mail.Example./28", "~", "a", "mail.example", (28, 128)),
        ("?mx://96", "?", "mx", "self.example", (32, 96)),
        ("+include:isp.example", "+", "include", "isp.example", (32, 128)),
    ],
)
def test_parts_of_a_term(text: str, qualifier: str, name: str, target: str, bits: tuple[int, int]) -> None:
    """Qualifier, name, the domain that is asked for, and the bits that are compared."""
    term = Term(text=text)

    assert (term.qualifier, term.name, term.target("self.example")) == (qualifier, name, target)
    assert (term.prefix(4), term.prefix(6)) == bits
    assert term.looks_up
    assert not term.is_modifier


def test_what_is_no_term_has_no_name() -> None:
    """It is carried along."""
    assert (Term(text="=x").name, Term(text="exists:%{i}.x").has_macro) == ("", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=spf1 mx -all", "v=spf1 mx NEW -all"),
        ("v=spf1 mx -all a", "v=spf1 mx NEW -all a"),
        ("v=spf1 mx redirect=x.example", "v=spf1 mx NEW redirect=x.example"),
        ("v=spf1 redirect=x.example mx", "v=spf1 redirect=x.example mx NEW"),
        ("v=spf1 mx", "v=spf1 mx NEW"),
        ("v=spf1", "v=spf1 NEW"),
        ("v=spf1 exp=x.example", "v=spf1 NEW exp=x.example"),
    ],
)
def test_the_last_slot(text: str, expected: str) -> None:
    """Before `all`, or before the modifiers at the end."""
    record = parse(text)

    assert record.inserted(record.last_slot, "NEW").text == expected


def test_terms_after_all_are_dead() -> None:
    """Mechanisms, that is; modifiers count wherever they stand."""
    record = parse("v=spf1 mx -all a redirect=x.example")

    assert [term.text for term in record.reached] == ["mx"]
    assert record.redirect == Term(text="redirect=x.example")


@given(st.text(min_size=1, max_size=900))
def test_strings_join_to_the_text(text: str) -> None:
    """Without a space, each within 255 bytes."""
    assert b"".join(chunks(text)).decode("utf-8") == text
    assert max(map(len, chunks(text))) <= 255


def test_a_record_in_a_zone_file() -> None:
    """Quotes and backslashes are escaped, and every byte that is not printable ASCII (RFC 1035 5.1)."""
    assert quoted('a "b" \\ é\x1b\udcff') == '"a \\"b\\" \\\\ \\195\\169\\027\\255"'
    assert quoted("x" * 256) == f'"{"x" * 255}" "x"'
    assert quoted("") == '""'
