"""From `type:name` to the table."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.dictionaries import Access
from relayconf.mta.postfix.resolver.opening import Opener
from relayconf.mta.postfix.resolver.outcomes import LookupFailure, Unknowable
from tests.mta.postfix.resolver.memory import Memory

_FILES = Memory(
    contents={
        "/t": b"K v\nk w\nl  x  y\n",
        "/u": "Ü v\nk w\n".encode(),
        "/torn": b"\xff v\nk w\n",
        "/nul": b"k v\0\n",
        "/rules": b"/^k/ r\n",
        "/groups": b"/^(k)/ $1\n",
        "/nets": b"192.0.2.0/24 n\n",
    },
    times={"/t": 5, "/t.db": 6, "/u": 5, "/u.lmdb": 4, "/torn.cdb": 1, "/only.db": 1, "/nul.db": 1},
    locked=frozenset({"/locked"}),
)


def _get(text: str, key: str, *, folds: bool = True, utf8: bool = True, substitutes: bool = False) -> str | None:
    access = Access(folds=folds, utf8=utf8, substitutes=substitutes)
    return Opener(files=_FILES, access=access, notes=[]).open(text).get(key)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("hash:/t", "K", "v"),
        ("btree:/t", "l", "x  y"),
        ("default:/t", "k", "v"),
        ("lmdb:/u", "ü", "v"),
        ("cdb:/torn", "k", "w"),
        ("texthash:/u", "Ü", "v"),
        ("regexp:/rules", "k", "r"),
        ("pcre:/rules", "K", "r"),
        ("pcre:/groups", "K", None),
        ("cidr:/nets", "192.0.2.7", "n"),
        ("static:a:b", "any", "a:b"),
        ("static:{ a b }", "any", "a b"),
        ('inline:{k=v, {l = x, y}, {"q r" = z}}', "l", "x, y"),
        ("inline:{K=v}", "k", "v"),
        ("inline:{k=v, k=w}", "k", "w"),
        ('inline:{{"q r" = z}}', '"q r"', "z"),
        ("pipemap:{texthash:/u, inline:{v=2}}", "ü", "2"),
        ("unionmap:{texthash:/u, static:s}", "k", "w,s"),
        ("randmap:{a, a}", "k", "a"),
        ("proxy:hash:/t", "k", "v"),
        ("debug:static:s", "k", "s"),
    ],
)
def test_types(text: str, key: str, value: str | None) -> None:
    """Each by its own syntax."""
    assert _get(text, key) == value


def test_substitution() -> None:
    """Where it is allowed."""
    assert _get("regexp:/groups", "k", substitutes=True) == "k"


def test_folding() -> None:
    """`postmap` folds keys always, Postfix itself only where it is asked to."""
    assert [_get("hash:/t", "k", folds=False), _get("texthash:/u", "ü", folds=False)] == ["v", None]
    assert [_get("inline:{K=v}", "K", folds=False), _get("hash:/u", "\xdc", folds=False, utf8=False)] == ["v", "v"]
    assert _get("texthash:/torn", "\udcff", utf8=False) == "v"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hash:/none", "hash:/none is not there"),
        ("texthash:/none", "texthash:/none is not there"),
        ("texthash:/t", "texthash:/t, line 2: a duplicate, with which Postfix takes no row"),
        ("inline:{}", "inline: a table that is malformed"),
        ("inline:k=v", "inline: a table that is malformed"),
        ("inline:{k}", "inline: a table that is malformed"),
        ("inline:{{k=v}x}", "inline: a table that is malformed"),
        ("static:{a}b", "static: a table that is malformed"),
        ("static:{a", "static: a table that is malformed"),
        ("pipemap:{}", "pipemap: a table that is malformed"),
        ("unionmap:{hash}", "unionmap: a table that is malformed"),
        ("fail:always", "fail:always"),
        ("hush:/t", "there is no table type `hush`"),
        ("hash", "a table without a name"),
        (":x", "there is no table type ``"),
    ],
)
def test_what_fails_in_postfix_too(text: str, reason: str) -> None:
    """When it is asked."""
    with pytest.raises(LookupFailure) as failure:
        _get(text, "k")
    assert str(failure.value) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mysql:/etc/postfix/x.cf", "mysql:/etc/postfix/x.cf has to be asked (k)"),
        ("proxy:ldap:x", "ldap:x has to be asked (k)"),
        ("hash:/only", "the source of hash:/only is not beside it (k)"),
        ("hash:/nul", "hash:/nul: a lookup table's source holds a NUL in line 1 (k)"),
        ("randmap:{a, b}", "randmap: one of 2 values by chance (k)"),
        ("regexp:/locked", "/locked cannot be read here (k)"),
    ],
)
def test_what_only_the_host_knows(text: str, reason: str) -> None:
    """When it is asked."""
    with pytest.raises(Unknowable) as failure:
        _get(text, "k")
    assert str(failure.value) == reason


def test_what_is_odd_about_files() -> None:
    """Postfix reads what `postmap` made of the source."""
    notes: list[str] = []
    opener = Opener(files=_FILES, access=Access(folds=True, utf8=True), notes=notes)

    for text in ("hash:/t", "hash:/u", "default:/t", "dbm:/t"):
        opener.open(text)

    assert notes == [
        "/u is newer than its compiled table: postmap has not been run",
        "/t.pag is not there: until postmap has made it, all mail waits",
    ]
