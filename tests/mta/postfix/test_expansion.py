from __future__ import annotations

import pytest

from relayconf.errors import MainCfError
from relayconf.mta.postfix.expansion import expand, expand_text
from relayconf.mta.postfix.main_cf import parse

_VALUES = {"one": "1", "ten": "10", "empty": "", "name": "x", "more": "<$name>", "cost": "$$5", "twice": "$cost"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain {text}", "plain {text}"),
        ("$name.$name-", "x.x-"),
        ("${name}$(name)${ name\t}", "xxx"),
        ("$nosuch${nosuch}.", "."),
        ("$more ${more}", "<x> <x>"),
        ("$$name $$$name", "$name $x"),
        ("$cost $twice", "$5 $5"),
        ("${name?yes}${empty?yes}${nosuch?yes}", "yes"),
        ("${name:no}${empty:no}${nosuch:no}", "nono"),
        ("${name? {a} : {b}}${empty?{a}:{b}}", "ab"),
        ("${name?a:b}", "a:b"),
        ("${name?{a}}${empty?{a}}${empty:{ b }}", "a b "),
        ("${empty?{a}:b$name}", "bx"),
        ("${name?$more}${empty:${nosuch:$more}}", "<x><x>"),
        ("$(name?(a))", "(a)"),
        ("${:x}${?y}", "x"),
        ("${{$one} == {1}}${{$one} == {2}}", "true"),
        ("${{$one} == {1} ? {a} : {b}}", "a"),
        ("${{$one} != {1} ? {a} : {b}}", "b"),
        ("${ {$ten} > {9}?{a}:{b}}", "a"),
        ("${{$ten} >= {10x}?{a}:{b}}", "b"),
        ("${{$ten} < {9}?{a}:{b}}${{9} <= {9}?{a}:{b}}", "ba"),
        ("${{9} >= {9}?{a}:{b}}${{9} > {9}?{a}:{b}}${{9} < {9}?{a}:{b}}", "abb"),
        ("${{B} < {a}:no}${{é} > {z}?yes}", "yes"),
        ("${{} == {$empty}?{a}:{b}}", "a"),
        ("${{3.10} >level {3.9}?{a}:{b}}", "a"),
        ("${{ 3} ==level {3.0.0}?{a}:{b}}${{2} >=level { +3}?{a}:{b}}", "ab"),
        ("${{$more} == {<x>}?{a}:{b}}", "a"),
    ],
)
def test_expand_text(text: str, expected: str) -> None:
    """References, conditions and comparisons are replaced as `postconf -x` replaces them."""
    assert expand_text(text, _VALUES) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a$", "`$` without a name: 'a$'"),
        ("$-", "`$` without a name: '$-'"),
        ("${name", "a bracket is not closed: '${name'"),
        ("$(name", "a bracket is not closed: '$(name'"),
        ("${}", "not a name: ''"),
        ("${na me}", "not a name: 'na me'"),
        ("${é}", "not a name: '\\xe9'"),
        ("${domain_to_ascii{x}}", "not a name: 'domain_to_ascii{x}'"),
        ("${name?{a}b}", "`?` or `:` was expected: '?{a}b'"),
        ("${name?{a}:{b}c}", "text behind the last branch: '?{a}:{b}c'"),
        ("${{a}}", "a comparison was expected: ''"),
        ("${{a} = {b}}", "a comparison was expected: '= {b}'"),
        ("${{a} == b}", "a comparison was expected: '== b'"),
        ("${{a} ==length {b}}", "a comparison was expected: '==length {b}'"),
        ("${{a} == {b} c}", "`?` or `:` was expected: 'c'"),
        ("${{3.x} ==level {3}}", "not a compatibility level: '3.x'"),
        ("${{3} ==level {3.1024}}", "not a compatibility level: '3.1024'"),
        ("${{3} ==level {}}", "not a compatibility level: ''"),
        ("${{1} < {9223372036854775808}}", "a number is too large to compare: '9223372036854775808'"),
        (f"${{{{1}} < {{{'9' * 5000}}}}}", f"a number is too large to compare: '{'9' * 80}'"),
    ],
)
def test_expand_text_refuses(text: str, message: str) -> None:
    """What Postfix dies of is an error that shows the place."""
    with pytest.raises(MainCfError) as caught:
        expand_text(text, _VALUES)
    assert caught.value.message == message
    assert caught.value.hint == "`postconf -x` on the host shows the same error"


def test_largest_number_compares() -> None:
    """Numbers up to 64 bits are compared as numbers."""
    assert expand_text("${{09223372036854775807} == {9223372036854775807}}", {}) == "true"


@pytest.mark.parametrize(("depth", "bounded"), [(100, True), (101, False)])
def test_depth_is_bounded(depth: int, *, bounded: bool) -> None:
    """A hundred values deep is what Postfix follows."""
    values = {f"v{number}": f"$v{number + 1}" for number in range(depth - 1)}
    values[f"v{depth - 1}"] = "end"
    if bounded:
        assert expand_text("$v0", values) == "end"
    else:
        with pytest.raises(MainCfError, match=r"^references are nested too deep or too wide: 'end'$"):
            expand_text("$v0", values)


@pytest.mark.parametrize("value", ["$a", "x$a$a", "${a?{$a}}", "${{$a} == {1}}", "${nosuch:$a}"])
def test_cycles_are_bounded(value: str) -> None:
    """A value that refers to itself is an error and takes no time."""
    with pytest.raises(MainCfError, match=r"^references are nested too deep or too wide"):
        expand_text("$a", {"a": value})


def test_growth_is_bounded() -> None:
    """A few lines that ask for 2**60 copies are an error, in seconds and megabytes."""
    values = {f"v{number}": f"$v{number + 1}$v{number + 1}" for number in range(60)}
    with pytest.raises(MainCfError, match=r"^references are nested too deep or too wide"):
        expand_text("$v0", values)


def test_expand_takes_main_cf_over_defaults() -> None:
    """A parameter is main.cf's, else the host's default, else empty; defaults may refer to main.cf."""
    parameters = parse(b"mydomain = example.com\nrelayhost = [smtp.$mydomain]:587\nmyorigin = $myhostname\n")
    defaults = {"mydomain": "localdomain", "myhostname": "mail.$mydomain", "mynetworks_style": "subnet"}
    assert expand(parameters, "relayhost", defaults) == "[smtp.example.com]:587"
    assert expand(parameters, "myorigin", defaults) == "mail.example.com"
    assert expand(parameters, "mynetworks_style", defaults) == "subnet"
    assert expand(parameters, "myorigin") == ""
    assert expand(parameters, "nosuch", defaults) == ""
