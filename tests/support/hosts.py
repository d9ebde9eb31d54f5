"""Hosts and relays for tests, made without an inventory file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from relayconf.connection import Ssh
from relayconf.model import At, Default, Endpoint, Host, MtaName, Nexthop, Origin, Relay, Smarthost, Target, TlsLevel

ORIGIN = Origin(file="inventory.yaml", line=1, column=1)

ISP = Relay(
    name="isp",
    host="mail.asahi-net.or.jp",
    endpoints=(Endpoint(port=25, tls=TlsLevel.MAY, auth=False),),
)
TO_ISP = Smarthost(relay=ISP, endpoint=ISP.endpoints[0])

STORE = At(host="store", nexthop=Nexthop(host="192.168.0.100"))

STORY_DOMAINS: Mapping[str, Target] = {"kamata-net.com": STORE}
STORY_SMTPROUTES = b"kamata-net.com:192.168.0.100\n:mail.asahi-net.or.jp\n"
"""The routes of the user's own case, without the comment that says who manages the file."""


def qmail_host(
    name: str = "edge",
    *,
    home: Path | None = None,
    state: Path | None = None,
    domains: Mapping[str, Target] = STORY_DOMAINS,
    routes: Mapping[str, Target] | None = None,
    default: tuple[Default, ...] = (TO_ISP,),
    ssh: Ssh | None = None,
    address: str | None = None,
) -> Host:
    """A qmail host with the user's own case, or what the caller wants instead."""
    return Host(
        name=name,
        address=address or name,
        mta=MtaName.QMAIL,
        origin=ORIGIN,
        ssh=ssh or Ssh(),
        default=default,
        domains=domains,
        routes=routes or {},
        qmail_home=None if home is None else str(home),
        state_directory="/var/lib/relayconf" if state is None else str(state),
    )
