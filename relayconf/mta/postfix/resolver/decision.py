"""Where mail goes: class, transport and next hop, as trivial-rewrite resolves an address.

Source: resolve.c and transport.c of Postfix 3.5 to 3.11; transport(5), postconf(5), ADDRESS_CLASS_README. Canonical and
virtual alias rewriting happen before, content_filter and smtp_fallback_relay after: they are no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from relayconf.mta.postfix.resolver.classes import AddressClass, Classes, Locality
from relayconf.mta.postfix.resolver.lookup import Hit, Lookups, Maps
from relayconf.mta.postfix.resolver.outcomes import LookupFailure, Unknowable
from relayconf.mta.postfix.resolver.rewriting import Recipient, RewritingRules, rewritten
from relayconf.mta.postfix.resolver.settings import Settings

Flag: TypeAlias = Literal["error", "fail", "routed"]

_UNKNOWN_USER = "5.1.1 User unknown"
_STATUS = re.compile(r"(?P<status>[245]\.[0-9]{1,3}\.[0-9]{1,3})\s+(?P<text>\S.*)", re.DOTALL)
BAD_ADDRESS = "5.1.3 bad address syntax"
FAILED = "4.3.0 address resolver failure"
"""What the queue manager says of mail that is refused or waits (qmgr_message.c)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one message.

    `address` is the recipient that goes on; `flags` as in Postfix: `error` for an address that is refused whatever the
    transport, `fail` for mail that waits because a lookup failed, `routed` for routing operators in the local part.
    `why` names what decided, in order. Where the files here do not tell, `unknown` says what would have to be asked.
    """

    address: str
    address_class: AddressClass | None = None
    transport: str = ""
    nexthop: str = ""
    flags: tuple[Flag, ...] = ()
    why: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A decision in the making: `by` is what named the transport, `hop_by` what named the next hop, if anything did."""

    transport: str
    nexthop: str
    address_class: AddressClass
    by: str = ""
    hop_by: str = ""
    why: tuple[str, ...] = ()

    def because(self, why: str) -> _Way:
        return replace(self, why=(*self.why, why))


class Resolver:
    """The decisions of one configuration, ready for any number of messages; tables are opened when they are needed.

    Where *locality* is given, it says by what a domain is local, in place of mydestination.
    """

    def __init__(self, settings: Settings, locality: Locality | None = None) -> None:
        rewrite = settings.services.get("rewrite")
        self.settings = settings if rewrite is None else settings.of(rewrite)
        self.lookups = Lookups(self.settings)
        self.classes = Classes(self.settings, self.lookups, locality)

    @cached_property
    def _maps(self) -> dict[str, Maps]:
        names = ("transport_maps", "sender_dependent_default_transport_maps", "sender_dependent_relayhost_maps")
        return {name: self.lookups.maps(name) for name in (*names, "relocated_maps")}

    @cached_property
    def _transport_parents(self) -> Literal["none", "dotted", "plain"]:
        return self.lookups.parents("transport_maps")

    @cached_property
    def _rules(self) -> RewritingRules:
        value, is_on = self.settings.value, self.settings.is_on
        return RewritingRules(
            is_local=self.classes.is_local,
            myhostname=value("myhostname"),
            myorigin=value("myorigin"),
            mydomain=value("mydomain"),
            empty_address_recipient=value("empty_address_recipient"),
            swap_bangpath=is_on("swap_bangpath"),
            allow_percent_hack=is_on("allow_percent_hack"),
            append_at_myorigin=is_on("append_at_myorigin"),
            append_dot_mydomain=is_on("append_dot_mydomain"),
            resolve_dequoted_address=is_on("resolve_dequoted_address"),
            resolve_null_domain=is_on("resolve_null_domain"),
            resolve_numeric_domain=is_on("resolve_numeric_domain"),
            smtputf8_enable=is_on("smtputf8_enable"),
        )

    def _sender_hit(self, name: str, sender: str, null_key: str) -> Hit | None:
        maps = self._maps[name]
        if not maps:
            return None
        return maps.for_sender(sender or self.settings.value(null_key), self.classes.is_here)

    def _class_way(self, parameter: str, address_class: AddressClass, domain: str, why: str) -> _Way:
        """The way of a class as its *parameter* has it."""
        value = self.settings.value(parameter)
        return _Way(transport=value, nexthop=domain, address_class=address_class, by=parameter, why=(why,))

    def _default_transport(self, sender: str, domain: str, why: str) -> _Way:
        name = "sender_dependent_default_transport_maps"
        way = self._class_way("default_transport", "default", domain, why)
        hit = self._sender_hit(name, sender, "empty_address_default_transport_maps_lookup_key")
        if hit is None:
            return way
        if hit.value.lower() == "dunno":
            return way.because(f"`{hit.key}` in {name} -> {hit.value}")
        return replace(way, transport=hit.value, by=f"`{hit.key}` in {name}")

    def _through_relayhost(self, way: _Way, sender: str) -> _Way:
        """What takes the place of the recipient's domain, unless the transport brings its own next hop."""
        name = "sender_dependent_relayhost_maps"
        hit = self._sender_hit(name, sender, "empty_address_relayhost_maps_lookup_key")
        relayhost = self.settings.value("relayhost")
        if hit is not None:
            beaten = "; beats relayhost" if relayhost and hit.value.lower() != "dunno" else ""
            way = way.because(f"`{hit.key}` in {name} -> {hit.value}{beaten}")
            if hit.value.lower() != "dunno":
                return replace(way, nexthop=hit.value, hop_by=name)
        if not relayhost:
            return way
        return replace(way, nexthop=relayhost, hop_by="relayhost").because(f"relayhost -> {relayhost}")

    def _of_class(self, recipient: Recipient, sender: str) -> _Way:
        domain = recipient.domain
        if recipient.is_local:
            why = self.classes.locality(domain) or f"{domain} is the host's own name"
            return self._class_way("local_transport", "local", domain, why)
        address_class, why = self.classes.of(domain)
        match address_class:
            case "alias":
                table = " in virtual alias table" if self.settings.is_on("show_user_unknown_table_name") else ""
                return _Way(transport="error", nexthop=f"{_UNKNOWN_USER}{table}", address_class="alias", why=(why,))
            case "virtual":
                return self._class_way("virtual_transport", "virtual", domain, why)
            case "relay":
                return self._through_relayhost(self._class_way("relay_transport", "relay", domain, why), sender)
            case _:
                return self._through_relayhost(self._default_transport(sender, domain, why), sender)

    def _with_own_nexthop(self, way: _Way) -> _Way:
        """`transport:nexthop` in a parameter, or in a table for senders."""
        transport, _, nexthop = way.transport.partition(":")
        if not transport:
            raise LookupFailure(f"{way.by} -> {way.transport} has no transport")
        if not way.by:
            return way
        beaten = f"; beats {way.hop_by}" if nexthop and way.hop_by else ""
        way = way.because(f"{way.by} -> {way.transport}{beaten}")
        if nexthop:
            way = replace(way, nexthop=nexthop, hop_by=way.by)
        return replace(way, transport=transport)

    def _by_transport_maps(self, way: _Way, recipient: Recipient) -> _Way:
        maps = self._maps["transport_maps"]
        if not maps or way.address_class == "alias":
            return way
        hit = maps.for_recipient(recipient.address, self._transport_parents)
        if hit is None:
            return way
        transport, _, nexthop = hit.value.partition(":")
        found = f"`{hit.key}` in transport_maps -> {hit.value}"
        if not transport and not nexthop:
            return way.because(f"{found}: as without it")
        way = way.because(f"{found}; beats {way.hop_by}" if way.hop_by else found)
        if not transport:
            return replace(way, nexthop=nexthop)
        own = "Address is undeliverable" if transport in {"error", "retry"} else recipient.domain
        return replace(way, transport=transport, nexthop=nexthop or own)

    def _by_relocated_maps(self, way: _Way, recipient: Recipient) -> _Way:
        hit = self._maps["relocated_maps"].for_sender(recipient.address, self.classes.is_here)
        if hit is None:
            return way
        if self.settings.is_on("relocated_prefix_enable"):
            text = f"5.1.6 User has moved to {hit.value}"
        else:
            match = _STATUS.fullmatch(hit.value)
            text = f"{match['status']} {match['text']}" if match else "5.2.0 Mailbox is unavailable"
        way = way.because(f"`{hit.key}` in relocated_maps -> {hit.value}")
        return replace(way, transport="error", nexthop=text)

    def _way(self, recipient: Recipient, sender: str) -> Iterator[_Way]:
        """The way as it becomes, step by step: what is known when a step fails stays known."""
        way = self._of_class(recipient, sender)
        yield way
        way = self._with_own_nexthop(way)
        yield way
        way = self._by_transport_maps(way, recipient)
        yield way
        yield self._by_relocated_maps(way, recipient)

    def _resolved(self, recipient: Recipient, sender: str) -> Decision:
        flags: tuple[Flag, ...] = ("routed",) if recipient.is_routed else ()
        decision = Decision(address=recipient.address, flags=flags)
        try:
            for way in self._way(recipient, sender):
                decision = replace(
                    decision,
                    address_class=way.address_class,
                    transport=way.transport,
                    nexthop=way.nexthop,
                    why=way.why,
                )
        except (LookupFailure, Unknowable) as error:
            return self._given_up(decision, error)
        if recipient.address.startswith("-") and not self.settings.is_on("allow_min_user"):
            why = (*decision.why, f"but it starts with `-`: {BAD_ADDRESS}")
            return replace(decision, flags=(*flags, "error"), why=why)
        return decision

    def _given_up(self, decision: Decision, error: LookupFailure | Unknowable) -> Decision:
        if isinstance(error, Unknowable):
            return replace(decision, transport="", nexthop="", unknown=str(error))
        why = (*decision.why, f"a lookup fails, and the mail waits: {error}")
        return replace(decision, transport="retry", nexthop=FAILED, flags=(*decision.flags, "fail"), why=why)

    def _judged(self, sender: str, recipient: str) -> Decision:
        try:
            found = rewritten(recipient, self._rules)
        except (LookupFailure, Unknowable) as error:
            return self._given_up(Decision(address=recipient), error)
        if not found.is_bad:
            return self._resolved(found, sender)
        return Decision(
            address=found.address,
            address_class="default",
            transport="error",
            nexthop=BAD_ADDRESS,
            flags=("error",),
            why=(f"`{found.domain}` is no domain",),
        )

    def resolve(self, sender: str, recipient: str) -> Decision:
        """What becomes of mail from *sender*, empty for a bounce, to *recipient*, as it stands in the envelope.

        Raises MainCfError where Postfix's programs die.
        """
        decision = self._judged(sender, recipient)
        return replace(decision, why=(*decision.why, *dict.fromkeys(self.lookups.notes)))
