"""TXT records exchanged at their server, all or nothing: dynamic update with TSIG (RFC 2136, RFC 8945)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.tsig
import dns.update

from relayconf.dns import TIMEOUT, Server
from relayconf.errors import DnsError, RecordChanged
from relayconf.spf.lookup import is_spf
from relayconf.spf.record import chunks
from relayconf.text import printable
from relayconf.tsigkey import TsigKey

_TTL = 3600  # of a first record, in seconds
_MOVED = frozenset({dns.rcode.NXRRSET, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN})
_REFUSALS = {
    dns.rcode.REFUSED: "let the key update it: `update-policy { grant KEY name NAME TXT; };` in BIND",
    dns.rcode.NOTAUTH: "name the zone's primary server, and a key that it knows",
    dns.rcode.NOTIMP: "name a server that takes dynamic updates",
}

_LOOK = "`relayconf spf check` shows what is published now"
_SAME_KEY = "name, algorithm and secret have to be those of the server, and the clocks alike"

Strings = tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TxtSet:
    """Every TXT record of a name as its server has it, each with its strings as they are cut there."""

    name: str
    zone: str
    records: frozenset[Strings] = frozenset()
    ttl: int = _TTL

    @property
    def texts(self) -> tuple[str, ...]:
        """The records, each joined (RFC 7208 3.3), in a fixed order."""
        return tuple(sorted(map(joined, self.records)))

    def with_spf(self, text: str) -> TxtSet:
        """The set with *text* in the place of its SPF records."""
        others = (record for record in self.records if not is_spf(joined(record)))
        return TxtSet(name=self.name, zone=self.zone, records=frozenset({*others, chunks(text)}), ttl=self.ttl)


def joined(record: Strings) -> str:
    """The strings of *record* as one text; bytes that are no UTF-8 as `surrogateescape` has them."""
    return b"".join(record).decode("utf-8", "surrogateescape")


def _exchange(server: Server, query: dns.message.Message) -> dns.message.Message:
    return dns.query.tcp(query, server.address, TIMEOUT, server.port)


def _asked(server: Server, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message:
    query = dns.message.make_query(name, kind)
    query.flags &= ~dns.flags.RD
    try:
        response = _exchange(server, query)
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise DnsError(f"{server} does not answer for {name.to_text(omit_final_dot=True)}: {_why(error)}") from error
    if response.rcode() not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN} or not response.flags & dns.flags.AA:
        what = f"{server} has no authority over {name.to_text(omit_final_dot=True)}"
        raise DnsError(what, hint="name the zone's primary server")
    return response


def _why(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return f"no answer in {TIMEOUT:.0f} s"
    return printable(error.strerror or "") if isinstance(error, OSError) else type(error).__name__


def _zone(server: Server, name: dns.name.Name) -> dns.name.Name:
    """The zone that *name* is in: its server says so with the SOA, as an answer or beside none (RFC 2308 2.1)."""
    response = _asked(server, name, dns.rdatatype.SOA)
    found = [rrset.name for rrset in (*response.answer, *response.authority) if rrset.rdtype == dns.rdatatype.SOA]
    if not found or not name.is_subdomain(found[0]):
        raise DnsError(f"{server} does not say in which zone {name.to_text(omit_final_dot=True)} is")
    return found[0]


def _name(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text)
    except dns.exception.DNSException as error:
        raise DnsError(f"{printable(text)} is no name in the DNS") from error


def read_txt(server: Server, domain: str) -> TxtSet:
    """The TXT records of *domain* at *server*, which has authority over it. Raises DnsError."""
    name = _name(domain)
    response = _asked(server, name, dns.rdatatype.TXT)
    if any(rrset.rdtype == dns.rdatatype.CNAME for rrset in response.answer):
        what = f"{domain} is an alias (CNAME), which can have no TXT record"
        raise DnsError(what, hint="give it at its target")
    zone = _zone(server, name).to_text()
    found = response.get_rrset(response.answer, name, dns.rdataclass.IN, dns.rdatatype.TXT)
    if found is None:
        return TxtSet(name=domain, zone=zone)
    records = frozenset(tuple(one.strings) for one in found if isinstance(one, dns.rdtypes.ANY.TXT.TXT))
    return TxtSet(name=domain, zone=zone, records=records, ttl=found.ttl)


def _txt(record: Strings) -> dns.rdata.Rdata:
    return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, record)


def _sorted(records: Iterable[Strings]) -> list[dns.rdata.Rdata]:
    return [_txt(record) for record in sorted(records)]


def _message(before: TxtSet, after: TxtSet, key: TsigKey) -> dns.update.UpdateMessage:
    """The update that takes *before* for granted, to the last string, and makes *after* of it.

    RFC 2136 2.4.2: a prerequisite with values compares whole RRsets, so that every record has to be named.
    """
    name = _name(before.name)
    known = dns.tsig.Key(key.name, key.secret, key.algorithm)
    update = dns.update.UpdateMessage(before.zone, keyring=known)
    for rdata in _sorted(before.records):
        update.present(name, rdata)
    if not before.records:
        update.absent(name, dns.rdatatype.TXT)
    for rdata in _sorted(before.records - after.records):
        update.delete(name, rdata)
    for rdata in _sorted(after.records - before.records):
        update.add(name, after.ttl, rdata)
    return update


def _send(server: Server, update: dns.update.UpdateMessage) -> dns.rcode.Rcode:
    """What the server makes of *update*. Raises DnsError when the key is not the server's, or nothing is known."""
    try:
        return _exchange(server, update).rcode()
    except dns.tsig.PeerError as error:
        what = f"{server} and relayconf do not have the same key ({type(error).__name__}); nothing was changed"
        raise DnsError(what, hint=_SAME_KEY) from error
    except dns.exception.FormError as error:
        # dnspython's word for it.
        raise DnsError(f"the answer to the update is not signed, so it need not be {server}'s", hint=_LOOK) from error
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise DnsError(f"{server} did not say what became of the update: {_why(error)}", hint=_LOOK) from error


def swap_txt(server: Server, before: TxtSet, after: TxtSet, key: TsigKey) -> None:
    """Make *after* of the TXT records *before* at *server*, in one step, if they are still these; then look.

    Raises RecordChanged when they are not, so that nothing was changed, and DnsError for every other refusal, and when
    the server afterwards does not have what it took.
    """
    code = _send(server, _message(before, after, key))
    if code in _MOVED:
        what = (
            f"the TXT records of {before.name} were changed meanwhile ({dns.rcode.to_text(code)}); nothing was changed"
        )
        raise RecordChanged(what, hint="run it again: the plan is made of what is there now")
    if code != dns.rcode.NOERROR:
        what = f"{server} refused to change {before.name}: {dns.rcode.to_text(code)}; nothing was changed"
        raise DnsError(what, hint=_REFUSALS.get(code))
    now = read_txt(server, before.name)
    if now.records != after.records:
        what = f"{server} took the update of {before.name}, but its TXT records are not what they were to be"
        raise DnsError(what, hint=_LOOK)
