"""Services of relayconf's own in master.cf."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayconf.mta.postfix.master_cf import entries, with_services
from relayconf.mta.postfix.names import SERVICES
from tests.mta.postfix.hosts import MASTER

ALL = b"""\
relayconf-tls unix  -       -       y       -       -       smtp
    -o smtp_tls_wrappermode=yes
    -o smtp_tls_security_level=encrypt
relayconf-a unix  -       -       y       -       -       smtp
    -o smtp_sasl_password_maps=$relayconf_a_sasl_password_maps
    -o smtp_tls_policy_maps=$relayconf_a_tls_policy_maps
relayconf-a-tls unix  -       -       y       -       -       smtp
    -o smtp_sasl_password_maps=$relayconf_a_sasl_password_maps
    -o smtp_tls_policy_maps=$relayconf_a_tls_policy_maps
    -o smtp_tls_wrappermode=yes
    -o smtp_tls_security_level=encrypt
relayconf-b unix  -       -       y       -       -       smtp
    -o smtp_sasl_password_maps=$relayconf_b_sasl_password_maps
    -o smtp_tls_policy_maps=$relayconf_b_tls_policy_maps
relayconf-b-tls unix  -       -       y       -       -       smtp
    -o smtp_sasl_password_maps=$relayconf_b_sasl_password_maps
    -o smtp_tls_policy_maps=$relayconf_b_tls_policy_maps
    -o smtp_tls_wrappermode=yes
    -o smtp_tls_security_level=encrypt
relayconf-senders unix  -       -       y       -       -       smtp
    -o smtp_sender_dependent_authentication=yes
relayconf-senders-tls unix  -       -       y       -       -       smtp
    -o smtp_sender_dependent_authentication=yes
    -o smtp_tls_wrappermode=yes
    -o smtp_tls_security_level=encrypt
relayconf-a-senders unix  -       -       y       -       -       smtp
    -o smtp_sasl_password_maps=$relayconf_a_sasl_password_maps
    -o smtp_tls_policy_maps=$relayconf_a_tls_policy_maps
    -o smtp_sender_dependent_authentication=yes
relayconf-a-senders-tls unix  -       -       y       -       -       smtp
    -o smtp_sasl_password_maps=$relayconf_a_sasl_password_maps
    -o smtp_tls_policy_maps=$relayconf_a_tls_policy_maps
    -o smtp_sender_dependent_authentication=yes
    -o smtp_tls_wrappermode=yes
    -o smtp_tls_security_level=encrypt
relayconf-b-senders unix  -       -       y       -       -       smtp
    -o smtp_sasl_password_maps=$relayconf_b_sasl_password_maps
    -o smtp_tls_policy_maps=$relayconf_b_tls_policy_maps
    -o smtp_sender_dependent_authentication=yes
relayconf-b-senders-tls unix  -       -       y       -       -       smtp
    -o smtp_sasl_password_maps=$relayconf_b_sasl_password_maps
    -o smtp_tls_policy_maps=$relayconf_b_tls_policy_maps
    -o smtp_sender_dependent_authentication=yes
    -o smtp_tls_wrappermode=yes
    -o smtp_tls_security_level=encrypt
"""


def test_all_services() -> None:
    """Appended in order, each what the host's own smtp is with options of ours; nothing else changes."""
    assert with_services(MASTER, SERVICES) == MASTER + ALL
    assert with_services(MASTER + ALL, ()) == MASTER
    assert with_services(MASTER, ()) == MASTER


def test_the_host_s_own_smtp() -> None:
    """Its options go along, with their comments left out; where it has none, Postfix's defaults do."""
    text = b"smtp unix - - n - 10 smtp\n  -o smtp_bind_address=192.0.2.1\n# why\n  -o { smtp_helo_name = a b }"

    assert with_services(text, ["relayconf-tls"]) == text + (
        b"\nrelayconf-tls unix  -       -       n       -       10      smtp\n"
        b"    -o smtp_bind_address=192.0.2.1 -o { smtp_helo_name = a b }\n"
        b"    -o smtp_tls_wrappermode=yes\n"
        b"    -o smtp_tls_security_level=encrypt\n"
    )
    assert with_services(b"", ["relayconf-tls"]).startswith(
        b"relayconf-tls unix  -       -       -       -       -       smtp\n"
    )


def test_a_service_that_is_there_is_not_touched() -> None:
    """An admin's own option in it stays; one that is not wanted any more goes whole, the rest stays where it is."""
    ours = b"relayconf-tls unix - - y - - smtp\n# c\n  -o x=y\n"
    text = b"a unix - - n - - x\n" + ours + b"\n# tail\n  \nb unix - - n - - x\n"

    assert with_services(text, ["relayconf-tls"]) == text
    assert with_services(text, []) == b"a unix - - n - - x\n\n# tail\n  \nb unix - - n - - x\n"


def test_entries() -> None:
    """The unix services with type, columns, program and arguments; comments and broken entries are none."""
    assert list(entries(MASTER)) == ["pickup", "smtp", "relay"]
    assert entries(MASTER)["relay"] == (
        b"unix",
        b"-",
        b"-",
        b"y",
        b"-",
        b"-",
        b"smtp",
        b"-o syslog_name=postfix/$service_name\n",
    )
    assert entries(b"# smtp unix - - y - - smtp\nsmtp unix - -\n") == {}


_LINES = st.sampled_from(
    [b"smtp unix - - y - - smtp\n", b"x inet n - n - - smtpd\n", b"  -o a=b\n", b"# c\n", b" # d\n", b"\n", b" \n"]
)


@given(
    st.lists(_LINES, max_size=8).map(b"".join), st.sets(st.sampled_from(SERVICES)), st.sets(st.sampled_from(SERVICES))
)
def test_any_master_cf_comes_back(text: bytes, first: set[str], second: set[str]) -> None:
    """Whatever the file holds: in, changed, and out again leaves it as it was."""
    one = with_services(text, first)
    two = with_services(one, second)

    assert set(entries(two)) - set(entries(text)) == second
    assert with_services(two, []) == text


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_no_final_newline(end: bytes) -> None:
    """A service never ends up in somebody else's line."""
    assert with_services(b"a unix - - n - - x" + end, ["relayconf-a"]).splitlines()[1].startswith(b"relayconf-a unix")
