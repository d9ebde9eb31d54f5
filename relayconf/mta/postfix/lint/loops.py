"""Mail that comes back to this host, and domains that it takes for two things at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from relayconf.mta.postfix.lint.codes import Fault, fault
from relayconf.mta.postfix.lint.configuration import Configuration
from relayconf.mta.postfix.lint.hops import PORTS, Hop, address, take_apart, uses
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

_LOOPBACK = frozenset({"all", "loopback-only", "localhost", "127.0.0.1", "::1"})
_CLASSES = ("mydestination", "virtual_alias_domains", "virtual_mailbox_domains")


def _ports(config: Configuration) -> frozenset[int]:
    """Where this Postfix takes mail by SMTP."""
    found = set()
    for service in config.services:
        if service.kind == "inet" and service.program in {"smtpd", "postscreen"}:
            port = service.name.rpartition(":")[2]
            found.add(int(port) if port.isdigit() else PORTS.get(port, 0))
    return frozenset(found)


def _domains(config: Configuration, name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in config.words(name) if not re.search(r"[:/]", word))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """Ports, names and addresses of this Postfix, in small letters."""

    ports: frozenset[int]
    names: frozenset[str]
    interfaces: frozenset[str]

    def is_at(self, hop: Hop) -> bool:
        """Whether a next hop is this Postfix."""
        host, ip = hop.host.lower(), address(hop.host)
        if hop.port not in self.ports:
            return False
        if host == "localhost" or (ip is not None and ip.is_loopback):
            return bool(self.interfaces & _LOOPBACK)
        return host in self.names or host in self.interfaces


def relay_self(config: Configuration) -> Iterator[Fault]:
    """A next hop that is this Postfix."""
    own = _Own(
        ports=_ports(config),
        names=frozenset({config.value("myhostname").lower(), *_domains(config, "mydestination")}),
        interfaces=frozenset(word.lower().strip("[]") for word in config.words("inet_interfaces")),
    )
    for use in uses(config):
        hop = take_apart(use.text)
        if isinstance(hop, Hop) and own.is_at(hop):
            shown = f"{use.parameter}: {printable(use.text)}"
            text = f"{shown} is this Postfix itself: mail waits (loops back to myself), or goes round until it bounces"
            yield fault("relay-self", use.place, text, "name another host")


def two_classes(config: Configuration) -> Iterator[Fault]:
    """Domains of two classes, of which the first counts."""
    seen: dict[str, str] = {}
    for name in _CLASSES:
        both: dict[str, list[str]] = {}
        for domain in sorted(_domains(config, name)):
            first = seen.setdefault(domain, name)
            if first != name:
                both.setdefault(first, []).append(domain)
        for first, domains in both.items():
            text = f"{listing(map(printable, domains))} in {name} too, where {first} counts"
            yield fault("two-classes", config.place(name), text, f"take it out of {name}")


def parked(config: Configuration) -> Iterator[Fault]:
    """Settings for a repair that were left behind."""
    if config.words("defer_transports"):
        names = listing(map(printable, config.words("defer_transports")))
        text = f"defer_transports keeps the mail of {names} in the queue"
        yield fault("parked", config.place("defer_transports"), text, "empty it, `postfix reload`, `postqueue -f`")
    if config.is_yes("soft_bounce"):
        text = "soft_bounce keeps what should bounce in the queue for days, and its senders hear nothing"
        yield fault("parked", config.place("soft_bounce"), text, "soft_bounce = no")
