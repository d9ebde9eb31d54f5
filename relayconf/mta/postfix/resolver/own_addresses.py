"""Which IP addresses are the host's own: inet_interfaces and proxy_interfaces (postconf(5); own_inet_addr.c)."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from relayconf.mta.postfix.resolver.hostnames import bare_address
from relayconf.mta.postfix.resolver.outcomes import Unknowable
from relayconf.mta.postfix.resolver.settings import Settings

_LOOPBACK = (IPv4Address("127.0.0.1"), IPv6Address("::1"))


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _words(text: str) -> list[str]:
    return [word for word in re.split("[ \t,]+", text) if word]


def _is_listed(parameter: str, words: list[str], address: IPv4Address | IPv6Address) -> bool:
    names = []
    for word in words:
        listed = _parsed(word.removeprefix("[").removesuffix("]"))
        if listed == address or (word.lower() == "localhost" and address in _LOOPBACK):
            return True
        if listed is None and word.lower() != "localhost":
            names.append(word)
    if names:
        raise Unknowable(f"whether {address} is {' or '.join(names)} ({parameter})")
    return False


def is_own(settings: Settings, literal: str) -> bool:
    """Whether the inside of an address *literal* is an address that the host receives mail at.

    Raises Unknowable where that depends on the host's interfaces or on DNS.
    """
    bare = bare_address(literal)
    address = None if bare is None else _parsed(bare)
    if address is None:
        return False
    families = set(_words(settings.value("inet_protocols")))
    if not families & {"all", f"ipv{address.version}"}:
        return False
    proxies, interfaces = settings.value("proxy_interfaces"), settings.value("inet_interfaces")
    if interfaces in {"all", "loopback-only"}:
        if address in _LOOPBACK or _is_listed("proxy_interfaces", _words(proxies), address):
            return True
        if interfaces == "all":
            raise Unknowable(f"whether {address} is an address of the host (inet_interfaces = all)")
        return False
    return _is_listed("inet_interfaces", _words(interfaces), address) or _is_listed(
        "proxy_interfaces", _words(proxies), address
    )
