"""The host's own addresses."""

from __future__ import annotations

import pytest

from relayconf.mta.postfix.resolver.outcomes import Unknowable
from relayconf.mta.postfix.resolver.own_addresses import is_own
from tests.mta.postfix.resolver.memory import settings_of


def _is_own(main: str, literal: str) -> bool:
    return is_own(settings_of(main), literal)


@pytest.mark.parametrize(
    ("main", "literal", "is_one"),
    [
        ("", "127.0.0.1", True),
        ("", "192.0.2.1", False),
        ("", "IPv6:::1", False),
        ("", "::1", False),
        ("", "nonsense", False),
        ("", "IPv6:1:2:3", False),
        ("inet_interfaces = [::1], 192.0.2.1\n", "IPv6:0:0:0:0:0:0:0:1", True),
        ("inet_interfaces = [::1], 192.0.2.1\n", "192.0.2.1", True),
        ("inet_interfaces = localhost\n", "127.0.0.1", True),
        ("inet_interfaces = localhost\n", "192.0.2.1", False),
        ("inet_interfaces = ::1\ninet_protocols = ipv4\n", "IPv6:::1", False),
        ("inet_interfaces = ::1\ninet_protocols = ipv4, ipv6\n", "IPv6:::1", True),
        ("inet_interfaces = loopback-only\n", "127.0.0.1", True),
        ("inet_interfaces = loopback-only\n", "192.0.2.1", False),
        ("inet_interfaces = all\n", "127.0.0.1", True),
        ("inet_interfaces = all\nproxy_interfaces = 192.0.2.1\n", "192.0.2.1", True),
        ("proxy_interfaces = 192.0.2.1\n", "192.0.2.1", True),
    ],
)
def test_addresses(main: str, literal: str, *, is_one: bool) -> None:
    """By inet_interfaces and proxy_interfaces."""
    assert _is_own(main, literal) is is_one


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        ("inet_interfaces = all\n", "whether 192.0.2.1 is an address of the host (inet_interfaces = all)"),
        ("inet_interfaces = a.test, b.test\n", "whether 192.0.2.1 is a.test or b.test (inet_interfaces)"),
        ("proxy_interfaces = a.test\n", "whether 192.0.2.1 is a.test (proxy_interfaces)"),
    ],
)
def test_what_the_host_knows(main: str, reason: str) -> None:
    """Interfaces, and names in DNS."""
    with pytest.raises(Unknowable) as unknown:
        _is_own(main, "192.0.2.1")
    assert str(unknown.value) == reason
