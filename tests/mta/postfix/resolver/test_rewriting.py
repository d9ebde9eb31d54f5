"""From a recipient to the address that is routed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayconf.mta.postfix.resolver.outcomes import LookupFailure
from relayconf.mta.postfix.resolver.rewriting import Recipient, RewritingRules, rewritten

RULES = RewritingRules(
    is_local={"host.example.org", "[127.0.0.1]", "[192.0.2.9]"}.__contains__,
    myhostname="host.example.org",
    myorigin="origin.test",
    mydomain="example.org",
    empty_address_recipient="MAILER-DAEMON",
    swap_bangpath=True,
    allow_percent_hack=True,
    append_at_myorigin=True,
    append_dot_mydomain=True,
    resolve_dequoted_address=True,
    resolve_null_domain=False,
    resolve_numeric_domain=False,
    smtputf8_enable=True,
)
HERE = "@host.example.org"


def _rewritten(recipient: str, **changes: bool | str) -> Recipient:
    return rewritten(recipient, replace(RULES, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("recipient", "address", "is_local"),
    [
        ("u@x.test", "u@x.test", False),
        ("u@x.test.", "u@x.test", False),
        (f"u{HERE}", f"u{HERE}", True),
        ("root", f"root{HERE}", True),
        ("", f"MAILER-DAEMON{HERE}", True),
        (HERE, f"MAILER-DAEMON{HERE}", True),
        (f"u%x.test{HERE}", "u@x.test", False),
        (f"u%y.test%x.test{HERE}", "u%y.test@x.test", False),
        (f"x.test!u{HERE}", "u@x.test", False),
        (f"!u{HERE}", "u@", True),
        (f"u@x.test{HERE}", "u@x.test", False),
        (f"a b@x.test{HERE}", "a b@x.test", False),
        (f"a b%x.test{HERE}", "a b@x.test", False),
        (f"x!a b{HERE}", "a b@x.example.org", False),
        (f"u%x{HERE}", "u@x.example.org", False),
        (f"@r.test:u%x.test{HERE}", "u@x.test", False),
        ("u@[127.0.0.1]", "u@[127.0.0.1]", True),
        ("é%x.test", "é@x.test", False),
    ],
)
def test_addresses(recipient: str, address: str, *, is_local: bool) -> None:
    """Local domains come off, and the routing in front of them is followed."""
    found = _rewritten(recipient)

    assert (found.address, found.is_local) == (address, is_local)


@pytest.mark.parametrize(
    ("recipient", "changes", "address"),
    [
        (f"u%x.test{HERE}", {"allow_percent_hack": False}, f"u%x.test{HERE}"),
        (f"x.test!u{HERE}", {"swap_bangpath": False}, f"x.test!u{HERE}"),
        (f"x!a b{HERE}", {"swap_bangpath": False}, f"x!a b{HERE}"),
        (f"a b%x.test{HERE}", {"allow_percent_hack": False}, f"a b%x.test{HERE}"),
        (f"a b@x.test{HERE}", {"resolve_dequoted_address": False}, f"a b@x.test{HERE}"),
        (f"u%x{HERE}", {"append_dot_mydomain": False}, "u@x"),
        (f"u%x{HERE}", {"mydomain": ""}, "u@x"),
        (f"u@{HERE}", {"resolve_null_domain": True}, f"u{HERE}"),
        ("u@", {"resolve_null_domain": True}, f"u{HERE}"),
        ("u@192.0.2.8", {"resolve_numeric_domain": True}, "u@[192.0.2.8]"),
        ("u@192.0.2.9", {"resolve_numeric_domain": True}, "u@[192.0.2.9]"),
    ],
)
def test_parameters(recipient: str, changes: dict[str, bool | str], address: str) -> None:
    """Each can be switched."""
    assert _rewritten(recipient, **changes).address == address


@pytest.mark.parametrize(
    ("recipient", "address"),
    [
        ("@:@", "@origin.test"),
        ("@", "MAILER-DAEMON@"),
        ("@@", "MAILER-DAEMON@"),
        ('"!a[b]"', "!a[b]@origin.test"),
        ("!a[b]", "a[b]@"),
        (f"!a b{HERE}", "ab@"),
        (f'!""{HERE}', "MAILER-DAEMON@"),
        (f"u!{HERE}", "@u.example.org"),
        (f"u%x.test.{HERE}", "u@x.test"),
        (f"u%x..{HERE}", "u@x.."),
        (f"@r.test,@s.test:u%x{HERE}", "u@x.example.org"),
        (f"@a:b c%x{HERE}", "b c%x@origin.test"),
        ('"%x"', '"@x .example.org'),
        (f"[1]a%x{HERE}", "[1]a@x.example.org"),
    ],
)
def test_odd_ones(recipient: str, address: str) -> None:
    """What no sane program sends; trivial-rewrite of Postfix 3.7 made these of them."""
    assert _rewritten(recipient).address == address


def test_no_origin() -> None:
    """Without one, or where it is not to be appended, the address stays with the host."""
    recipient = f"@r.test:b c{HERE}"

    assert _rewritten(recipient).address == "b c@origin.test"
    assert _rewritten(recipient, append_at_myorigin=False).address == f"b c{HERE}"
    assert _rewritten(recipient, myorigin="").address == f"b c{HERE}"


@pytest.mark.parametrize("recipient", ["u@", "u@x..test", "u@192.0.2.8", "u@[x]", "u@\udcff.test", "\udcff@x.test"])
def test_bad_ones(recipient: str) -> None:
    """Refused, whatever the tables say."""
    assert _rewritten(recipient).is_bad


def test_bytes_without_utf8() -> None:
    """Are welcome where SMTPUTF8 is off; numbers do not help what is no UTF-8."""
    assert not _rewritten("\udcff@x.test", smtputf8_enable=False).is_bad
    assert _rewritten("\udcff@192.0.2.8", resolve_numeric_domain=True).is_bad


def test_numeric_domains_can_be_local() -> None:
    """As the literals that they become."""
    assert _rewritten("u@192.0.2.9", resolve_numeric_domain=True).is_local
    assert not _rewritten("u@::1", resolve_numeric_domain=True).is_local


def test_routed() -> None:
    """Operators that are left in the local part, though not for us."""
    assert _rewritten("u%y.test@x.test").is_routed
    assert _rewritten("y.test!u@x.test").is_routed
    assert not _rewritten("u@x.test").is_routed


def test_round_in_circles() -> None:
    """An empty address that is replaced by an empty one again."""
    with pytest.raises(LookupFailure, match="the address leads round in circles"):
        _rewritten("", empty_address_recipient='""')


def test_domain() -> None:
    """Behind the last `@`."""
    assert _rewritten("a@b@x.test").domain == "x.test"
