from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.errors import MapError, RelayconfError
from relayconf.mta.postfix.maps import MapEntry, MapProblem, MapSource, parse, table, write


def _entry(line: int, key: str, value: str) -> MapEntry:
    return MapEntry(key=key, value=value, line=line)


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        pytest.param(b"", (), id="empty"),
        pytest.param(b"# c\n[h]:587  u:p w \t\nk v", (_entry(2, "[h]:587", "u:p w"), _entry(3, "k", "v")), id="plain"),
        pytest.param(b"  stray x\nk\n  a,\n# c\n\tb\n", (_entry(2, "k", "a,\tb"),), id="continuation"),
        pytest.param(b"k\tv # x\r\n", (_entry(1, "k", "v # x"),), id="carriage-return-and-hash"),
        pytest.param(b'"a b"@x  v', (_entry(1, '"a b"@x', "v"),), id="quoted"),
        pytest.param(b'"a\\" b"@x v', (_entry(1, '"a\\" b"@x', "v"),), id="escaped-quote"),
        pytest.param(b'a\\ b v\n\\"k v', (_entry(1, "a\\ b", "v"), _entry(2, '\\"k', "v")), id="escaped"),
        pytest.param(b"k \xe9\n", (_entry(1, "k", "\udce9"),), id="latin-1"),
    ],
)
def test_parse(data: bytes, entries: tuple[MapEntry, ...]) -> None:
    """Entries with their keys as written, values joined and trimmed."""
    assert parse(data).entries == entries


def test_parse_tells_what_postmap_warns_about() -> None:
    """Every warning has its line, none has a value."""
    data = b'A:  pw\nnovalue\n"open pw\nk  one\nK  two\n\xe9  pw\nend\\\na:\n pw\n'
    source = parse(data)
    assert source.problems == (
        MapProblem(line=1, text="the key ends in a colon, as in an alias file: 'A:'"),
        MapProblem(line=2, text="ignored: no value"),
        MapProblem(line=3, text="ignored: a quote in the key is not closed"),
        MapProblem(line=5, text="ignored: duplicate of line 4: 'K'"),
        MapProblem(line=6, text="not UTF-8: ignored where smtputf8_enable is on"),
        MapProblem(line=7, text="ignored: no value"),
        MapProblem(line=8, text="ignored: duplicate of line 1: 'a:'"),
        MapProblem(line=8, text="the key ends in a colon, as in an alias file: 'a:'"),
    )
    assert source.table == {"a:": "pw", "k": "one", "\udce9": "pw"}


def test_table_folds_ascii_only_and_keeps_the_first() -> None:
    """Keys are looked up in lower case; of duplicates the first answers."""
    source = MapSource(entries=(_entry(1, "AÉ", "1"), _entry(2, "aÉ", "2"), _entry(3, "aé", "3")), problems=())
    assert source.table == {"aÉ": "1", "aé": "3"}


def test_values_are_not_shown() -> None:
    """A password does not reach a log through repr."""
    assert repr(parse(b"[h]:587 u:pw").entries) == "(MapEntry(key='[h]:587', line=1),)"


def test_parse_refuses_nul() -> None:
    """Postfix does not see what follows a NUL."""
    with pytest.raises(RelayconfError, match=r"^a lookup table's source holds a NUL in line 2$"):
        parse(b"k v\nk\0 v")


def test_write() -> None:
    """One entry a line, in the order given; nothing for nothing."""
    assert write([]) == ""
    assert write([("[h]:587", "u:p  w#"), ("*", "smtp:[é]")]) == "[h]:587  u:p  w#\n*  smtp:[é]\n"
    assert write([('"a\\"b"@x', ":")]) == '"a\\"b"@x  :\n'


_KEY_ERROR = "a lookup key cannot hold white space, NUL, or an open quote or backslash"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", f"{_KEY_ERROR}: ''"),
        (" k", f"{_KEY_ERROR}: ' k'"),
        ("a b", f"{_KEY_ERROR}: 'a b'"),
        ('"a b"', f"{_KEY_ERROR}: '\"a b\"'"),
        ("k\n", f"{_KEY_ERROR}: 'k\\n'"),
        ("k\v", f"{_KEY_ERROR}: 'k\\x0b'"),
        ("k\0", f"{_KEY_ERROR}: 'k\\x00'"),
        ('"k', f"{_KEY_ERROR}: '\"k'"),
        ("k\\", f"{_KEY_ERROR}: 'k\\\\'"),
        ("k\\ ", f"{_KEY_ERROR}: 'k\\\\ '"),
        ("#k", "a lookup key cannot start with `#`: '#k'"),
        ("k:", "a lookup key cannot end in a colon: 'k:'"),
        ("\udce9", "not UTF-8: the lookup key '\\udce9'"),
    ],
)
def test_write_refuses_keys(key: str, message: str) -> None:
    """Keys that postmap would split, skip or read as a comment."""
    with pytest.raises(MapError) as caught:
        write([(key, "v")])
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "a value cannot be empty, or start or end with white space: that of 'k'"),
        (" pw", "a value cannot be empty, or start or end with white space: that of 'k'"),
        ("pw\r", "a value cannot be empty, or start or end with white space: that of 'k'"),
        ("pw\nk2 v", "a value cannot hold a newline or NUL: that of 'k'"),
        ("pw\0", "a value cannot hold a newline or NUL: that of 'k'"),
        ("pw\udce9", "not UTF-8: the value of 'k'"),
    ],
)
def test_write_refuses_values_without_showing_them(value: str, message: str) -> None:
    """Values that postmap would trim or cut; the message has the key alone."""
    with pytest.raises(MapError) as caught:
        write([("k", value)])
    assert caught.value.message == message
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("keys", [("k", "k"), ("k", "K"), ("É", "é")])
def test_write_refuses_duplicates(keys: tuple[str, str]) -> None:
    """A duplicate takes a texthash table down; letters' case makes no difference."""
    with pytest.raises(MapError) as caught:
        write([(key, "v") for key in keys])
    assert caught.value.message == f"duplicate lookup key: {keys[1]!a}"


_TEXT = st.lists(st.sampled_from(["a", "B", "é", '"', "\\", " ", "\t", "\v", "#", ":", "@", "\r"]), max_size=6)


@given(st.lists(st.tuples(_TEXT.map("".join), _TEXT.map("".join)), max_size=3))
def test_what_is_written_is_read_back(entries: list[tuple[str, str]]) -> None:
    """Whatever `write` accepts, `parse` gives back without a warning."""
    try:
        written = write(entries)
    except MapError:
        return
    source = parse(written.encode())
    assert [(entry.key, entry.value) for entry in source.entries] == entries
    assert source.problems == ()


_LINES = st.lists(
    st.sampled_from(
        [
            "k v",
            "K  w x ",
            "k",
            "# c",
            "#",
            "",
            " ",
            " more",
            "\tmore",
            '"a b" v',
            "a\\ b v",
            "\x0bk v",
            "k\x0bv",
            "é ü",
            "k\rv",
            "\r",
        ]
    ),
    max_size=6,
)


@given(lines=_LINES, ends=st.booleans())
def test_table_is_what_parse_says(lines: list[str], *, ends: bool) -> None:
    """The short way and the long one come to the same."""
    data = "\n".join(lines).encode() + (b"\n" if ends else b"")

    assert list(table(data).items()) == list(parse(data).table.items())


def test_table_refuses_nul() -> None:
    """As `parse` does."""
    with pytest.raises(MapError, match="NUL in line 2"):
        table(b"k v\n\0 x\n")
