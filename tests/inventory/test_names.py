from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.inventory import names
from relayconf.inventory.problems import Fault


def test_parameter() -> None:
    """What postconf(5) has: letters of both cases, digits, `_` and `-`."""
    assert names.parameter("smtp_tls_CApath") == "smtp_tls_CApath"
    for bad in ("", "9x", "a b", "a=b", "$x", "-e", "a" * 101):
        assert _fault(names.parameter, bad) == "parameter_name"


def _fault(function: object, text: str) -> str:
    assert callable(function)
    with pytest.raises(Fault) as caught:
        function(text)
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.ORG", "example.org"),
        ("localhost", "localhost"),
        ("_dmarc.example.org", "_dmarc.example.org"),
        ("4u.example", "4u.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("STRASSE.example", "strasse.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("例え。example", "xn--r8jz45g.example"),
        (".".join(["a" * 63] * 3) + "." + "b" * 61, ".".join(["a" * 63] * 3) + "." + "b" * 61),
    ],
)
def test_domain(text: str, name: str) -> None:
    """A domain becomes its lower-case A-label form, non-transitional."""
    assert names.domain(text) == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "name_empty"),
        ("a..b", "name_empty"),
        (".a", "name_empty"),
        ("a.", "name_trailing_dot"),
        ("a..", "name_empty"),
        ("-a.b", "name_hyphen"),
        ("a-.b", "name_hyphen"),
        ("a" * 64, "name_label"),
        (".".join(["a" * 63] * 4), "name_length"),
        ("192.0.2.1", "name_numeric"),
        ("a\n", "name_character"),
        ("a b", "name_character"),
        ("ü\n", "name_character"),
        ("ـ", "name_idna"),
    ],
)
def test_bad_domain(text: str, code: str) -> None:
    """What is no domain is refused for its first reason."""
    assert _fault(names.domain, text) == code


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Mail.example", "mail.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("[192.0.2.1]", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_host(text: str, host: str) -> None:
    """A host is a name or an IP address without brackets."""
    assert names.host(text) == host


@pytest.mark.parametrize("text", ["fe80::1%eth0", "a:25", "192.0.2.300", "[a]", "ab:secret@host"])
def test_bad_host(text: str) -> None:
    """Ports, zones, brackets around names and credentials are no hosts."""
    assert _fault(names.host, text) in {"name_character", "name_numeric"}


def test_addresses_and_senders() -> None:
    """The domain of an address is folded, its local part kept; a sender may be `@domain`."""
    assert names.address("Anna.B+x@Example.org") == "Anna.B+x@example.org"
    assert names.sender("@Example.org") == "@example.org"
    assert names.sender("anna@example.org") == "anna@example.org"
    assert _fault(names.sender, "example.org") == "not_sender"
    assert _fault(names.address, "@example.org") == "not_address"
    assert _fault(names.address, '"a b"@example.org') == "name_character"
    assert _fault(names.address, "a" * 65 + "@example.org") == "name_length"


def test_virtual_key() -> None:
    """As a route's, but for what would be a comment."""
    assert [names.virtual_key(key) for key in ("A.example", ".a.example", "X#y@a.example")] == [
        "a.example",
        ".a.example",
        "x#y@a.example",
    ]
    with pytest.raises(Fault) as caught:
        names.virtual_key("#x@a.example")
    assert caught.value.code == "name_character"


def test_keys() -> None:
    """Keys are domains, `.domain` and, for routes, addresses in lower case."""
    assert names.domain_key(".Example.org") == ".example.org"
    assert names.route_key("Anna@Example.org") == "anna@example.org"
    assert names.route_key("example.org") == "example.org"
    assert _fault(names.domain_key, "anna@example.org") == "name_address"
    assert _fault(names.route_key, "@example.org") == "name_address"
    assert _fault(names.domain_key, ".") == "name_dot"
    assert _fault(names.domain_key, "*.example.org") == "name_star"


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("MX1", ("mx1",)),
        ("node[8-10]", ("node8", "node9", "node10")),
        ("node[08-10].lan", ("node08.lan", "node09.lan", "node10.lan")),
        ("node[001-001]", ("node001",)),
        ("n[0-0]", ("n0",)),
    ],
)
def test_host_names(text: str, hosts: tuple[str, ...]) -> None:
    """A range is written out; zeros in front of its first number stay."""
    assert names.host_names(text) == hosts


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("node[1-2", "range_shape"),
        ("node1]", "range_shape"),
        ("a[1-2]b[1-2]", "range_shape"),
        ("node[2-1]", "range_order"),
        ("node[1-10001]", "range_size"),
        ("2001:db8::1", "name_character"),
        ("[1-2]-", "name_hyphen"),
    ],
)
def test_bad_host_names(text: str, code: str) -> None:
    """What is no range is refused."""
    assert _fault(names.host_names, text) == code


def test_largest_range() -> None:
    """A range may have 10,000 hosts."""
    assert len(names.host_names("node[1-10000]")) == 10_000


@given(st.text(alphabet="aZ9-_.\n *@:ü", max_size=12))
def test_a_domain_key_is_what_the_expression_for_flat_files_lets_through(text: str) -> None:
    """The function for single names and the expression for whole files agree on every ASCII name."""
    try:
        key = names.domain_key(text)
    except Fault:
        assert not text.isascii() or not re.fullmatch(names.DOMAIN, text.lower())
    else:
        assert re.fullmatch(names.DOMAIN, key)
        assert names.domain_key(key) == key


@pytest.mark.parametrize(
    ("text", "key"), [("<>", "<>"), ("@Shop.example", "@shop.example"), ("Ben+x@Shop.example", "ben+x@shop.example")]
)
def test_sender_keys(text: str, key: str) -> None:
    """An address, an @domain, or the null sender; in lower case, as they are looked up."""
    assert names.sender_key(text) == key


@pytest.mark.parametrize("text", ["shop.example", ".shop.example", "*", "", "MAILER-DAEMON"])
def test_no_sender_keys(text: str) -> None:
    """A bare domain would never match."""
    with pytest.raises(Fault) as caught:
        names.sender_key(text)
    assert caught.value.code == "sender_key"
