from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path
from typing import TypedDict

import pytest
from _pytest.mark import ParameterSet
from hypothesis import assume, given
from hypothesis import strategies as st

from relayconf.errors import MainCfError, RelayconfError
from relayconf.mta.postfix.main_cf import Parameter, changed, edit, entries, merge, parse, restore

_VECTORS = Path(__file__).parents[2] / "data" / "postconf-vectors.json"


class _Step(TypedDict):
    mode: str
    args: list[str]


class _Vector(TypedDict):
    id: str
    input: dict[str, str]
    steps: list[_Step]
    expected: dict[str, str]


# -# comments an entry out; relayconf never does.
_COMMENTS_OUT = {"crlf-hash", "no-final-nl-hash", "hash-then-set"}
# postconf refuses the first, and loses lines of the file in the other two: all three are refused.
_REFUSED = {"err-X-equals", "nul-in-line", "ff-byte-eof"}


def _vectors() -> list[_Vector]:
    vectors: list[_Vector] = json.loads(_VECTORS.read_text())["vectors"]
    return vectors


def _bytes(content: dict[str, str]) -> bytes:
    return base64.b64decode(content["b64"]) if "b64" in content else content["text"].encode()


def _edited(vector: _Vector) -> bytes:
    text = _bytes(vector["input"])
    for step in vector["steps"]:
        if step["mode"] == "-X":
            text = edit(text, {}, [argument.lstrip() for argument in step["args"]])
        else:
            pairs = (argument.partition("=") for argument in step["args"])
            text = edit(text, {name.strip(): value for name, _, value in pairs})
    return text


def _chosen(names: set[str], *, inside: bool) -> list[ParameterSet]:
    return [pytest.param(vector, id=vector["id"]) for vector in _vectors() if (vector["id"] in names) == inside]


@pytest.mark.parametrize("vector", _chosen(_COMMENTS_OUT | _REFUSED, inside=False))
def test_edit_is_postconf(vector: _Vector) -> None:
    """Byte for byte what Postfix 3.11 writes."""
    assert _edited(vector) == _bytes(vector["expected"])


@pytest.mark.parametrize("vector", _chosen(_REFUSED, inside=True))
def test_edit_refuses_what_postconf_maims(vector: _Vector) -> None:
    """Input that postconf refuses or damages is an error."""
    with pytest.raises(MainCfError):
        _edited(vector)


def test_vectors_left_out_use_only_comment_out() -> None:
    """No vector of -e or -X is left out."""
    left_out = [vector for vector in _vectors() if vector["id"] in _COMMENTS_OUT]
    assert all(any(step["mode"] == "-#" for step in vector["steps"]) for vector in left_out)
    assert len(left_out) == len(_COMMENTS_OUT)
    assert len(_vectors()) == 43


def test_edit_sets_and_removes_in_one_pass() -> None:
    """Removed entries go with their continuation, comments stay, new entries are sorted by byte."""
    text = b"# top\na = 1,\n  2\n  # why\n\nb = 3\n  4\n\n# end\n"
    expected = b"# top\n  # why\n\nb = 5\n\n# end\nZ = 7\nc = 6\n"
    assert edit(text, {"c": "6", "b": "5", "Z": "7"}, ["a", "absent"]) == expected


def test_edit_takes_names_literally() -> None:
    """A dot in a name is a dot."""
    assert edit(b"axb = 1\na.b = 1\n", {"a.b": "2"}, ["a.*"]) == b"axb = 1\na.b = 2\n"


@pytest.mark.parametrize(("text", "expected"), [(b"", b""), (b"a = 1", b"a = 1\n"), (b"a\n\n", b"a\n\n")])
def test_edit_ends_the_last_line(text: bytes, expected: bytes) -> None:
    """The missing newline is added even when no entry changes, but not when nothing is asked."""
    assert edit(text, {}, ["absent"]) == expected
    assert edit(text, {}) is text


def test_edit_keeps_bytes_of_any_encoding() -> None:
    """Latin-1, UTF-8 and stray bytes come back from parse and edit as they were."""
    text = b"a = \xe9\xff \xc3\xa9\n"
    assert parse(text)["a"].value == "\udce9\udcff é"
    assert edit(b"b = 1\n", {"a": parse(text)["a"].value}) == b"b = 1\n" + text


@pytest.mark.parametrize("name", ["", "a b", " a", "a\t", "a=b", "#a", "a\nb", "a\0", "a\v", "\ud800"])
def test_names_that_are_refused(name: str) -> None:
    """Names that postconf would read otherwise, or refuse."""
    with pytest.raises(MainCfError):
        edit(b"", {name: "1"})
    with pytest.raises(MainCfError):
        edit(b"", {}, [name])
    with pytest.raises(MainCfError):
        changed(b"", {name: "1"})


@pytest.mark.parametrize("value", ["a\nb", "a\n", "a\0b", "\ud800"])
def test_values_that_are_refused(value: str) -> None:
    """Values that one line of main.cf cannot hold."""
    with pytest.raises(MainCfError):
        edit(b"", {"a": value})
    with pytest.raises(MainCfError):
        merge(b"a = 1\n", {"a": value})


def test_error_messages_name_the_place() -> None:
    """What is wrong, where, and the way out."""
    with pytest.raises(RelayconfError, match=r"^asked both to set and to remove: a, b$"):
        edit(b"", {"b": "1", "a": "1"}, ["a", "b", "c"])
    with pytest.raises(RelayconfError, match=r"^asked both to set and to remove: a$"):
        merge(b"a = 1\n", {"a": "1"}, ["a"])
    with pytest.raises(RelayconfError, match=r"^not a parameter name: 'a b'$"):
        edit(b"", {"a b": "1"})
    with pytest.raises(RelayconfError, match=r"^the value of `a` holds a newline or a NUL$"):
        edit(b"", {"a": "\n"})
    with pytest.raises(RelayconfError, match=r"^main.cf, line 3: holds a NUL$") as caught:
        edit(b"a\nb\nc\0\n", {"a": "1"})
    assert caught.value.hint == "Postfix ignores what follows it on that line: delete it by hand"
    with pytest.raises(RelayconfError, match=r"^main.cf, line 1: holds a NUL$"):
        edit(b"\0", {"a": "1"})
    with pytest.raises(RelayconfError, match=r"^main.cf ends in the byte 0xFF without a newline$"):
        edit(b"a = \xff", {})
    with pytest.raises(RelayconfError, match=r"^main.cf, line 2: no `name = value`$") as caught:
        parse(b"\nrelayhost x\n")
    assert caught.value.hint == "Postfix refuses the whole file because of this line: repair it by hand"


def test_parse() -> None:
    """Values are joined and trimmed, the last duplicate wins, and every overridden line is told."""
    text = b"  stray = 1\na = 1\nb =\n  x,\n # c\n\n\ty \r\na=2\nc\x0b=\na = = 3 #\n"
    assert parse(text) == {
        "a": Parameter(name="a", value="= 3 #", line=10, duplicates=(2, 8)),
        "b": Parameter(name="b", value="x,\ty", line=3),
        "c": Parameter(name="c", value="", line=9),
    }
    assert list(parse(text)) == ["a", "b", "c"]


@pytest.mark.parametrize("text", [b"relayhost\n", b"= 1\n", b"a b = 1\n", b"a = 1\0\n", b"\0"])
def test_parse_refuses_what_postfix_refuses(text: bytes) -> None:
    """Postfix dies on such a line."""
    with pytest.raises(MainCfError):
        parse(text)


def test_changed_ignores_layout() -> None:
    """Continuation lines and white space make no difference, absent and empty do."""
    text = b"a = x,\n\ty   z\nb = 1\nb = 2\nc =\n"
    settings = {"a": " x, y z ", "b": "2", "c": "", "d": "", "e": "1"}
    assert changed(text, settings) == {"d": "", "e": "1"}
    assert changed(text, {"a": "x,y z", "b": "1", "c": "x"}) == {"a": "x,y z", "b": "1", "c": "x"}
    assert changed("a = x\u00a0y\n".encode(), {"a": "x y"}) == {"a": "x y"}


def test_merge_edits_only_what_differs() -> None:
    """An entry that says the same already keeps its layout, and so does a file that says everything."""
    text = b"a = x,\n  y\nb = 1\nc = 1"
    assert merge(text, {"a": "x, y", "b": "1"}, ["d"]) == text
    assert merge(text, {"a": "x, y", "b": "2"}) == b"a = x,\n  y\nb = 2\nc = 1\n"
    assert merge(text, {"a": "x, y"}, ["c", "d"]) == b"a = x,\n  y\nb = 1\n"


_NAMES = ["a", "b", "ab"]
_PIECES = b"a,b,ab, ,\t,\v,\f,\r,\n,\n,=, = ,#,x,\xe9,a = 1\n".split(b",")
_TEXTS = st.lists(st.sampled_from(_PIECES), max_size=25).map(b"".join)
_SETTINGS = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(["", "1", "x  y", "#", " z\t", "é"]))


@given(_TEXTS, _SETTINGS, st.sets(st.sampled_from(_NAMES)))
def test_order_of_removals_makes_no_difference(text: bytes, settings: dict[str, str], remove: set[str]) -> None:
    """One pass equals -X then -e, and -e then -X."""
    for name in remove:
        settings.pop(name, None)
    both = edit(text, settings, remove)
    assert both == edit(edit(text, {}, remove), settings)
    assert both == edit(edit(text, settings), {}, remove)


@given(_TEXTS, _SETTINGS, st.sets(st.sampled_from(_NAMES)))
def test_merge_reaches_the_wish_and_stays(text: bytes, settings: dict[str, str], remove: set[str]) -> None:
    """After a merge nothing differs, a second one changes no byte, and other parameters keep their values."""
    for name in remove:
        settings.pop(name, None)
    try:
        before = parse(text)
    except MainCfError:
        return
    try:
        merged = merge(text, settings, remove)
    except MainCfError:
        # `test_a_name_that_postconf_does_not_find_cannot_be_taken_out` has this case.
        assume(not re.search(rb"[\v\f]", text))
        raise
    after = parse(merged)
    assert changed(merged, settings) == {}
    assert not after.keys() & remove
    assert merge(merged, settings, remove) is merged
    others = before.keys() - settings.keys() - remove
    assert {name: before[name].value for name in others} == {
        name: parameter.value for name, parameter in after.items() if name not in settings
    }


def test_edit_takes_no_more_time_than_the_file_is_long() -> None:
    """No kind of line makes it quadratic: a megabyte takes a few hundredths of a second, on a slow machine a second."""
    settings = {"relayhost": "x", **{f"smtp_{number}": "1" for number in range(20)}}
    lines = ["smtpd_restrictions = permit\n", "a\n", "\n", " b\n", "#\n", "relayhost\n", "smtp_ = 1\n", " "]
    for line in (line.encode() for line in lines):
        text = b"relayhost = a\n" + line * (1_000_000 // len(line))
        start = time.process_time()
        edit(text, settings)
        assert time.process_time() - start < 1, line


_TEXT = b"""\
a = 1
b =
  2
# between

  3
# behind

b=4
c = 5"""


def test_entries() -> None:
    """Each entry with the lines that continue it and what stands among them; nothing behind it."""
    assert entries(_TEXT, "b") == (b"b =\n  2\n# between\n\n  3\n", b"b=4\n")
    assert entries(_TEXT, "c") == (b"c = 5\n",)
    assert entries(_TEXT, "d") == ()


def test_restore() -> None:
    """An edited parameter is what it was, byte for byte; one that was not there goes."""
    edited = edit(_TEXT, {"b": "new", "d": "x"})

    assert restore(restore(edited, "b", entries(_TEXT, "b")), "d", ()) == _TEXT + b"\n"
    assert restore(_TEXT, "d", ()) is _TEXT


def test_restore_without_the_comments_that_somebody_took_out() -> None:
    """Then the entry comes back without them, and what came instead stays behind it."""
    edited = edit(_TEXT, {"b": "new"}).replace(b"# between\n", b"# other\n")

    assert restore(edited, "b", entries(_TEXT, "b")) == (b"a = 1\nb =\n  2\n  3\n# other\n\n# behind\n\nb=4\nc = 5\n")


def test_restore_of_other_entries() -> None:
    """With entries come or gone since then the value alone comes back, in each of them."""
    assert restore(b"b = x\n", "b", (b"b=1\n", b"b =\n 2\n")) == b"b = 2\n"
    assert restore(b"a = 1\n", "b", (b"b=1\n",)) == b"a = 1\nb = 1\n"


def test_restore_takes_continuations_out() -> None:
    """Lines that somebody added to the value go with it."""
    assert restore(b"b = x\n# c\n y\n# d\n", "b", (b"b=1\n",)) == b"b=1\n# c\n# d\n"


@given(_TEXTS, _SETTINGS)
def test_every_edit_can_be_taken_back(text: bytes, settings: dict[str, str]) -> None:
    """Whatever main.cf is: after `restore` of all that was set it is the same, but for a final newline."""
    before = {name: entries(text, name) for name in settings}
    now = edit(text, settings)
    for name, originals in before.items():
        now = restore(now, name, originals)

    assert now == text or now == text + b"\n"


def test_a_name_that_postconf_does_not_find_cannot_be_taken_out() -> None:
    """Postfix skips every kind of white space behind a name, postconf does not know the vertical ones."""
    with pytest.raises(MainCfError) as caught:
        merge(b"b = 1\na\v= 2\n", {}, ["a", "b"])

    assert caught.value.message == "main.cf has a strange character behind the name a, line 2"
