"""Values of routes, written and read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.model import (
    At,
    Credentials,
    Direct,
    Discard,
    Endpoint,
    Internal,
    Local,
    Mx,
    Nexthop,
    Reject,
    Retry,
    SecretRef,
    Smarthost,
    Target,
    TlsLevel,
)
from relayconf.mta.qmail.flavours import CLASSIC, FLAVOURS, Around, Hop
from relayconf.mta.qmail.lines import (
    Login,
    ascii_key,
    can_carry,
    credentials_of,
    nexthop_of,
    unicode_key,
    value_for,
    wanted_hop,
    write,
)
from tests.support.hosts import ISP, TO_ISP

STORE = Nexthop(host="192.168.0.100")
LOGIN = Login(user="user", password="s3cret")
WITH_AUTH = [name for name, flavour in FLAVOURS.items() if flavour.has_auth]


@pytest.mark.parametrize(
    ("flavour", "nexthop", "expected"),
    [
        ("classic", STORE, "192.168.0.100"),
        ("classic", Nexthop(host="relay.example", port=587), "relay.example:587"),
        ("classic", Nexthop(host="2001:db8::6"), None),
        ("classic", Nexthop(host="example.com", mx_lookup=True), None),
        ("sqmail", Nexthop(host="relay.example", port=587), "relay.example;587"),
        ("sqmail", Nexthop(host="2001:db8::6", port=587), "[2001:db8::6];587"),
        ("sqmail", Nexthop(host="example.com", mx_lookup=True), None),
    ],
)
def test_write(flavour: str, nexthop: Nexthop, expected: str | None) -> None:
    """Port 25 is left out; MX cannot be said, and IPv6 seldom."""
    assert write(FLAVOURS[flavour], nexthop) == expected


@pytest.mark.parametrize(
    ("flavour", "expected"),
    [
        ("netqmail-auth", "relay:25|user|s3cret"),
        ("sagredo", "relay:25|user|s3cret"),
        ("qmail-ldap", "relay:25 user s3cret"),
        ("sqmail", "relay;25|user|s3cret"),
        ("aqmail", "relay;25|user|s3cret"),
        ("eqmail", "relay:25 user s3cret"),
        ("indimail", "relay:25 user s3cret"),
    ],
)
def test_write_with_credentials(flavour: str, expected: str) -> None:
    """The port is always there."""
    assert write(FLAVOURS[flavour], Nexthop(host="relay"), LOGIN) == expected


@pytest.mark.parametrize(
    ("user", "password", "flavours"),
    [
        ("user@isp.example", "pa|ss:w;d", WITH_AUTH),
        ("user", "pass word", [name for name in WITH_AUTH if name != "indimail"]),
        ("us|er", "pass", ["qmail-ldap", "eqmail", "indimail"]),
        ("us er", "pass", ["netqmail-auth", "sagredo", "sqmail", "aqmail"]),
        ("us:er", "#pass", WITH_AUTH),
        ("/s", "pass", [name for name in WITH_AUTH if name != "indimail"]),
        ("", "pass", []),
        ("user", "", []),
        ("user", "pass ", []),
        ("user", "pass\t", []),
        ("user", "pa\nss", []),
        ("user", "pass\r", []),
        ("user", "pa\0ss", []),
        ("user", "pässwörd", WITH_AUTH),
    ],
)
def test_can_carry(user: str, password: str, flavours: list[str]) -> None:
    """What a separator would tear, or qmail would strip, is known before it is written."""
    login = Login(user=user, password=password)

    assert [name for name in FLAVOURS if can_carry(FLAVOURS[name], login)] == flavours


_WORDS = st.text(alphabet="ab|:; \t\r\n\0#/@ä", max_size=8)


@given(user=_WORDS, password=_WORDS, name=st.sampled_from(WITH_AUTH))
def test_what_can_be_carried_is_read_back(user: str, password: str, name: str) -> None:
    """Host, port, user and password, whatever is in them."""
    flavour, login = FLAVOURS[name], Login(user=user, password=password)
    around = Around(environment=frozenset({"AUTH_SMTP"}))
    if can_carry(flavour, login):
        value = (write(flavour, Nexthop(host="relay.example", port=26), login) or "").encode()
        got = flavour.read(value, around)
        assert (got.host, got.port, got.user, got.password) == (
            b"relay.example",
            26,
            user.encode(),
            password.encode(),
        )


def test_wanted_hop() -> None:
    """What is to be read back."""
    assert wanted_hop(STORE) == Hop(host=b"192.168.0.100", port=25)
    assert wanted_hop(Nexthop(host="2001:db8::6"), LOGIN) == Hop(
        host=b"[2001:db8::6]", port=25, user=b"user", password=b"s3cret"
    )


def test_passwords_are_not_shown() -> None:
    """Neither in a traceback nor in a log."""
    assert "s3cret" not in repr(LOGIN)


def test_credentials() -> None:
    """Those of an endpoint that presents them."""
    credentials = Credentials(username="user", password=SecretRef(kind="env", value="P"))
    endpoint = Endpoint(port=587, tls=TlsLevel.ENCRYPT, auth=True)
    relay = type(ISP)(name="isp", host="isp", endpoints=(endpoint, *ISP.endpoints), credentials=credentials)

    assert credentials_of(Smarthost(relay=relay, endpoint=endpoint)) == credentials
    assert credentials_of(Smarthost(relay=relay, endpoint=ISP.endpoints[0])) is None
    assert credentials_of(Direct()) is None


@pytest.mark.parametrize(
    ("target", "value"),
    [
        (Direct(), ""),
        (Mx(), ""),
        (Local(), None),
        (Internal(nexthop=STORE), "192.168.0.100"),
        (At(host="store", nexthop=STORE), "192.168.0.100"),
        (TO_ISP, "mail.asahi-net.or.jp"),
        (Smarthost(relay=ISP, endpoint=ISP.endpoints[0]), "mail.asahi-net.or.jp"),
        (Reject(text="5.1.1 no"), None),
        (Retry(text="4.1.1 later"), None),
        (Discard(text="gone"), None),
    ],
)
def test_value_for(target: Target, value: str | None) -> None:
    """By MX is the empty value; what is local or impossible has no line."""
    assert value_for(CLASSIC, target) == value
    assert (nexthop_of(target) is not None) is bool(value)


@pytest.mark.parametrize(
    ("key", "letters"),
    [
        ("a.example", "a.example"),
        (".xn--mnchen-3ya.example", ".münchen.example"),
        ("xn--!.example", "xn--!.example"),
        ("xn--99999999.example", "xn--99999999.example"),
    ],
)
def test_letters(key: str, letters: str) -> None:
    """A-labels and back; what is none stays."""
    assert unicode_key(key) == letters
    assert ascii_key(letters) == key
