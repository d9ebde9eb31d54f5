"""A DNS server on loopback, in the test's own process: UDP and TCP, from the same zones as the evaluators' tests."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig

from relayconf.dns import Server
from relayconf.spf.lookup import Outcome
from relayconf.spf.record import quoted
from tests.support.spf_zone import Zone

_ADDRESS = "127.0.0.1"

Keyring = Mapping[dns.name.Name, dns.tsig.Key] | None


def _text(kind: str, value: str) -> str:
    match kind:
        case "TXT":
            return quoted(value)
        case "MX":
            return f"10 {value}."
        case "NS" | "CNAME" | "PTR":
            return f"{value}."
        case _:
            return value


def _soa(zone: Zone, reply: dns.message.Message, name: str) -> None:
    """Beside no answer, the SOA of the zone, which says how long that may be remembered (RFC 2308)."""
    while name:
        records = zone.names.get(name, {})
        if not isinstance(records, Outcome) and records.get("SOA"):
            reply.authority.append(dns.rrset.from_text_list(f"{name}.", zone.ttl, "IN", "SOA", records["SOA"]))
            return
        name = name.partition(".")[2]


def _updated(query: dns.message.Message, *, signs: bool) -> bytes:
    """Yes, and nothing is changed."""
    reply = dns.message.make_response(query)
    if not signs:
        reply.keyring = reply.tsig = None
    return reply.to_wire()


def _answered(zone: Zone, reply: dns.message.Message) -> None:
    question = reply.question[0]
    name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
    records = zone.names.get(name)
    if isinstance(records, Outcome):
        reply.set_rcode(dns.rcode.SERVFAIL)
        return
    if records is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    for found in (kind, "CNAME"):
        if values := [_text(found, value) for value in (records or {}).get(found, ())]:
            reply.answer.append(dns.rrset.from_text_list(question.name, zone.ttl, "IN", found, values))
    if not reply.answer:
        _soa(zone, reply, name)


def _reply(zone: Zone, query: dns.message.Message, *, udp: bool) -> bytes | None:
    if zone.names.get(query.question[0].name.to_text(omit_final_dot=True)) is Outcome.TIMEOUT:
        return None
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA if zone.has_authority else 0
    _answered(zone, reply)
    data = reply.to_wire(max_size=65535)
    if udp and len(data) > 1232:
        reply.answer.clear()
        reply.flags |= dns.flags.TC
        data = reply.to_wire()
    return data


@contextmanager
def _udp_beside(
    tcp: type[socketserver.StreamRequestHandler], udp: type[socketserver.BaseRequestHandler], address: str, port: int
) -> Iterator[tuple[socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer]]:
    """Servers at one port of both kinds; one that is free for datagrams may be taken for connections."""
    for _ in range(20):
        server = socketserver.ThreadingUDPServer((address, port), udp)
        try:
            beside = socketserver.ThreadingTCPServer((address, server.server_address[1]), tcp)
        except OSError:
            server.server_close()
            continue
        with server, beside:
            yield server, beside
        return
    raise OSError("no port is free for both")


@contextmanager
def dns_server(
    zone: Zone, *, address: str = _ADDRESS, port: int = 0, keyring: Keyring = None, signs: bool = True
) -> Iterator[Server]:
    """Serve *zone* as long as the context lasts; *keyring* has the keys of the updates that it seems to take."""

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            if reply := _reply(zone, dns.message.from_wire(data), udp=True):
                socket.sendto(reply, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (size,) = struct.unpack("!H", self.rfile.read(2))
            query = dns.message.from_wire(self.rfile.read(size), keyring=keyring)
            if query.opcode() == dns.opcode.UPDATE:
                reply: bytes | None = _updated(query, signs=signs)
            else:
                reply = _reply(zone, query, udp=False)
            if reply:
                self.wfile.write(struct.pack("!H", len(reply)) + reply)

    with _udp_beside(Tcp, Udp, address, port) as (udp, tcp):
        port = udp.server_address[1]
        threads = [threading.Thread(target=one.serve_forever, args=(0.02,)) for one in (udp, tcp)]
        for thread in threads:
            thread.start()
        try:
            yield Server(address=address, port=port)
        finally:
            udp.shutdown()
            tcp.shutdown()
            for thread in threads:
                thread.join()
