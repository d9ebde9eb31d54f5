"""How a next hop is spelt for Postfix: once, so that relayhost, routes, passwords and TLS policies find one another."""

from __future__ import annotations

import re

from relayconf.model import Nexthop

# The part of `[host]:port` that is shown and compared: brackets (no MX), and always a port.
_SPELT = re.compile(r"\[([^\[\]]+)\]:([0-9]+)")


def spell(nexthop: Nexthop) -> str:
    """`[host]:port`, or `host:port` where the host's MX records are looked up (transport(5), postconf(5) relayhost).

    The port is always written: Postfix looks for passwords and policies under this very text.
    """
    host = nexthop.host if nexthop.mx_lookup else f"[{nexthop.host}]"
    return f"{host}:{nexthop.port}"


def members(nexthop: str) -> tuple[str, ...]:
    """The next hops of a failover list (Postfix 3.5; postconf(5), relayhost), in the order in which they are tried.

    Passwords and policies are looked up by each of them.
    """
    return tuple(re.split(r"[,\s]+", nexthop.strip(", \t\r\n")))


def read(text: str) -> Nexthop | None:
    """What `spell` made *text* of; None for every other spelling."""
    match = _SPELT.fullmatch(text)
    return None if match is None else Nexthop(host=match[1], port=int(match[2]))
