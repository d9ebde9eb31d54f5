"""Where mail goes by Postfix's files, in values that the limits compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from relayconf.errors import MainCfError, MapError
from relayconf.facts import Facts
from relayconf.model import TlsLevel
from relayconf.mta.base import EVERYTHING_ELSE, FROM, Way
from relayconf.mta.postfix import main_cf
from relayconf.mta.postfix.locality import local, relayed
from relayconf.mta.postfix.main_cf import Parameter
from relayconf.mta.postfix.names import MAIN_CF, MAP_PARAMETERS, SERVICES, SMTP
from relayconf.mta.postfix.nexthop import members
from relayconf.mta.postfix.reading import table_in_use
from relayconf.mta.postfix.routing import AS_DEFAULT, CLASS, lookup
from relayconf.mta.postfix.tables import foreign

_LOCAL, _DIRECT, _REJECT, _UNKNOWN = (
    Way(kind="local"),
    Way(kind="direct"),
    Way(kind="reject"),
    Way(kind="unknown"),
)
_BY_SMTP = frozenset({SMTP, "relay", *SERVICES})
_ELSEWHERE: Mapping[str, Way] = {
    **dict.fromkeys(("local", "virtual", "lmtp"), _LOCAL),
    **dict.fromkeys(("error", "retry"), _REJECT),
    "discard": Way(kind="discard"),
}
# From what protects least to what protects most.
_RISING = (
    TlsLevel.NONE,
    TlsLevel.MAY,
    TlsLevel.ENCRYPT,
    TlsLevel.DANE,
    TlsLevel.FINGERPRINT,
    TlsLevel.VERIFY,
    TlsLevel.SECURE,
)
# Other ways to say which TLS a relay gets (postconf(5)), old and new.
_OTHER_TLS = ("smtp_use_tls", "smtp_enforce_tls", "smtp_tls_per_site", "smtp_tls_wrappermode")


def _level(word: str) -> TlsLevel | None:
    try:
        return TlsLevel(word)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """main.cf, and the policies of the generation in use."""

    parameters: Mapping[str, Parameter]
    policies: Mapping[str, str]

    def value(self, name: str) -> str:
        return self.parameters[name].value if name in self.parameters else ""

    def has_foreign(self, table: str) -> bool:
        return bool(foreign(self.value(MAP_PARAMETERS[table])))

    def tls(self, nexthop: str) -> TlsLevel | None:
        """The level at *nexthop*: by our policy, else main.cf's where nothing else can say it; the least of a list."""
        if len(hops := members(nexthop)) > 1:
            levels = [self.tls(hop) for hop in hops]
            return min((level for level in levels if level), key=_RISING.index) if all(levels) else None
        if nexthop in self.policies:
            return _level(self.policies[nexthop].split()[0])
        if self.has_foreign("tls_policy") or any(self.value(name) for name in _OTHER_TLS):
            return None
        return _level(self.value("smtp_tls_security_level") or TlsLevel.NONE)

    def way(self, service: str, nexthop: str) -> Way:
        """What the *service* does with mail that goes to *nexthop*, or by MX when that is empty."""
        if service not in _BY_SMTP:
            return _ELSEWHERE.get(service, _UNKNOWN)
        return Way(kind="relay", nexthop=nexthop, tls=self.tls(nexthop)) if nexthop else _DIRECT

    def unrouted(self, parameter: str, usual: str) -> Way:
        """The way of mail that no table routes: by *parameter*, which is *usual* when main.cf does not set it."""
        service, _, fixed = (self.value(parameter) or usual).partition(":")
        return self.way(service, fixed or self.value("relayhost"))

    def routed(self, value: str) -> Way:
        """The way that the *value* of a transport table says."""
        service, _, nexthop = value.partition(":")
        way = self.way(service or self.value("default_transport").partition(":")[0] or SMTP, nexthop)
        # Every relay of the inventory has a policy: another server is one of ours.
        return replace(way, is_ours=way.kind == "relay" and nexthop not in self.policies)


def _ways(facts: Facts, contents: Mapping[str, bytes | None]) -> Mapping[str, Way]:
    parameters = main_cf.parse(contents.get(MAIN_CF) or b"")
    reading = _Reading(parameters=parameters, policies=table_in_use(contents, parameters, "tls_policy"))
    table = table_in_use(contents, parameters, "transport")
    rest, here = reading.unrouted("default_transport", SMTP), local(parameters, facts.values).domains
    received = _UNKNOWN if reading.has_foreign("transport") else reading.unrouted("relay_transport", "relay")
    by_value = {value: reading.routed(value) for value in set(table.values()) - {CLASS}} | {CLASS: rest}
    found = {EVERYTHING_ELSE: rest} | {key: by_value[value] for key, value in table.items()}
    for key, value in table_in_use(contents, parameters, "senders").items():
        service, _, nexthop = value.partition(":")
        found[f"{FROM}{key}"] = rest if value == AS_DEFAULT else reading.way(service, nexthop)
    for domain in relayed(parameters, facts.values) | here:
        value = lookup(table, domain) or CLASS
        usual = _LOCAL if domain in here else received
        found[domain] = replace(usual if value == CLASS else by_value[value], is_ours=True)
    return found


def ways(facts: Facts, contents: Mapping[str, bytes | None]) -> Mapping[str, Way]:
    """Key to way, from the files' *contents*: the rows of our table, and the domains that the host names as its own.

    What our table sends to a server that is no relay is a domain of our own, too. Those of relay_domains are unknown
    where a table of the admin's may route them. Nothing is known of files that Postfix itself could not read.
    """
    try:
        return _ways(facts, contents)
    except (MainCfError, MapError):
        return {EVERYTHING_ELSE: _UNKNOWN}
