"""Whatever a lookup table's source holds, the machine's own postmap and relayconf agree on it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayconf.errors import MapError
from relayconf.mta.postfix.maps import parse, write
from tests.mta.postfix.real import EXAMPLES, POSTCONF, POSTMAP, configure, run

_PROGRAM = POSTMAP or "postmap"


def _has_hash() -> bool:
    if POSTCONF is None or POSTMAP is None:
        return False
    with tempfile.TemporaryDirectory() as directory:
        configure(Path(directory), b"")
        return b"hash" in run(POSTCONF, "-c", directory, "-m").stdout.split()


pytestmark = pytest.mark.skipif(not _has_hash(), reason="no postmap with hash tables on this machine")
_often = settings(max_examples=EXAMPLES, deadline=None)

_PIECES = [
    *(b"k", b"K", b"key ", b"[h]:587", b"a@b", b":", b" ", b"\t", b"\v", b"\f", b"\r", b"\n", b"\n", b"\n ", b"\n# "),
    *(b'"', b"\\", b"#", b"x", b"y z", b"\xe9", b"\xc3\xa9", b"\xc3\x89", b"k v\n", b"K  w\n"),
]
_ENTRIES = st.tuples(
    st.sampled_from([b"k", b"K", b"[h]:587", b"k:", b'"a b"@c', b"a\\ b", b'"open', b"\xc3\x89", b"@x"]),
    st.sampled_from([b" ", b"\t\f", b"\n  ", b"\n# c\n\t"]),
    st.sampled_from([b"v", b"w  w", b"u:p", b"#", b"\xe9", b"", b"a\n b"]),
    st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
).map(b"".join)
_SOURCES = st.lists(_ENTRIES, max_size=6).map(b"".join) | st.lists(st.sampled_from(_PIECES), max_size=25).map(b"".join)


def _source(directory: str, source: bytes) -> Path:
    # Without SMTPUTF8 every byte is welcome, and only ASCII letters are folded.
    configure(Path(directory), b"smtputf8_enable = no\n")
    path = Path(directory) / "table"
    path.write_bytes(source)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def _stored(source: bytes) -> tuple[list[bytes], bytes]:
    with tempfile.TemporaryDirectory() as directory:
        path = _source(directory, source)
        made = run(_PROGRAM, "-c", directory, f"hash:{path}")
        assert not made.refused, made.stderr
        dump = run(_PROGRAM, "-c", directory, "-s", f"hash:{path}").stdout
        return sorted(dump.split(b"\n")[:-1]), made.stderr


def _line(key: str, value: str) -> bytes:
    return _bytes(f"{key}\t{value}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@_often
@given(_SOURCES)
def test_parse_equals_postmap_s(source: bytes) -> None:
    """The table that `postmap` makes holds what `parse` says, and `postmap` warns where `parse` does."""
    stored, warnings = _stored(source)
    read = parse(source)
    assert stored == sorted(_line(key, value) for key, value in read.table.items())
    told = {problem.text.split(":")[0] for problem in read.problems}
    assert ("the key ends in a colon, as in an alias file" in told) == (b"alias file?" in warnings)
    lines = {problem.line for problem in read.problems if problem.text == "ignored: no value"}
    assert all(b"line %d: expected format" % line in warnings for line in lines)
    assert warnings.count(b"expected format") == len(lines)
    quotes = [problem for problem in read.problems if problem.text.endswith("is not closed")]
    assert warnings.count(b"unbalanced") == len(quotes)
    duplicates = [problem for problem in read.problems if problem.text.startswith("ignored: duplicate")]
    assert warnings.count(b"duplicate entry") == len(duplicates)


_TEXT = st.lists(st.sampled_from(["a", "B", "c", "é", '"', "\\", " ", "#", ":", "@", "[", "%", "$1"]), max_size=6)
_KEYS = st.sampled_from(["k", "K:", "[h]:587", "é", '"a"@b', 'a\\"b', "#k", "k ", "k\\"]) | _TEXT.map("".join)
_PAIRS = st.lists(st.tuples(_KEYS, st.sampled_from(["v", "u:p", "#", "é", " v"]) | _TEXT.map("".join)), max_size=4)


@_often
@given(_PAIRS)
def test_what_is_written_is_found(entries: list[tuple[str, str]]) -> None:
    """Whatever `write` accepts is found by its key in texthash and hash alike, and nothing is warned about."""
    accepted: list[tuple[str, str]] = []
    for entry in entries:
        try:
            write([*accepted, entry])
        except MapError:
            continue
        accepted.append(entry)
    source = write(accepted).encode()
    stored, warnings = _stored(source)
    assert stored == sorted(_line(key, value) for key, value in parse(source).table.items())
    assert len(stored) == len(accepted)
    assert warnings == b""
    with tempfile.TemporaryDirectory() as directory:
        path = _source(directory, source)
        for key, value in accepted[:1]:
            found = run(_PROGRAM, "-c", directory, "-q", _bytes(key), f"texthash:{path}")
            assert (found.stdout, found.stderr) == (_bytes(f"{value}\n"), b"")
