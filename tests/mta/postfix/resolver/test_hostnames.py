"""Domains and address literals."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.hostnames import bare_address, is_hostname, is_ipv4, is_ipv6, is_literal
from relayconf.mta.postfix.resolver.outcomes import Unknowable


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *(("x.test", True), ("x_y.test", True), ("a-b", True), ("1.a", True), ("-", False), ("a-.x", False)),
        *(("-a.x", False), ("a..b", False), ("a.", False), (".a", False), ("", False), ("1.2", False), ("a b", False)),
        *(("x" * 63, True), ("x" * 64, False), (".".join(["x" * 49] * 5), True), (".".join(["x" * 50] * 6), False)),
    ],
)
def test_hostname(name: str, *, is_one: bool) -> None:
    """Labels of letters, digits, hyphens inside, and underscores; not numbers alone."""
    assert is_hostname(name, utf8=False) is is_one


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *(("bücher.test", True), ("BÜCHER.Test", True), ("日本.test", True), ("१२.test", True), ("ü.1", True)),
        *(("ü..test", False), ("ü b.test", False), ("-ü.test", False), ("ü-.test", False), ("ab--ü.test", False)),
        *(("ab--c.ü", False), ("\u0301a.test", False), ("ü.test.", False), ("ü" * 64, False), ("ü_x.test", True)),
    ],
)
def test_hostname_beyond_ascii(name: str, *, is_one: bool) -> None:
    """By its A-labels, where UTF-8 is on."""
    assert is_hostname(name, utf8=True) is is_one
    assert not is_hostname(name, utf8=False)


@pytest.mark.parametrize("name", ["b\xadc.test", "☃.test", "xn--x.ü", "\u3164a.test"])
def test_hostname_that_only_the_host_can_judge(name: str) -> None:
    """Signs, and A-labels among others."""
    with pytest.raises(Unknowable, match=r"whether .* is a domain"):
        is_hostname(name, utf8=True)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *(("192.0.2.1", True), ("0.0.0.0", True), ("0.1.2.3", False), ("1.2.3", False), ("1.2.3.256", False)),
        *(("1.2.3.4.5", False), ("1..2.3", False), ("001.2.3.004", True), ("1.2.3.a", False), ("9" * 5000, False)),
        *(("255.249.199.99", True), ("1.2.3.260", False)),
    ],
)
def test_ipv4(text: str, *, is_one: bool) -> None:
    """Four numbers below 256."""
    assert is_ipv4(text) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *(("::", True), ("::1", True), ("2001:db8::1", True), ("1:2:3:4:5:6:7:8", True), ("1:2:3:4:5:6:7:8:9", False)),
        *((":::", False), ("1::2::3", False), (":1:2", False), ("1:2:", False), ("1::", True), ("1:2", False)),
        *(("::ffff:192.0.2.1", True), ("::ffff:192.0.2", False), ("1:1.2.3.4", False), ("::12345", False)),
        *(("1:2:3:4:5:6:7:1.2.3.4", False), ("x::", False)),
    ],
)
def test_ipv6(text: str, *, is_one: bool) -> None:
    """Fields of four digits, one gap, an IPv4 address at the end."""
    assert is_ipv6(text) is is_one


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *(("[192.0.2.1]", True), ("[IPv6:::1]", True), ("[ipv6:::1]", True), ("[::1]", False), ("[x]", False)),
        *(("[192.0.2.1", False), ("[1.2.3.4]]", False), ("[IPv6:1.2.3.4]", False), ("[" + "0" * 46 + "]", False)),
    ],
)
def test_literal(text: str, *, is_one: bool) -> None:
    """An IPv6 address has its prefix."""
    assert is_literal(text) is is_one


def test_bare_address() -> None:
    """Without the prefix."""
    assert [bare_address(text) for text in ("192.0.2.1", "IPv6:::1", "x")] == ["192.0.2.1", "::1", None]
