"""What a flavour can do for one relay of the inventory, and what it cannot, with the ways out."""

from __future__ import annotations

from collections.abc import Iterator

from relayconf.facts import Finding, Severity
from relayconf.model import IMPLICIT_TLS_PORTS, Endpoint, Nexthop, Relay, Smarthost, Target, TlsLevel
from relayconf.mta.qmail.flavours import FLAVOURS, Flavour
from relayconf.mta.qmail.flavours.values import ipv4_literal
from relayconf.mta.qmail.lines import Login, can_carry, nexthop_of

_OPTIONAL_TLS = frozenset({TlsLevel.NONE, TlsLevel.MAY})
_CHECKED_TLS = frozenset({TlsLevel.VERIFY, TlsLevel.SECURE})
_OAUTH_ONLY = frozenset({"smtp-mail.outlook.com"})
_ANY = "any"
_A_HOP = "a hop on 127.0.0.1 that {} for qmail"


def error(code: str, text: str, *ways_out: str) -> Finding:
    """An error, which refuses the host."""
    return Finding(code=code, severity=Severity.ERROR, text=text, ways_out=ways_out)


def needs_tls(endpoint: Endpoint) -> bool:
    """Whether mail may not go there in clear."""
    return endpoint.implicit_tls or endpoint.tls not in _OPTIONAL_TLS


def is_literal(relay: Relay) -> bool:
    """Whether the relay is an address, which no file of certificates can be named after."""
    return ":" in relay.host or ipv4_literal(relay.host.encode()) is not None


def needs_certificates(flavour: Flavour, endpoint: Endpoint) -> bool:
    """Whether TLS there is as it should be only with a file `tlshosts/RELAY.pem`."""
    if flavour.tls_file != "tlshosts" or endpoint.tls in _OPTIONAL_TLS:
        return False
    return endpoint.tls in _CHECKED_TLS or not (endpoint.implicit_tls and flavour.implicit_tls)


def needs_destination(flavour: Flavour, endpoint: Endpoint) -> bool:
    """Whether TLS there needs a line of tlsdestinations."""
    return flavour.tls_file == "tlsdestinations" and needs_tls(endpoint)


def _can_begin_with_tls(flavour: Flavour, endpoint: Endpoint) -> bool:
    return flavour.implicit_tls or not endpoint.implicit_tls


def _can_enforce(flavour: Flavour, relay: Relay, endpoint: Endpoint) -> bool:
    """Whether the level of TLS is certain to be had."""
    if endpoint.tls in _OPTIONAL_TLS:
        return True
    if flavour.tls_file == "tlsdestinations":
        return endpoint.tls is TlsLevel.ENCRYPT
    if endpoint.tls not in {TlsLevel.ENCRYPT, *_CHECKED_TLS}:
        return False
    if flavour.tls_file == "tlshosts":
        return not needs_certificates(flavour, endpoint) or (relay.ca is not None and not is_literal(relay))
    return flavour.implicit_tls and endpoint.implicit_tls and endpoint.tls is TlsLevel.ENCRYPT


def can_use(flavour: Flavour, relay: Relay, endpoint: Endpoint) -> bool:
    """Whether the endpoint can be used as the inventory has it."""
    if endpoint.auth and not flavour.has_auth:
        return False
    if endpoint.auth and flavour.tls_file == "tlsdestinations" and not needs_tls(endpoint):
        return False
    return _can_begin_with_tls(flavour, endpoint) and _can_enforce(flavour, relay, endpoint)


def _others(flavour: Flavour, relay: Relay) -> tuple[str, ...]:
    """The ways to write the relay's endpoints that this flavour can use."""
    usable = (endpoint for endpoint in relay.endpoints if can_use(flavour, relay, endpoint))
    return tuple(f"`relay: {relay.name}:{endpoint.port}`" for endpoint in usable)


def _user(flavour: Flavour, relay: Relay) -> Iterator[Finding]:
    login = Login(user=relay.credentials.username if relay.credentials else "", password=_ANY)
    if not can_carry(flavour, login):
        able = [name for name, other in FLAVOURS.items() if can_carry(other, login)]
        text = f"{flavour.program} cannot be given the user name of {relay.name}: its line would be torn there"
        yield error("qmail-user", text, *(["a flavour that can: " + ", ".join(able)] if able else []))


def _auth(flavour: Flavour, target: Smarthost) -> Iterator[Finding]:
    relay, others = target.relay, _others(flavour, target.relay)
    if not flavour.has_auth:
        text = f"the relay {relay.name} needs AUTH, but {flavour.program} has none"
        yield error("qmail-auth", text, *others, _A_HOP.format("logs in"), "a qmail flavour with AUTH")
        return
    yield from _user(flavour, relay)
    if relay.host in _OAUTH_ONLY:
        text = (
            f"the relay {relay.name} offers XOAUTH2 alone, which {flavour.program} does not speak: mail would be lost"
        )
        yield error("qmail-mechanism", text, *others, _A_HOP.format("logs in"))
    elif flavour.needs_usual_mechanism:
        text = (
            f"{flavour.program} loses mail when the relay {relay.name} offers none of "
            f"{', '.join(flavour.mechanisms)}, and logs it as delivered"
        )
        ways = "look at the relay's EHLO, after STARTTLS, before this is applied"
        yield Finding(code="qmail-mechanism", severity=Severity.WARNING, text=text, ways_out=(ways,))
    else:
        text = (
            f"{flavour.program} logs in by {', '.join(flavour.mechanisms)} alone: the relay {relay.name} must offer it"
        )
        yield Finding(code="qmail-mechanism", severity=Severity.NOTE, text=text)
    if flavour.tls_file == "tlsdestinations" and not needs_tls(target.endpoint):
        text = f"{flavour.program} loses mail when it has credentials for the relay {target} and no mandatory TLS"
        yield error("qmail-auth", text, *others, "`tls: encrypt`")


def _why_no_tls(flavour: Flavour, target: Smarthost) -> str:
    relay, endpoint = target.relay, target.endpoint
    if not flavour.starttls:
        return f"{flavour.program} has no TLS"
    if not _can_begin_with_tls(flavour, endpoint):
        return f"{flavour.program} {flavour.implicit_tls_flaw or 'cannot begin with it'}"
    if flavour.tls_file != "tlshosts" or endpoint.tls not in {TlsLevel.ENCRYPT, *_CHECKED_TLS}:
        return f"{flavour.program} cannot be held to it"
    if is_literal(relay):
        return f"{flavour.program} enforces TLS by the relay's name, and {relay.host} is an address"
    return f"{flavour.program} enforces TLS by certificates to trust alone, and the relay has no `ca_file`"


def _tls_ways(flavour: Flavour, target: Smarthost) -> Iterator[str]:
    yield from _others(flavour, target.relay)
    if not flavour.starttls:
        yield _A_HOP.format("encrypts")
        yield "a qmail flavour with TLS"
    elif flavour.tls_file == "tlshosts" and not target.endpoint.implicit_tls:
        yield "the relay's name in place of its address" if is_literal(target.relay) else "`ca_file:` of the relay"
    elif flavour.tls_file == "tlsdestinations":
        yield "`tls: encrypt`"
    elif not _can_begin_with_tls(flavour, target.endpoint):
        yield "port 587, where TLS begins with STARTTLS"


def _tls(flavour: Flavour, target: Smarthost) -> Iterator[Finding]:
    relay, endpoint = target.relay, target.endpoint
    if not _can_begin_with_tls(flavour, endpoint):
        text = f"the relay {target} speaks TLS from the first byte, but {_why_no_tls(flavour, target)}"
        yield error("qmail-tls", text, *_tls_ways(flavour, target))
    elif not _can_enforce(flavour, relay, endpoint):
        text = f"the relay {target} wants `tls: {endpoint.tls}`, but {_why_no_tls(flavour, target)}"
        yield error("qmail-tls", text, *_tls_ways(flavour, target))
    elif endpoint.tls is TlsLevel.MAY and not flavour.starttls:
        text = f"mail to the relay {target} leaves unencrypted, as `tls: may` allows: {flavour.program} has no TLS"
        yield Finding(code="qmail-unencrypted", severity=Severity.NOTE, text=text)


def _nexthop(flavour: Flavour, nexthop: Nexthop) -> Iterator[Finding]:
    """Hosts that no value can name."""
    if ":" in nexthop.host and not flavour.ipv6:
        text = f"{nexthop.host} is an IPv6 address, but {flavour.program} speaks IPv4 alone"
        yield error("qmail-ipv6", text, "its IPv4 address", "a name with an A record")
    if nexthop.mx_lookup:
        text = f"{nexthop.host} is to be looked up by MX, but qmail-remote looks a relay up by A alone"
        yield error("qmail-mx-lookup", text, "the name of one of its mail servers")


def _is_told_of_tls(target: Target) -> bool:
    return isinstance(target, Smarthost) and needs_tls(target.endpoint)


def of_target(flavour: Flavour, target: Target) -> Iterator[Finding]:
    """What *flavour* cannot do for *target*, as errors with ways out; and remarks on what it can."""
    nexthop = nexthop_of(target)
    if nexthop is None:
        return
    yield from _nexthop(flavour, nexthop)
    if isinstance(target, Smarthost):
        if target.endpoint.auth:
            yield from _auth(flavour, target)
        yield from _tls(flavour, target)
    if nexthop.port in IMPLICIT_TLS_PORTS and not _is_told_of_tls(target) and not flavour.implicit_tls:
        text = f"{nexthop.host} port {nexthop.port} speaks TLS from the first byte, and {flavour.program} would hang"
        yield error("qmail-tls", text, "a port without TLS, such as 25", _A_HOP.format("encrypts"))
