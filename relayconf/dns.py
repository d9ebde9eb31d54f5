"""The DNS, asked: a resolver, or each authoritative server of a zone directly. The one room that knows dnspython."""

from __future__ import annotations

import ipaddress
import math
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.resolver
import dns.reversename

from relayconf.errors import UsageError
from relayconf.spf.lookup import UNKNOWN, Answer, Lookup, Outcome, answered, zone_of

TIMEOUT = 5.0
"""Seconds that one server is given for one answer."""

RESOLV_CONF = "/etc/resolv.conf"
"""Where a machine names its resolvers: resolv.conf(5)."""

_PARALLEL = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A DNS server: its address and port, and the name that the zone knows it by, if any."""

    address: str
    port: int = 53
    name: str = ""

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        where = host if self.port == 53 else f"{host}:{self.port}"
        return f"{self.name} ({where})" if self.name else where


def server(text: str) -> Server:
    """The server that *text* names: ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]") or (":" in host and not host.startswith("[")):
        host, port = text, "53"
    try:
        address = str(ipaddress.ip_address(host.removeprefix("[").removesuffix("]")))
        number = int(port)
    except ValueError:
        number, address = 0, ""
    if not 0 < number < 65536:
        raise UsageError("a DNS server is named by its address", hint="write ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT")
    return Server(address=address, port=number)


def system_servers(file: str = RESOLV_CONF) -> tuple[Server, ...]:
    """The resolvers of this machine, which *file* names. Raises UsageError when it has none."""
    try:
        found = dns.resolver.Resolver(file)
    except dns.resolver.NoResolverConfiguration:
        raise UsageError("this machine names no DNS resolver", hint="give one with --resolver ADDRESS") from None
    return tuple(Server(address=str(address), port=found.port) for address in found.nameservers)


def servers_of(texts: Sequence[str], file: str = RESOLV_CONF) -> tuple[Server, ...]:
    """The servers that *texts* name, or this machine's, of *file*, where there are none. Raises UsageError."""
    return tuple(map(server, texts)) or system_servers(file)


def resolver_of(texts: Sequence[str]) -> Lookup:
    """The resolver that the servers *texts* are, or this machine's where there are none. Raises UsageError."""
    return resolver(servers_of(texts))


def _value(rdata: dns.rdata.Rdata) -> str:
    if isinstance(rdata, dns.rdtypes.ANY.TXT.TXT):
        return b"".join(rdata.strings).decode("utf-8", "surrogateescape")
    # Of MX the preference stands in front, which SPF does not look at.
    return rdata.to_text().rpartition(" ")[2].removesuffix(".")


def _answer(response: dns.message.Message) -> Answer:
    code = response.rcode()
    if code not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN} or not isinstance(response, dns.message.QueryMessage):
        return Answer(outcome=Outcome.SERVFAIL)
    try:
        found = response.resolve_chaining()
    except dns.exception.DNSException:
        return Answer(outcome=Outcome.SERVFAIL)
    if found.answer is not None:
        values = tuple(_value(rdata) for rdata in found.answer)
        return Answer(outcome=Outcome.FOUND, values=values, ttl=found.minimum_ttl)
    outcome = Outcome.NXDOMAIN if code == dns.rcode.NXDOMAIN else Outcome.NODATA
    # RFC 2308 5: only the zone's SOA says how long nothing may be remembered.
    has_soa = any(rrset.rdtype == dns.rdatatype.SOA for rrset in response.authority)
    return Answer(outcome=outcome, ttl=found.minimum_ttl if has_soa else 0)


def ask(one: Server, name: str, kind: str, *, timeout: float = TIMEOUT, recursive: bool = True) -> Answer:
    """What *one* server says of *name*. Never raises: an error is an outcome; a name that cannot be has no records.

    A server that refuses, or answers with anything that is no answer, counts as a failure of the server. So does one
    that is asked without recursion and does not answer with authority: a referral says nothing about the record.
    """
    try:
        query = dns.message.make_query(name, kind, use_edns=0, payload=1232)
    except dns.exception.DNSException:
        return Answer(outcome=Outcome.NXDOMAIN)
    if not recursive:
        query.flags &= ~dns.flags.RD
    try:
        response, _ = dns.query.udp_with_fallback(query, one.address, timeout, one.port)
    except dns.exception.Timeout:
        return Answer(outcome=Outcome.TIMEOUT)
    except (OSError, EOFError, dns.exception.DNSException):
        return Answer(outcome=Outcome.SERVFAIL)
    if not recursive and not response.flags & dns.flags.AA:
        return Answer(outcome=Outcome.SERVFAIL)
    return _answer(response)


def ask_each(
    servers: Sequence[Server], name: str, kind: str, *, timeout: float = TIMEOUT, recursive: bool = True
) -> tuple[Answer, ...]:
    """What each of *servers* says of *name*, all asked at once, in their order."""
    with ThreadPoolExecutor(max_workers=max(1, min(len(servers), _PARALLEL))) as pool:
        return tuple(pool.map(lambda one: ask(one, name, kind, timeout=timeout, recursive=recursive), servers))


def question(name: str, kind: str) -> bytes:
    """A question for *name*, as it travels. Raises ValueError for a name that cannot be."""
    try:
        return dns.message.make_query(name, kind, use_edns=0, payload=1232).to_wire()
    except dns.exception.DNSException as error:
        raise ValueError(f"{name!r} is no name of the DNS") from error


def answer_to(asked: bytes, reply: bytes) -> Answer | None:
    """What *reply* says to the question *asked*; None where it is none to it, or was cut to fit a datagram."""
    try:
        response = dns.message.from_wire(reply)
    except (dns.exception.DNSException, ValueError):
        return None
    if not dns.message.from_wire(asked).is_response(response) or response.flags & dns.flags.TC:
        return None
    return _answer(response)


def reversed_address(address: str) -> str:
    """*address* as lists of addresses have it: bytes of IPv4, nibbles of IPv6, the last first (RFC 5782 2.1, 2.4)."""
    name = dns.reversename.from_address(address)
    return name.to_text().removesuffix(".in-addr.arpa.").removesuffix(".ip6.arpa.")


def resolver(
    servers: Sequence[Server], *, timeout: float = TIMEOUT, recursive: bool = True, until: float = math.inf
) -> Lookup:
    """A resolver that asks *servers* in their order until one knows; without *recursive* those of a zone.

    From *until* on, by the monotonic clock, nobody is asked any more and nothing is known; nobody is waited for longer.
    """

    def lookup(name: str, kind: str) -> Answer:
        answer = Answer(outcome=Outcome.TIMEOUT)
        for one in servers:
            left = min(timeout, until - time.monotonic())
            if left <= 0:
                return Answer(outcome=Outcome.TIMEOUT)
            answer = ask(one, name, kind, timeout=left, recursive=recursive)
            if answer.outcome not in UNKNOWN:
                break
        return answer

    return lookup


def _has_route(one: Server) -> bool:
    """Whether this machine could send anything there at all; nothing is sent to find out."""
    family = socket.AF_INET6 if ":" in one.address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((one.address, one.port))
    except OSError:
        return False
    return True


def within_reach(servers: Sequence[Server]) -> tuple[Server, ...]:
    """*servers* without those addresses that this machine has no route to, as of IPv6 where it has none.

    A server of which no address is left keeps them: that it cannot be asked has to be seen.
    """
    routed = [one for one in servers if _has_route(one)]
    names = {one.name for one in routed}
    return tuple(one for one in servers if one in routed or one.name not in names)


def authoritative(domain: str, lookup: Lookup, *, port: int = 53) -> tuple[Server, ...]:
    """The servers of the zone that *domain* is in, each address of each; none where the DNS names none."""
    zone = zone_of(domain, lookup)
    return tuple(
        Server(address=address, port=port, name=host)
        for host in sorted(zone[1].values if zone else ())
        for kind in ("A", "AAAA")
        for address in lookup(host, kind).values
    )


def at_authority(
    domain: str, lookup: Lookup, *, port: int = 53, timeout: float = TIMEOUT, until: float = math.inf
) -> Lookup:
    """*lookup*, but with the TXT records of *domain* as the first of its own servers that answers has them.

    A resolver may remember what was there before. Where none of them answers, *until* when one may, it is asked all
    the same.
    """
    servers = within_reach(authoritative(domain, lookup, port=port))
    own = resolver(servers, timeout=timeout, recursive=False, until=until)
    answer = own(domain, "TXT")
    return lookup if answer.outcome in UNKNOWN else answered(lookup, domain, answer)
