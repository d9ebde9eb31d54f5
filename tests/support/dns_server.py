"""A DNS server on loopback, in the test's own process: UDP and TCP, from the same zones as the evaluators' tests."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from relayconf.dns import Server
from relayconf.spf.lookup import Outcome
from relayconf.spf.record import strings
from tests.support.spf_zone import Zone

_ADDRESS = "127.0.0.1"


def _text(kind: str, value: str) -> str:
    match kind:
        case "TXT":
            return " ".join(f'"{part}"' for part in strings(value))
        case "MX":
            return f"10 {value}."
        case "NS" | "CNAME" | "PTR":
            return f"{value}."
        case _:
            return value


def _reply(zone: Zone, wire: bytes, *, udp: bool) -> bytes | None:
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query)
    question = query.question[0]
    name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
    records = zone.names.get(name)
    if records is Outcome.TIMEOUT:
        return None
    if isinstance(records, Outcome):
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif records is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    else:
        for found in (kind, "CNAME"):
            if values := [_text(found, value) for value in records.get(found, ())]:
                reply.answer.append(dns.rrset.from_text_list(question.name, zone.ttl, "IN", found, values))
    data = reply.to_wire(max_size=65535)
    if udp and len(data) > 1232:
        reply.answer.clear()
        reply.flags |= dns.flags.TC
        data = reply.to_wire()
    return data


@contextmanager
def _udp_beside(
    tcp: type[socketserver.StreamRequestHandler], udp: type[socketserver.BaseRequestHandler]
) -> Iterator[tuple[socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer]]:
    """Servers at one port of both kinds; one that is free for datagrams may be taken for connections."""
    for _ in range(20):
        server = socketserver.ThreadingUDPServer((_ADDRESS, 0), udp)
        try:
            beside = socketserver.ThreadingTCPServer((_ADDRESS, server.server_address[1]), tcp)
        except OSError:
            server.server_close()
            continue
        with server, beside:
            yield server, beside
        return
    raise OSError("no port is free for both")


@contextmanager
def dns_server(zone: Zone) -> Iterator[Server]:
    """Serve *zone* as long as the context lasts."""

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            if reply := _reply(zone, data, udp=True):
                socket.sendto(reply, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (size,) = struct.unpack("!H", self.rfile.read(2))
            if reply := _reply(zone, self.rfile.read(size), udp=False):
                self.wfile.write(struct.pack("!H", len(reply)) + reply)

    with _udp_beside(Tcp, Udp) as (udp, tcp):
        port = udp.server_address[1]
        threads = [threading.Thread(target=one.serve_forever, args=(0.02,)) for one in (udp, tcp)]
        for thread in threads:
            thread.start()
        try:
            yield Server(address=_ADDRESS, port=port)
        finally:
            udp.shutdown()
            tcp.shutdown()
            for thread in threads:
                thread.join()
