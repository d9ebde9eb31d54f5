"""Settings of the admin's own that keep the wish from coming true, or make relayconf keep its hands off."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from relayconf.facts import Finding, Severity
from relayconf.mta.postfix import logins, master_cf
from relayconf.mta.postfix.live import Live
from relayconf.mta.postfix.names import IMPLICIT_TLS, SERVICES
from relayconf.mta.postfix.state import Wish
from relayconf.mta.postfix.tables import foreign, split
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

_OWNERS = {
    "plesk": "Plesk",
    "pmg": "Proxmox Mail Gateway",
    "mailcow": "mailcow",
    "zimbra": "Zimbra",
    "nixos": "NixOS",
}
_BY_SENDER = ("sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps")
_LOGIN_CHECK = re.compile(r"\breject_(?:known_|authenticated_|unauthenticated_)?sender_login_mismatch\b")
_RESTRICTIONS = re.compile(r"smtpd_[a-z_]+_restrictions")
_OPTION = re.compile(rb"-o\s*(?:\{\s*)?([A-Za-z0-9_]+)\s*=")


def error(code: str, text: str, *ways_out: str) -> Finding:
    """An error: the host's plan is refused."""
    return Finding(code=code, severity=Severity.ERROR, text=text, ways_out=ways_out)


def warning(code: str, text: str, *ways_out: str) -> Finding:
    """A warning."""
    return Finding(code=code, severity=Severity.WARNING, text=text, ways_out=ways_out)


def owner(values: Mapping[str, str]) -> Iterator[Finding]:
    """Somebody else writes these files."""
    who = values.get("postfix.managed_by", "-")
    if who != "-":
        by = _OWNERS.get(who, f"something that says of itself: {printable(who)}")
        text = f"Postfix's configuration here is written by {by}; what relayconf changes would be lost or do harm"
        yield error("postfix-managed", text, "configure the relay there", "take the host out of the inventory")
    others = values.get("postfix.multi_instance", "-")
    if others != "-":
        text = f"there are other instances of Postfix, which are left alone: {printable(others)}"
        yield Finding(code="postfix-instances", severity=Severity.NOTE, text=text)


def duplicates(live: Live, managed: Collection[str]) -> Iterator[Finding]:
    """Managed parameters that main.cf sets more than once."""
    twice = [name for name in managed if name in live.parameters and live.parameters[name].duplicates]
    if twice:
        text = f"main.cf sets these more than once, of which the last counts: {listing(twice)}"
        yield Finding(code="postfix-duplicates", severity=Severity.NOTE, text=text)


def _nexthop(live: Live, name: str) -> str:
    return "" if live.is_owned(name) else (live.value(name) or "").partition(":")[2]


def stronger(live: Live, wish: Wish) -> Iterator[Finding]:
    """Settings that beat relayhost (postconf(5), default_transport)."""
    fixed = _nexthop(live, "default_transport")
    if wish.parameters.get("relayhost") and fixed:
        text = f"main.cf: default_transport names a next hop itself, {printable(fixed)}, which beats relayhost"
        yield error("postfix-default-transport", text, "take default_transport out of main.cf")
    senders = [name for name in _BY_SENDER if foreign(live.value(name) or "")]
    if not senders:
        return
    if IMPLICIT_TLS in wish.services:
        text = f"relays with implicit TLS do not go together with the host's own {listing(senders)}"
        yield error("postfix-sender-dependent", text, "a port of the relay with STARTTLS, such as 587")
    else:
        text = f"main.cf: mail of some senders goes another way than the inventory says: {listing(senders)}"
        yield warning("postfix-sender-dependent", text)


def wildcards(live: Live, wish: Wish) -> Iterator[Finding]:
    """`.domain` keys of transport tables that this Postfix never looks up."""
    parents = split(live.value("parent_domain_matches_subdomains") or "")
    keys = [key for key in wish.tables["transport"] if key.startswith(".")]
    if keys and "transport_maps" in parents:
        text = f"parent_domain_matches_subdomains names transport_maps, so these routes do not count: {listing(keys)}"
        yield error("postfix-wildcards", text, "take transport_maps out of it")


def wrapped(live: Live, wish: Wish) -> Iterator[Finding]:
    """Implicit TLS for all relays alike."""
    plain = [hop for hop in wish.tables["tls_policy"] if not hop.endswith((":465", ":2465"))]
    if plain and live.value("smtp_tls_wrappermode") == "yes":
        text = f"main.cf: smtp_tls_wrappermode = yes speaks TLS from the first byte, also to {listing(plain)}"
        yield error("postfix-wrappermode", text, "take smtp_tls_wrappermode out of main.cf")


def loose(live: Live, wish: Wish) -> Iterator[Finding]:
    """Passwords by sender for all mail: smtp(8) would show them wherever a route leads (postconf(5))."""
    own = logins.in_use(wish.tables)
    if own and live.value("smtp_sender_dependent_authentication") == "yes":
        text = (
            "main.cf: smtp_sender_dependent_authentication = yes would show the passwords of "
            f"{listing(own)} to whatever server the mail goes to"
        )
        ways_out = ("take it out of main.cf: services of relayconf's have it, for that mail alone",)
        yield error("postfix-sender-authentication", text, *ways_out)


def _restrictions(live: Live) -> Iterator[str]:
    """What main.cf and the services of master.cf restrict clients by, with the lists that these name."""
    classes = split(live.value("smtpd_restriction_classes") or "")
    lists = [name for name in live.parameters if _RESTRICTIONS.fullmatch(name) or name in classes]
    referred = re.findall(r"\$[({]?([A-Za-z0-9_]+)", " ".join(live.value(name) or "" for name in lists))
    yield from (live.value(name) or "" for name in (*lists, *referred))
    for words in master_cf.entries(live.master).values():
        yield b" ".join(words[6:]).decode("utf-8", "surrogateescape")


def forgeable(live: Live, wish: Wish) -> Iterator[Finding]:
    """Credentials of one sender that whoever may send mail here can use (postconf(5), smtpd_sender_restrictions)."""
    own = logins.in_use(wish.tables)
    if own and not any(map(_LOGIN_CHECK.search, _restrictions(live))):
        text = (
            f"these senders have credentials of their own: {listing(own)}; but nothing in main.cf keeps one user from "
            "sending as another, and so with the other's credentials"
        )
        ways_out = (
            "reject_authenticated_sender_login_mismatch in smtpd_sender_restrictions, with smtpd_sender_login_maps",
            "reject_sender_login_mismatch, where clients in mynetworks have to log in too",
        )
        yield warning("postfix-sender-login", text, *ways_out)


def overridden(live: Live, managed: Collection[str]) -> Iterator[Finding]:
    """Services of master.cf with a value of their own for something that relayconf sets."""
    for name, words in master_cf.entries(live.master).items():
        options = {match[1].decode() for match in _OPTION.finditer(b" ".join(words[6:]))}
        beaten = sorted(options & set(managed))
        if beaten and name not in SERVICES:
            text = f"master.cf: the service {printable(name)} has its own {listing(beaten)}, which beats main.cf"
            yield warning("postfix-overridden", text, f"take the `-o` out of {printable(name)} in master.cf")
