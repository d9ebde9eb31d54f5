"""Faults of master.cf."""

from __future__ import annotations

from collections.abc import Iterator

from relayconf.mta.postfix.lint.codes import Fault, Place, fault
from relayconf.mta.postfix.lint.configuration import Configuration
from relayconf.mta.postfix.lint.hops import port_names
from relayconf.mta.postfix.words import listing
from relayconf.text import printable


def _place(line: int) -> Place:
    return Place(file="master.cf", line=line)


def lines(config: Configuration) -> Iterator[Fault]:
    """Entries of which master(8) dies when it reads them again."""
    for service in config.services:
        if service.fault is not None:
            text = f"{printable(service.fault)}: Postfix neither starts nor reloads with it"
            yield fault("service-line", _place(service.line), text, "repair the line", "put a `#` in front of it")


def ports(config: Configuration) -> Iterator[Fault]:
    """Servers on ports that this machine has no number for, of which master(8) dies at the next reload."""
    known = port_names(config, "")
    for service in config.services:
        port = service.name.rpartition(":")[2]
        if service.kind == "inet" and known is not None and not port.isdigit() and port not in known:
            text = f"/etc/services has no port {printable(port)}: Postfix dies of the next reload, and does not start"
            yield fault("service-port", _place(service.line), text, "the port's number")


def torn(config: Configuration) -> Iterator[Fault]:
    """`-o name = value`, of which the service sees the name alone."""
    for service in config.services:
        if service.torn and service.fault is None:
            names = listing(printable(name) for name in service.torn)
            text = f"`-o {names}` has no `=` in the same word: {printable(service.name)} dies when it starts"
            yield fault("service-option", _place(service.line), text, "no blanks around `=`", "-o { name = value }")


def twice(config: Configuration) -> Iterator[Fault]:
    """Two entries of one name and type."""
    seen: dict[tuple[str, str], int] = {}
    for service in config.services:
        before = seen.setdefault((service.name, service.kind), service.line)
        if before != service.line:
            text = f"{printable(service.name)} {printable(service.kind)} is there already, in line {before}"
            yield fault("service-twice", _place(service.line), text, "take one of them out")
