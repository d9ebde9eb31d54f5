"""How a next hop is spoken to: the user of AUTH, and the TLS level.

Source: postconf(5); smtp_sasl_glue.c and smtp_tls_policy.c of Postfix 3.5 to 3.11. What the server offers is not known
here, nor are the MX records of a next hop: passwords by the name of an MX host are beyond this.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from relayconf.mta.postfix.resolver.hostnames import is_hostname
from relayconf.mta.postfix.resolver.lookup import Hit, Lookups, Maps
from relayconf.mta.postfix.resolver.outcomes import LookupFailure, Unknowable
from relayconf.mta.postfix.resolver.settings import Service, Settings

_SPEAKERS = frozenset({"smtp", "lmtp"})
_WITHOUT_TLS = ("none", "may")
_LEVELS = ("none", "may", "encrypt", "fingerprint", "half-dane", "dane", "dane-only", "verify", "secure")
_BRACKETED = re.compile(r"\[(?P<host>[^\[\]]*)\](?::[^:]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is known of it; the password is not here. Without one, `user` is empty, and `tls` without SMTP."""

    user: str = ""
    tls: str = ""
    why: tuple[str, ...] = ()
    unknown: str = ""


class Speaker:
    """One service that speaks SMTP or LMTP, by its own parameters; tables are opened once.

    *is_here* is asked for senders as for sender_dependent_relayhost_maps.
    """

    def __init__(self, settings: Settings, prefix: str, is_here: Callable[[str], bool]) -> None:
        self._settings = settings
        self._prefix = prefix
        self._is_here = is_here
        self._lookups = Lookups(settings)

    def _name(self, end: str) -> str:
        return f"{self._prefix}_{end}"

    def _is_on(self, end: str) -> bool:
        return self._settings.is_on(self._name(end))

    @cached_property
    def _passwords(self) -> Maps:
        return self._lookups.maps(self._name("sasl_password_maps"), substitutes=True)

    @cached_property
    def _policies(self) -> Maps:
        return self._lookups.maps(self._name("tls_policy_maps"))

    def _credentials(self, nexthop: str, sender: str) -> Hit | None:
        by_sender = self._prefix == "smtp" and self._is_on("sender_dependent_authentication")
        if by_sender and sender and (hit := self._passwords.for_sender(sender, self._is_here)):
            return hit
        bracketed = _BRACKETED.fullmatch(nexthop)
        host = bracketed["host"].removeprefix("IPv6:") if bracketed else ""
        return self._passwords.find(host) or self._passwords.find(nexthop)

    def _user(self, nexthop: str, sender: str) -> Session:
        """Who logs in."""
        if not self._is_on("sasl_auth_enable") or not self._passwords:
            return Session()
        hit = self._credentials(nexthop, sender)
        if hit is None:
            unless = "" if nexthop.startswith("[") else f", unless for an MX host of {nexthop}"
            return Session(why=(f"nothing in {self._passwords.name}: no AUTH{unless}",))
        delimiter = self._settings.value(self._name("sasl_password_result_delimiter"))[:1]
        user = hit.value.partition(delimiter)[0] if delimiter else hit.value
        return Session(user=user, why=(f"`{hit.key}` in {self._passwords.name}",))

    def _usual(self) -> str:
        """The level of the service as a whole."""
        level = self._settings.value(self._name("tls_security_level"))
        if level:
            return level
        if self._is_on("enforce_tls"):
            return "verify" if self._is_on("tls_enforce_peername") else "encrypt"
        return "may" if self._is_on("use_tls") else "none"

    def _policy(self, nexthop: str) -> Hit | None:
        """By the next hop as it is written; a domain alone also by `.parent`."""
        name = nexthop
        has_parents = is_hostname(nexthop, utf8=self._settings.is_on("smtputf8_enable"))
        while name:
            if hit := self._policies.find(name):
                return hit
            dot = name.find(".", 1)
            name = name[dot:] if has_parents and dot > 0 else ""
        return None

    def _tls(self, nexthop: str) -> Session:
        """How well the line is guarded."""
        if not self._policies and self._settings.value(self._name("tls_per_site")):
            raise Unknowable(f"{self._name('tls_per_site')}, which is not read here")
        hit = self._policy(nexthop)
        if hit is None:
            return self._leveled(self._usual(), ())
        level = re.split(r"[\s,]+", hit.value.strip(" ,\t"))[0]
        return self._leveled(level, (f"`{hit.key}` in {self._policies.name} -> {hit.value}",))

    def _leveled(self, level: str, why: tuple[str, ...]) -> Session:
        lower = level.lower()
        if lower not in _LEVELS:
            return Session(why=(*why, f"`{level}` is no TLS level: the mail waits"))
        if self._is_on("tls_wrappermode"):
            if lower in _WITHOUT_TLS:
                why = (*why, "TLS before the greeting needs `encrypt` at least: the mail waits")
            else:
                why = (*why, "TLS before the greeting")
        return Session(tls=lower, why=why)

    def session(self, nexthop: str, sender: str) -> Session:
        """How mail from *sender* is sent to *nexthop*. Raises MainCfError where the service dies."""
        first = first_of(nexthop)
        user, tls = _told(lambda: self._user(first, sender)), _told(lambda: self._tls(first))
        unknown = "; ".join(filter(None, (user.unknown, tls.unknown)))
        notes = tuple(dict.fromkeys(self._lookups.notes))
        return Session(user=user.user, tls=tls.tls, why=(*user.why, *tls.why, *notes), unknown=unknown)


def first_of(nexthop: str) -> str:
    """The next hop that is tried first, of a list of them."""
    return re.split("[ \t\r\n,]+", nexthop.strip(" \t\r\n,"), maxsplit=1)[0]


def _told(ask: Callable[[], Session]) -> Session:
    try:
        return ask()
    except Unknowable as reason:
        return Session(unknown=str(reason))
    except LookupFailure as failure:
        return Session(why=(f"a lookup fails, and the mail waits: {failure}",))


def speaker(settings: Settings, service: Service, is_here: Callable[[str], bool]) -> Speaker | None:
    """The one behind *service*; None where it is another kind of program."""
    if service.program not in _SPEAKERS:
        return None
    return Speaker(settings.of(service), service.program, is_here)
