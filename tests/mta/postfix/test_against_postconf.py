"""Whatever main.cf holds, the machine's own postconf and relayconf agree on it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from relayconf.errors import MainCfError
from relayconf.mta.postfix.expansion import expand
from relayconf.mta.postfix.main_cf import edit, parse
from tests.mta.postfix.real import EXAMPLES, POSTCONF, configure, release, run

pytestmark = pytest.mark.skipif(POSTCONF is None, reason="no postconf on this machine")
_PROGRAM = POSTCONF or "postconf"
_often = settings(max_examples=EXAMPLES, deadline=None)

_NAMES = ["relayhost", "mydestination", "myorigin", "my_own"]
_PIECES = [
    *(name.encode() for name in _NAMES),
    *(b"%b = 1\n" % name.encode() for name in _NAMES),
    *(b" ", b"\t", b"\v", b"\f", b"\r", b"\n", b"\n", b"\n  ", b"\n# ", b"=", b" = ", b"=", b"#"),
    *(b"x", b"{", b"\\", b'"', b"%s", b"\xe9", b"\xc2\xa0", b"\xef\xbb\xbf"),
]
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=30).map(b"".join)
_VALUE_PIECES = [b"x", b",", b" ", b"\r", b"\v", b"#", b"=", b"\xe9", b"\n y", b"\n# c\n\tz", b"\n\n\fw"]
_ENTRY = st.tuples(
    st.sampled_from(_NAMES).map(str.encode),
    st.sampled_from([b" = ", b"=", b"\t\f=\v", b" =\n "]),
    st.lists(st.sampled_from(_VALUE_PIECES), max_size=8).map(b"".join),
    st.sampled_from([b"\n", b"\n", b"\r\n", b"\n\n", b"\n  # c\n"]),
).map(b"".join)
_SOUND_TEXTS = st.tuples(
    st.sampled_from([b"", b" stray\n more\n", b"# c\n"]), st.lists(_ENTRY, max_size=6).map(b"".join)
).map(b"".join)
_VALUES = st.lists(st.sampled_from(["a", " ", "\t", "\r", "\v", "$x", "#", "=", "{", "é", "\udce9"]), max_size=6)
_SETTINGS = st.dictionaries(st.sampled_from([*_NAMES, "Z", "a.b", "é"]), _VALUES.map("".join), min_size=1)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _postconf(text: bytes, *arguments: str | bytes) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        configure(Path(directory), text)
        completed = run(_PROGRAM, "-c", directory, *arguments)
        assert not completed.refused, completed.stderr
        return (Path(directory) / "main.cf").read_bytes()


def _printed(value: bytes) -> bytes:
    """The value as postconf prints it: words, with one blank between; vertical tab and form feed are no blanks."""
    return re.sub(rb"[ \t\r\n]+", b" ", value).strip(b" ")


def _sorted_tail(text: bytes, count: int) -> bytes:
    lines = [line + b"\n" for line in text[:-1].split(b"\n")]
    head, tail = lines[: len(lines) - count], lines[len(lines) - count :]
    return b"".join([*head, *sorted(tail, key=lambda line: line.split(b" = ")[0])])


@_often
@given(_TEXTS | _SOUND_TEXTS, _SETTINGS)
def test_edit_equals_postconf_e(text: bytes, wished: dict[str, str]) -> None:
    """`edit` and `postconf -e` write the same bytes; two bugs of old releases are kept out of the way."""
    about = release(_PROGRAM)
    if not about.terminates_last_line and text and not text.endswith(b"\n"):
        # Such a release would glue the first new entry to the last line.
        text += b"\n"
    edited = edit(text, wished)
    written = _postconf(text, "-e", *(_bytes(f"{name}={value}") for name, value in wished.items()))
    if not about.sorts_new_entries:
        # Such a release appends in random order.
        present = [name for name in wished if edit(text, {}, [name]) != text]
        written = _sorted_tail(written, len(wished) - len(present))
    assert edited == written


@_often
@given(_TEXTS | _SOUND_TEXTS, st.sets(st.sampled_from(_NAMES), min_size=1))
def test_edit_equals_postconf_x(text: bytes, remove: set[str]) -> None:
    """`edit` with removals and `postconf -X` write the same bytes."""
    if not release(_PROGRAM).terminates_last_line and text and not text.endswith(b"\n"):
        text += b"\n"
    assert edit(text, {}, remove) == _postconf(text, "-X", *sorted(remove))


@_often
@given(_TEXTS | _SOUND_TEXTS)
def test_parse_equals_postconf_n(text: bytes) -> None:
    """`parse` finds the values that `postconf -n` prints, and refuses the files that it dies on."""
    known = {"relayhost", "mydestination", "myorigin"}
    with tempfile.TemporaryDirectory() as directory:
        configure(Path(directory), text)
        completed = run(_PROGRAM, "-c", directory, "-n")
    try:
        parameters = parse(text)
    except MainCfError:
        assert completed.refused
        return
    assert not completed.refused, completed.stderr
    pairs = (line.partition(b"=") for line in completed.stdout.split(b"\n")[:-1])
    printed = {name.strip().decode(): value for name, _, value in pairs}
    assert {name: _printed(value) for name, value in printed.items() if name in known} == {
        name: _printed(_bytes(parameter.value)) for name, parameter in parameters.items() if name in known
    }


def _values(*names: str) -> st.SearchStrategy[str]:
    references = [
        part.replace("N", name)
        for name in (*names, "nosuch", "empty")
        for part in (
            *("$N", "${N}", "$(N)", "${ N }", "${N?a}", "${N:a}", "${N?{a}:{b}}", "${N ? {$N} : {$$}}"),
            *("${N?{a}}", "${N?a:b}", "${{$N} == {1}?{a}:{b}}", "${{$N}<{10} ? {a} : {b}}", "${{$N} != {}}"),
            *("${{$N} >= {9}:c}", "${{3.6} <level {$N}?{a}:{b}}", "${N?{a}b}", "${{$N} = {1}}"),
        )
    ]
    letters = ["a", "1", "9", "10", " ", "{", "}", "$$", "?", ":", "$", "${", "é", "(", "3.10"]
    return st.lists(st.sampled_from([*references, *letters[:5]]) | st.sampled_from(letters), max_size=4).map("".join)


@_often
@given(_values("p", "q", "r"), _values("q", "r"), _values("r"), _values())
def test_expand_equals_postconf_x(relayhost: str, first: str, second: str, third: str) -> None:
    """`expand` gives what `postconf -hx` prints, and refuses what it dies on."""
    text = _bytes(f"relayhost = {relayhost}\np = {first}\nq = {second}\nr = {third}\nempty =\n")
    with tempfile.TemporaryDirectory() as directory:
        configure(Path(directory), text)
        completed = run(_PROGRAM, "-c", directory, "-hx", "relayhost")
    parameters = parse(text)
    try:
        expanded = expand(parameters, "relayhost")
    except MainCfError:
        assert completed.refused
        return
    # Postfix may also die of an error in a value that was not asked for.
    assume(not completed.refused or not any("$" in parameters[name].value for name in "pqr"))
    assert not completed.refused, completed.stderr
    assert _printed(completed.stdout) == _printed(_bytes(expanded))


def test_expand_with_defaults_equals_postconf_x() -> None:
    """With the host's defaults given, `expand` gives what `postconf -hx` prints for every common parameter."""
    text = b"myhostname = mail.example.com\nmyorigin = $mydomain\nrelayhost = [smtp.$mydomain]:587\n"
    lines = run(_PROGRAM, "-d").stdout.decode().splitlines()
    defaults = {name: value.strip() for name, _, value in (line.partition(" =") for line in lines)}
    # Derived from the name of the machine, or from myhostname, at run time.
    defaults["mydomain"] = "example.com"
    names = ["mydestination", "myorigin", "relayhost", "smtputf8_enable", "local_transport", "relay_domains"]
    names += ["smtp_helo_name", "alias_maps", "parent_domain_matches_subdomains", "smtp_tls_loglevel"]
    with tempfile.TemporaryDirectory() as directory:
        configure(Path(directory), text)
        printed = run(_PROGRAM, "-c", directory, "-hx", *names).stdout.decode().splitlines()
    assert [expand(parse(text), name, defaults) for name in names] == printed
