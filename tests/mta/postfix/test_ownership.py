"""The record of what is relayconf's, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.errors import MainCfError
from relayconf.mta.postfix import main_cf, ownership
from relayconf.mta.postfix.ownership import Owned, apply, is_changed, read, write

RECORD = {
    "relayhost": Owned(
        applied="[a.test]:587", date="2026-11-24", originals=(b"relayhost =\t\n  x\\y\r\n", b"relayhost=\n")
    ),
    "smtp_sasl_auth_enable": Owned(applied="yes", date="-"),
}
TEXT = (
    b"relayhost\t[a.test]:587\t2026-11-24\trelayhost =\\t\\n  x\\\\y\\r\\n\trelayhost=\\n\n"
    b"smtp_sasl_auth_enable\tyes\t-\n"
)


def test_the_file() -> None:
    """One line a parameter, whatever bytes it had before; an absent file is no record, and no record no file."""
    assert write(RECORD) == TEXT
    assert read(TEXT) == RECORD
    assert (read(None), write({})) == ({}, None)


def test_other_lines_are_left_out() -> None:
    """What is no record of a parameter is none."""
    assert read(b"\nrelayhost\n\nb\tc\nname\tvalue\tdate\\q\n") == {"name": Owned(applied="value", date="date\\q")}


@given(
    st.dictionaries(
        st.text(min_size=1), st.builds(Owned, applied=st.text(), date=st.text(), originals=st.tuples(st.binary()))
    )
)
def test_round_trip(record: dict[str, Owned]) -> None:
    """Any text and any bytes come back."""
    assert read(write(record)) == record


@pytest.mark.parametrize(
    ("name", "live", "applied", "changed"),
    [
        ("relayhost", "[a.test]:587", "[a.test]:587", False),
        ("relayhost", None, "[a.test]:587", True),
        ("relayhost", "[b.test]:587", "[a.test]:587", True),
        ("smtp_x", " a   b", "a b", False),
        (
            "transport_maps",
            "hash:${relayconf_maps}/transport hash:/new",
            "hash:${relayconf_maps}/transport, hash:/a",
            False,
        ),
        ("transport_maps", "hash:/a, hash:${relayconf_maps}/transport", "hash:${relayconf_maps}/transport", True),
        ("transport_maps", "hash:/a", "hash:${relayconf_maps}/transport", True),
    ],
)
def test_changed_by_hand(name: str, live: str | None, applied: str, *, changed: bool) -> None:
    """Another value, or none; in a list of tables only ours count, which must be in front."""
    assert is_changed(name, live, applied) is changed


MAIN = b"""\
a=1
relayhost =
transport_maps = hash:/a,
# between
  hash:/b
# behind
b = 2
"""
WISH = {
    "relayhost": "[a.test]:587",
    "transport_maps": "hash:${relayconf_maps}/t, hash:/a, hash:/b",
    "relayconf_maps": "/7",
}
APPLIED = b"""\
a=1
relayhost = [a.test]:587
transport_maps = hash:${relayconf_maps}/t, hash:/a, hash:/b
# between
# behind
b = 2
relayconf_maps = /7
"""
OWNED = {
    "relayhost": Owned(applied="[a.test]:587", date="today", originals=(b"relayhost =\n",)),
    "transport_maps": Owned(
        applied="hash:${relayconf_maps}/t, hash:/a, hash:/b",
        date="today",
        originals=(b"transport_maps = hash:/a,\n# between\n  hash:/b\n",),
    ),
}


def test_apply_and_back() -> None:
    """What is set is recorded with what was there; without a wish all of it is back, byte for byte."""
    assert apply(MAIN, {}, WISH, "today") == (APPLIED, OWNED)
    assert apply(APPLIED, OWNED, {}, "later") == (MAIN, {})


def test_the_same_again() -> None:
    """Nothing changes, and the dates stay; another value gets its own date and keeps what was before."""
    assert apply(APPLIED, OWNED, WISH, "later") == (APPLIED, OWNED)
    _, record = apply(APPLIED, OWNED, {**WISH, "relayhost": "[b.test]:25"}, "later")

    assert record["relayhost"] == Owned(applied="[b.test]:25", date="later", originals=(b"relayhost =\n",))
    assert record["transport_maps"].date == "today"


def test_the_earlier_value_is_not_owned() -> None:
    """A wish for what stood there before brings the entry back as it was, and gives it up."""
    text, record = apply(APPLIED, OWNED, {**WISH, "relayhost": ""}, "later")

    assert b"\nrelayhost =\n" in text
    assert "relayhost" not in record


def test_what_says_it_already_is_not_owned() -> None:
    """A value that the admin gave is the admin's, an empty one of a parameter that is not set is nothing."""
    assert apply(b"relayhost=[a.test]:587\n", {}, {"relayhost": "[a.test]:587"}, "today") == (
        b"relayhost=[a.test]:587\n",
        {},
    )
    assert apply(b"a = 1\n", {}, {"relayhost": ""}, "today") == (b"a = 1\n", {})


def test_a_human_s_value_stays() -> None:
    """A parameter that leaves the wish after somebody changed or deleted it is left alone."""
    changed = APPLIED.replace(b"[a.test]:587", b"[human.test]")
    text, record = apply(changed, OWNED, {}, "later")

    assert b"\nrelayhost = [human.test]\n" in text
    assert record == {}
    deleted = APPLIED.replace(b"relayhost = [a.test]:587\n", b"")
    assert b"relayhost" not in apply(deleted, OWNED, {}, "later")[0]


def test_the_wish_has_the_last_word() -> None:
    """A wish for the earlier value holds over a human's other one, and over none."""
    wish = {**WISH, "relayhost": ""}
    changed = APPLIED.replace(b"[a.test]:587", b"[human.test]")
    record = {**OWNED, "relayhost": Owned(applied="[a.test]:587", date="today", originals=(b"relayhost=[old]\n",))}

    assert b"\nrelayhost =\n" in apply(changed, OWNED, wish, "later")[0]
    deleted = APPLIED.replace(b"relayhost = [a.test]:587\n", b"")
    assert b"relayhost = [old]\n" in apply(deleted, record, {**WISH, "relayhost": "[old]"}, "later")[0]


def test_tables_that_the_admin_changed_meanwhile() -> None:
    """The list keeps the admin's newer tables when ours goes, and goes when there are none left."""
    more = APPLIED.replace(b"hash:/b\n", b"hash:/c\n")
    assert b"\ntransport_maps = hash:/a, hash:/c\n" in apply(more, OWNED, {}, "later")[0]

    alone = APPLIED.replace(b"/t, hash:/a, hash:/b", b"/t")
    assert b"transport_maps" not in apply(alone, OWNED, {}, "later")[0]


@pytest.mark.parametrize(
    ("value", "originals"),
    [("hash:${relayconf_maps}/t", ()), ("hash:${relayconf_maps}/t hash:/a", (b"transport_maps = hash:/a\n",))],
)
def test_a_lost_record(value: str, originals: tuple[bytes, ...]) -> None:
    """A list with a table of ours and no record of it: what was there before is what the admin has in it."""
    text = f"transport_maps = {value}\n".encode()
    _, record = apply(text, {}, {"transport_maps": "hash:${relayconf_maps}/t"}, "today")

    assert record["transport_maps"].originals == originals


_ENTRIES = st.lists(
    st.sampled_from([b"a = 1\n", b"a=1\n 2\n", b"a =\n# c\n\t3\n\n", b"b = x\n", b"# comment\n", b"\n", b"a=\n"]),
    max_size=6,
)


@given(_ENTRIES, st.sampled_from(["new", "", "1"]), st.sampled_from(["one", "two", "x"]))
def test_any_main_cf_comes_back(entries: list[bytes], first: str, second: str) -> None:
    """Duplicates, continued lines, comments among them: after any wishes the text is the old one."""
    text = b"".join(entries)
    one, record = apply(text, {}, {"a": first, "c": "1"}, "today")
    two, record = apply(one, record, {"a": second, "b": second, "relayconf_maps": "/1"}, "today")
    values = {name: found.value for name, found in main_cf.parse(two).items()}

    assert (values["a"], values["b"], values.get("c")) == (second, second, None)
    back, record = apply(two, record, {}, "today")
    assert (back, record) == (text, {})


def test_original_value() -> None:
    """The value that the entries from before gave, the last one's."""
    assert ownership.original_value("a", (b"a = 1\n", b"a=2\n 3\n")) == "2 3"
    assert ownership.original_value("a", ()) is None


@pytest.mark.parametrize("original", [b"other = 1\n", b"# no entry\n", b" =\n"])
def test_a_damaged_record_is_an_error(original: bytes) -> None:
    """What cannot be given back is not taken for nothing."""
    record = {"relayhost": Owned(applied="[a.test]:587", date="2026-11-01", originals=(original,))}

    with pytest.raises(MainCfError, match="postfix-parameters, is damaged at 'relayhost'"):
        ownership.check(record)


def test_a_sound_record_passes() -> None:
    """With entries from before, and without."""
    record = {
        "a": Owned(applied="1", date="2026-11-01", originals=(b"a = 2\n",)),
        "b": Owned(applied="1", date="2026-11-01"),
    }

    assert ownership.check(record) is record
