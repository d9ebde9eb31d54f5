"""The servers that next hops name, and how a Postfix speaks to them: TLS, user and password.

The order of look-ups is that of smtp_sasl_glue.c and smtp_tls_policy.c (postconf(5)).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from relayconf.model import IMPLICIT_TLS_PORTS, TlsLevel
from relayconf.mta.base import Server
from relayconf.mta.postfix.names import IMPLICIT_TLS, SMTP
from relayconf.mta.postfix.sources import Lookup, Settings

_PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "submissions": 465}
_NEXTHOP = re.compile(r"(?:\[(?P<bare>[^\[\]]+)\]|(?P<mx>[^\[\]:]+))(?::(?P<port>[A-Za-z0-9-]+))?")
_WRAPPER = re.compile(rb"smtp_tls_wrappermode=yes")
_LEVELS = {level.value: level for level in TlsLevel} | {"dane-only": TlsLevel.DANE}


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(slots=True, kw_only=True)
class Servers:
    """What one configuration says of servers. `used` are the keys that passwords and policies were looked for under.

    `governed` are the servers, by host and port, that a policy or a service of their own is for.
    """

    settings: Settings
    services: Mapping[str, tuple[bytes, ...]]
    passwords: Lookup
    policies: Lookup
    used: set[str] = field(default_factory=set)
    governed: set[tuple[str, int]] = field(default_factory=set)

    def note(self, text: str) -> None:
        """Something that no inventory can say."""
        self.settings.unsaid.append(text)

    def is_smtp(self, service: str) -> bool:
        """Whether mail leaves by *service* as it does by `smtp`."""
        words = self.services.get(service)
        return service in {SMTP, "relay", IMPLICIT_TLS} or bool(words and words[6] == b"smtp")

    def _level(self, nexthop: str, where: str) -> TlsLevel:
        """By the policy for the next hop, else as for all servers, in new words or old ones."""
        usual = self.settings.value("smtp_tls_security_level")
        for name, level in (("smtp_enforce_tls", "encrypt"), ("smtp_use_tls", "may")):
            usual = usual or (level if self.settings.is_on(name) else "")
        word, *more = (self.policies.get(nexthop) or usual or "none").split()
        if more or word == "dane-only" or word not in _LEVELS:
            self.note(f"{where}: its TLS policy has more than a level")
        return _LEVELS.get(word, TlsLevel.NONE)

    def _login(self, host: str, nexthop: str) -> tuple[str, str]:
        """User and password; the name of the host comes before the next hop."""
        found = self.passwords.get(host, nexthop) if self.settings.is_on("smtp_sasl_auth_enable") else None
        self.used |= {host.lower(), nexthop.lower()}
        user, _, password = (found or "").partition(":")
        return user, password

    def _server(self, nexthop: str, service: str, where: str) -> Server | None:
        """One next hop as `[host]:port` or in any other spelling."""
        match = _NEXTHOP.fullmatch(nexthop)
        if match is None:
            self.note(f"{where}: {nexthop} is no next hop")
            return None
        host = match["bare"] or match["mx"]
        port = match["port"] or "25"
        number = _PORTS.get(port, int(port) if port.isdecimal() and len(port) < 6 else 0)
        user, password = self._login(host, nexthop)
        level = self._level(nexthop, where)
        wrapped = self.settings.is_on("smtp_tls_wrappermode") or service == IMPLICIT_TLS
        wrapped = wrapped or bool(_WRAPPER.search(b" ".join(self.services.get(service, ()))))
        if wrapped is not (number in IMPLICIT_TLS_PORTS and level is not TlsLevel.NONE):
            self.note(f"{where}: TLS begins {'at once' if wrapped else 'later'} at port {number}")
        if self.policies.get(nexthop) or wrapped:
            self.governed.add((host, number))
        return Server(
            host=host,
            port=number,
            shown=f"{where}: {nexthop}",
            mx_lookup=match["mx"] is not None and not _is_address(host),
            tls=TlsLevel.ENCRYPT if wrapped and level is TlsLevel.MAY else level,
            user=user,
            password=password,
        )

    def named(self, nexthops: str, service: str, where: str) -> tuple[Server, ...]:
        """The servers of a list of next hops."""
        found = (self._server(part, service, where) for part in nexthops.replace(",", " ").split())
        return tuple(server for server in found if server is not None)
