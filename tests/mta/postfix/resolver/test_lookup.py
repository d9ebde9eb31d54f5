"""What is asked for an address, and for a domain."""

from __future__ import annotations

import pytest

from relayconf.errors import MainCfError
from relayconf.mta.postfix.resolver.lookup import Extensions, Hit, Lookups, Parents
from relayconf.mta.postfix.resolver.outcomes import LookupFailure, Unknowable
from tests.mta.postfix.resolver.memory import Memory, settings_of


def _lookups(main: str, **tables: str) -> Lookups:
    files = Memory(contents={f"/{name}": text.encode() for name, text in tables.items()})
    return Lookups(settings_of(main, files=files))


def _plus(delimiters: str = "+", *, special: bool = True) -> Extensions:
    return Extensions(delimiters=delimiters, double_bounce_sender="double-bounce", owner_request_special=special)


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("u+e@x", "u@x"),
        ("u+e+f@x", "u@x"),
        ("u+e", "u"),
        ("u@x+y", None),
        ("+e@x", None),
        ("u@x", None),
        ("a@b+c@x", "a@b@x"),
    ],
)
def test_extensions(address: str, bare: str | None) -> None:
    """From the first delimiter in the local part on, unless it is at its start."""
    assert _plus().without(address) == bare


def test_names_that_are_whole() -> None:
    """Postmaster and the like; owner-list and list-request where `-` is a delimiter."""
    assert [_plus("-").without(f"{name}@x") for name in ("owner-l", "l-request", "Double-Bounce", "-request")] == [
        None
    ] * 4
    assert [_plus("r+").without(f"{name}@x") for name in ("postmaster", "MAILER-daemon")] == [None] * 2
    assert [_plus("-", special=False).without(f"{name}@x") for name in ("owner-l", "l-request")] == ["owner@x", "l@x"]
    assert _plus("+").without("owner-l+x@x") == "owner-l@x"
    assert _plus("").without("u+e@x") is None


def _for_recipient(table: str, address: str, parents: Parents = "dotted") -> str | None:
    lookups = _lookups("recipient_delimiter = +\ntransport_maps = texthash:/t\n", t=table)
    hit = lookups.maps("transport_maps").for_recipient(address, parents)
    return None if hit is None else hit.key


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("u+e@s.d.t u@s.d.t s.d.t *", "u+e@s.d.t"),
        ("u@s.d.t s.d.t .d.t *", "u@s.d.t"),
        ("s.d.t .d.t *", "s.d.t"),
        (".s.d.t .d.t .t *", ".d.t"),
        (".t *", ".t"),
        ("d.t @s.d.t *", "*"),
        ("d.t", None),
    ],
)
def test_keys_for_a_recipient(keys: str, found: str | None) -> None:
    """From the whole address to everything."""
    assert _for_recipient("".join(f"{key} x\n" for key in keys.split()), "u+e@s.d.t") == found


def test_parents_without_dots() -> None:
    """Where parent_domain_matches_subdomains asks for it."""
    assert _for_recipient("d.t x\n.d.t y\n", "u@s.d.t", "plain") == "d.t"
    assert _for_recipient("x x\n", "u@t.", "plain") is None


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("u+e@x.test u@x.test", "u+e@x.test"),
        ("u@x.test @x.test", "u@x.test"),
        ("u+e u @x.test", "u+e"),
        ("u @x.test", "u"),
        ("@x.test x.test", "@x.test"),
        ("x.test", None),
    ],
)
def test_keys_for_a_sender(keys: str, found: str | None) -> None:
    """The local part alone is for domains of the host; a domain without `@` is never asked for."""
    lookups = _lookups("recipient_delimiter = +\nm = texthash:/t\n", t="".join(f"{key} x\n" for key in keys.split()))

    hit = lookups.maps("m").for_sender("u+e@x.test", lambda domain: domain == "x.test")

    assert (None if hit is None else hit.key) == found


def test_a_sender_of_elsewhere() -> None:
    """Is not asked for by the local part, nor is one without a domain asked for more than once."""
    maps = _lookups("m = texthash:/t\n", t="u x\n").maps("m")

    assert maps.for_sender("u@x.test", lambda _: False) is None
    assert maps.for_sender("u", lambda _: False) == Hit(key="u", value="x")
    assert maps.for_sender("@x.test", lambda _: True) is None
    assert maps.for_sender("v", lambda _: False) is None


def test_written_form_first() -> None:
    """With quotes, then without."""
    maps = _lookups("m = texthash:/t\n", t='"a b"@x.test 1\n').maps("m")

    assert maps.for_sender("a b@x.test", lambda _: False) == Hit(key='"a b"@x.test', value="1")
    assert _lookups("m = static:s\n").maps("m").for_sender("a@x", lambda _: False) == Hit(key="a@x", value="s")


def test_tables_in_turn() -> None:
    """Each key of all tables before the next key; rules see whole addresses alone."""
    lookups = _lookups(
        "m = regexp:/r, texthash:/t, texthash:/u\n", r="/^x/ r\n/^u/ w\n", t="x.test 1\n", u="v@x.test 2\n"
    )
    maps = lookups.maps("m")

    assert maps.for_recipient("v@x.test", "dotted") == Hit(key="v@x.test", value="2")
    assert maps.for_recipient("w@x.test", "dotted") == Hit(key="x.test", value="1")
    assert maps.for_recipient("u@x.test", "dotted") == Hit(key="u@x.test", value="w")
    assert maps
    assert not lookups.maps("none")


def test_failures_name_the_parameter() -> None:
    """And what failed."""
    with pytest.raises(LookupFailure, match=r"^m: texthash:/gone is not there$"):
        _lookups("m = texthash:/gone\n").maps("m").find("k")
    with pytest.raises(Unknowable, match=r"^m: mysql:x has to be asked \(k\)$"):
        _lookups("m = mysql:x\n").maps("m").find("k")
    with pytest.raises(LookupFailure, match=r"^m: an empty value for `k`$"):
        _lookups("m = inline:{k=}\n").maps("m").find("k")


@pytest.mark.parametrize(
    ("words", "parents", "domain", "entry"),
    [
        ("a.test, B.test", "none", "b.TEST", "b.test"),
        ("test .test", "none", "b.test", None),
        (".test", "dotted", "b.test", ".test"),
        (".test", "dotted", "a.b.test", ".test"),
        ("test", "dotted", "b.test", None),
        ("test", "plain", "a.b.test", "test"),
        (".test", "plain", "a.b.test", None),
        ("!b.test test", "plain", "b.test", None),
        ("!!b.test", "plain", "b.test", "b.test"),
        ("a.test # b.test", "plain", "b.test", None),
        ("[192.0.2.1]", "none", "[192.0.2.1]", "[192.0.2.1]"),
        ("[IPv6:::1]", "none", "[ipv6:::1]", "[ipv6:::1]"),
        ("texthash:/t", "none", "b.test", "texthash:/t"),
        ("texthash:/t", "none", "a.b.test", None),
        ("texthash:/p", "dotted", "a.b.test", "texthash:/p"),
        ("texthash:/t", "plain", "a.b.test", "texthash:/t"),
        ("!texthash:/t b.test", "none", "b.test", None),
        ("regexp:/r", "dotted", "b.test", "regexp:/r"),
        ("regexp:/r", "dotted", "x.b.test", None),
        ("/l", "none", "b.test", "b.test"),
        ("/l", "none", "c.test", None),
        ("!/l d.test", "none", "b.test", None),
        ("!/l d.test", "none", "c.test", "c.test"),
        ("", "none", "b.test", None),
    ],
)
def test_lists_of_domains(words: str, parents: Parents, domain: str, entry: str | None) -> None:
    """The first entry that fits decides."""
    lookups = _lookups(
        f"domains = {words}\n",
        t="b.test x\n",
        p=".b.test x\n",
        r="/^b\\./ x\n",
        l="# these\na.test\n b.test, !c.test\n",
    )

    assert lookups.domains("domains", parents).match(domain) == entry


def test_broken_lists() -> None:
    """Fail when they are asked, and only then."""
    with pytest.raises(LookupFailure, match=r"^d: /gone is not there$"):
        _lookups("d = a.test /gone\n").domains("d").match("b.test")
    assert _lookups("d = a.test /gone\n").domains("d").match("a.test") == "a.test"
    with pytest.raises(Unknowable, match=r"^d: ldap:x has to be asked \(b.test\)$"):
        _lookups("d = ldap:x\n").domains("d").match("b.test")
    with pytest.raises(MainCfError, match="d has a `!` with nothing behind it"):
        _lookups("d = !\n").domains("d")


def test_which_parents_count() -> None:
    """By parent_domain_matches_subdomains."""
    assert _lookups("").parents("relay_domains") == "plain"
    assert _lookups("").parents("transport_maps") == "dotted"
    assert _lookups("parent_domain_matches_subdomains = transport_maps\n").parents("transport_maps") == "plain"
