"""How tables answer."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.dictionaries import (
    Access,
    Checked,
    Dead,
    Pipe,
    Rows,
    RuleList,
    Same,
    Table,
    Union,
    is_torn,
)
from relayconf.mta.postfix.resolver.outcomes import LookupFailure, Unknowable
from relayconf.mta.postfix.resolver.rules import parse

_ROWS = Rows(answers={"a": "b", "b": "c", "e": ""})


def _get(table: Table, *keys: str) -> list[str | None]:
    return [table.get(key) for key in keys]


def test_kinds() -> None:
    """Each in its way; the first of a pipe or union says whether whole keys are compared."""
    rules = RuleList(rules=parse("regexp", b"/^a/ x\n", substitutes=False))

    assert _get(_ROWS, "a", "x") == ["b", None]
    assert _get(Same(answer="s"), "a", "x") == ["s", "s"]
    assert _get(rules, "ab", "x") == ["x", None]
    assert _get(Pipe(tables=[_ROWS, _ROWS]), "a", "b", "x") == ["c", None, None]
    assert _get(Union(tables=[_ROWS, Same(answer="s"), _ROWS]), "a", "x", "e") == ["b,s,b", "s", "s,"]
    assert _get(Union(tables=[_ROWS]), "x", "e") == [None, None]
    fixed = [table.is_fixed for table in (_ROWS, rules, Pipe(tables=[rules, _ROWS]), Union(tables=[_ROWS, rules]))]
    assert fixed == [True, False, False, True]


def test_dead_ones() -> None:
    """Fail as they have to; of what is unknown the key is named."""
    with pytest.raises(LookupFailure, match=r"^gone$"):
        Dead(failure=LookupFailure("gone")).get("k")
    with pytest.raises(Unknowable, match=r"^mysql \(k\)$"):
        Dead(failure=Unknowable("mysql")).get("k")


def test_folding() -> None:
    """Where the caller asks for it, and whole keys are compared."""
    rows = Rows(answers={"ü": "1", "a": "2", "\udcff": "3"})

    assert _get(Checked(table=rows, access=Access(folds=True, utf8=True)), "Ü", "A", "\udcff") == ["1", "2", None]
    assert _get(Checked(table=rows, access=Access(folds=True, utf8=False)), "Ü", "A", "\udcff") == [None, "2", "3"]
    assert _get(Checked(table=rows, access=Access(folds=False, utf8=True)), "A", "a") == [None, "2"]
    rules = RuleList(rules=parse("regexp", b"/^A/i x\n", substitutes=False))
    assert _get(Checked(table=rules, access=Access(folds=True, utf8=True)), "A", "a") == ["x", None]
    assert not Checked(table=rules, access=Access(folds=True, utf8=True)).is_fixed


def test_values_that_are_no_utf8() -> None:
    """Fail where it has to be."""
    rows = Rows(answers={"a": "\udcff"})

    with pytest.raises(LookupFailure, match="a value that is not UTF-8"):
        Checked(table=rows, access=Access(folds=True, utf8=True)).get("a")
    assert Checked(table=rows, access=Access(folds=True, utf8=False)).get("a") == "\udcff"


def test_torn_text() -> None:
    """Bytes that are no UTF-8."""
    assert [is_torn(text) for text in ("a", "é", "\udcff")] == [False, False, True]


def test_passwords_are_not_shown() -> None:
    """In no `repr`."""
    assert "s3cret" not in repr(Rows(answers={"a": "s3cret"})) + repr(Same(answer="s3cret"))
