"""Faults of where mail goes: transports, next hops, and the keys under which they are found (transport(5))."""

from __future__ import annotations

import re
from collections.abc import Iterator

from relayconf.mta.postfix.lint.codes import Fault, Place, fault
from relayconf.mta.postfix.lint.configuration import Configuration, Row
from relayconf.mta.postfix.lint.hops import PORTS, Hop, address, channel, port_names, take_apart, uses
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

_CHANNELS = (
    "default_transport",
    "relay_transport",
    "local_transport",
    "virtual_transport",
    "mailbox_transport",
    "fallback_transport",
    "content_filter",
)
_CHANNEL_MAPS = ("transport_maps", "sender_dependent_default_transport_maps", "mailbox_transport_maps")
_BY_SENDER = ("sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps")


def _channels(config: Configuration) -> Iterator[tuple[str, Place]]:
    """Every value that begins with the name of a transport, and where."""
    for name in _CHANNELS:
        if config.value(name) and (config.is_set(name) or name == "default_transport"):
            yield config.value(name), config.place(name)
    for service in config.services:
        if service.options.get("content_filter"):
            yield config.value("content_filter", service), config.place("content_filter", service)
    for name in _CHANNEL_MAPS:
        yield from ((row.value, row.place) for row in config.rows(name)[0])


def transports(config: Configuration) -> Iterator[Fault]:
    """Transports that master.cf does not have."""
    if not config.has_master:
        return
    found = [(channel(value)[0], place) for value, place in _channels(config) if value.upper() != "DUNNO"]
    found += [(word, config.place("defer_transports")) for word in config.words("defer_transports")]
    for name, place in dict.fromkeys(found):
        if name and config.service(name) is None:
            text = f"master.cf has no transport {printable(name)}: mail for it waits (mail transport unavailable)"
            yield fault("transport-unknown", place, text, "a service of master.cf", "write host names as smtp:[HOST]")


def _is_port(config: Configuration, hop: Hop, transport: str) -> bool:
    if not hop.service or hop.service.isdigit():
        return True
    service = config.service(transport)
    caged = service is not None and service.chroot
    names = port_names(config, config.value("queue_directory") if caged else "")
    return hop.service in (PORTS if names is None else names)


def nexthops(config: Configuration) -> Iterator[Fault]:
    """Next hops of which smtp(8) dies, with all the mail that it has in hand."""
    protocols = {word.lower() for word in config.words("inet_protocols")}
    for use in uses(config):
        hop = take_apart(use.text)
        place, shown = use.place, f"{use.parameter}: {printable(use.text)}"
        if isinstance(hop, str):
            text = f"{shown}: {printable(hop)}; the whole service {printable(use.transport)} dies of it again and again"
            yield fault("nexthop", place, text, "[HOST]:PORT")
            continue
        if not _is_port(config, hop, use.transport):
            text = f"{shown}: no port of this name; the whole service {printable(use.transport)} dies of it"
            yield fault("nexthop", place, text, "the port's number")
        ip = address(hop.host)
        if ip is not None and protocols and "all" not in protocols and f"ipv{ip.version}" not in protocols:
            text = f"{shown}: inet_protocols is without IPv{ip.version}, so that nothing gets there"
            yield fault(
                "nexthop-family", place, text, f"inet_protocols = {', '.join(sorted({*protocols, f'ipv{ip.version}'}))}"
            )
        if ip is None and hop.service and not hop.is_literal and use.parameter == "relayhost":
            text = (
                f"{shown}: without brackets the MX of {printable(hop.host)} are looked up, and spoken to at that port"
            )
            yield fault("nexthop-mx", place, text, f"[{printable(hop.host)}]:{printable(hop.service)}")


def _dead_key(key: str, *, parents: bool) -> str | None:
    if key.startswith("@"):
        return "keys of whole domains are without `@`"
    if key.startswith("*."):
        return "`*` stands for everything, alone only"
    if key.endswith(".") and key != ".":
        return "the dot at its end is never there"
    if key.startswith(".") and parents:
        return "parent_domain_matches_subdomains names transport_maps, so that keys of parents are without a dot"
    return "it has a blank in it" if re.search(r"\s", key) else None


def transport_keys(config: Configuration) -> Iterator[Fault]:
    """Keys of transport tables that are looked up for no recipient."""
    parents = "transport_maps" in config.words("parent_domain_matches_subdomains")
    for row in config.rows("transport_maps")[0]:
        why = _dead_key(row.key, parents=parents)
        if why:
            text = f"{printable(row.key)} matches no recipient: {why}"
            yield fault("transport-key", row.place, text, "DOMAIN, .DOMAIN for its subdomains, or USER@DOMAIN")


def wildcard(config: Configuration) -> Iterator[Fault]:
    """`*` takes the mail of local domains too."""
    rows, is_whole = config.rows("transport_maps")
    keys = {row.key.lower(): row for row in rows}
    star: Row | None = keys.get("*")
    if star is None or not is_whole or channel(star.value) == ("", ""):
        return
    own = [word.lower() for word in config.words("mydestination") if not re.search(r"[:/]", word)]
    taken = [word for word in own if word not in keys]
    if taken:
        text = f"`*` takes mail for domains of this host itself (mydestination): {listing(map(printable, taken))}"
        yield fault("transport-wildcard", star.place, text, "DOMAIN : for each", "relayhost in place of `*`")


def sender_keys(config: Configuration) -> Iterator[Fault]:
    """Domains without `@`, which the tables by sender are never asked for."""
    own = {word.lower() for word in (*config.words("mydestination"), config.value("myorigin"))}
    null = config.value("empty_address_relayhost_maps_lookup_key")
    for name in _BY_SENDER:
        for row in config.rows(name)[0]:
            if "@" not in row.key and row.key != null:
                if "." not in row.key and own:
                    continue
                text = f"{name}: {printable(row.key)} matches no sender, whose mail goes the way of everything else"
                yield fault("sender-key", row.place, text, f"@{printable(row.key)}")


def beaten(config: Configuration) -> Iterator[Fault]:
    """A default_transport with a next hop beats relayhost and the relays of senders."""
    transport, nexthop = channel(config.value("default_transport"))
    service = config.service(transport)
    others = [name for name in ("relayhost", "sender_dependent_relayhost_maps") if config.words(name)]
    if nexthop and others and service is not None and service.program == "smtp":
        text = f"default_transport names the next hop {printable(nexthop)}: {listing(others)} beside it does nothing"
        yield fault(
            "relayhost-beaten", config.place("default_transport"), text, f"default_transport = {printable(transport)}"
        )


def content_filter(config: Configuration) -> Iterator[Fault]:
    """A filter takes the mail before any relay is chosen."""
    value = config.value("content_filter")
    if value:
        text = f"content_filter sends all mail to {printable(value)} first; relays are chosen for what comes back"
        yield fault(
            "content-filter", config.place("content_filter"), text, "routes count behind the filter: look there"
        )


def null_sender(config: Configuration) -> Iterator[Fault]:
    """Bounces have no sender, and with relays by sender alone go by MX."""
    rows, is_whole = config.rows("sender_dependent_relayhost_maps")
    key = config.value("empty_address_relayhost_maps_lookup_key").lower()
    fixed = channel(config.value("default_transport"))[1]
    if (
        rows
        and is_whole
        and not config.value("relayhost")
        and not fixed
        and key not in {row.key.lower() for row in rows}
    ):
        text = "relays by sender, but none for bounces (<>) and no relayhost: they go to the recipients' MX themselves"
        yield fault("null-sender", config.place("sender_dependent_relayhost_maps"), text, "a row for <>", "a relayhost")
