"""What main.cf and its tables say, as far as an inventory could say it: Postfix's side of an import.

Which setting wins is that of resolve.c and transport.c (postconf(5), transport(5)).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from relayconf.facts import Facts
from relayconf.model import Direct, Discard, Host, Local, Mx, Reject, Retry
from relayconf.mta.base import Found, FoundTarget, Server
from relayconf.mta.postfix import main_cf, master_cf
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF, SMTP
from relayconf.mta.postfix.servers import Servers
from relayconf.mta.postfix.sources import DOMAINS, Settings

_CODE = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3} \S")
_STAYING = (
    "smtp_fallback_relay",
    "content_filter",
    "canonical_maps",
    "sender_canonical_maps",
    "recipient_canonical_maps",
    "smtp_bind_address",
    "smtp_bind_address6",
    "smtp_header_checks",
    "smtp_sasl_mechanism_filter",
)
"""Parameters that have a say in mail that leaves and that no inventory has a word for."""


def _settings(facts: Facts, more: Mapping[str, bytes | None]) -> Settings:
    values = {name: value for name, value in facts.values.items() if value != "-"}
    main = facts.files[MAIN_CF].content or b""
    return Settings(parameters=main_cf.parse(main), facts=values, files=more)


def sources(facts: Facts) -> tuple[str, ...]:
    """The texts of the tables that main.cf names. Raises MainCfError for a main.cf that Postfix could not read."""
    return tuple(dict.fromkeys(path for path in _settings(facts, {}).paths() if path.startswith("/")))


@dataclass(slots=True, kw_only=True)
class _Reader:
    """One configuration on its way to an inventory."""

    settings: Settings
    servers: Servers

    def default(self) -> tuple[Server | Direct, ...]:
        """Where all mail goes that no table routes."""
        service, _, fixed = self.settings.value("default_transport").partition(":")
        if not self.servers.is_smtp(service):
            self.servers.note(f"main.cf: default_transport is {service}")
            return ()
        nexthop = fixed or self.settings.value("relayhost")
        return self.servers.named(nexthop, service, "relayhost") if nexthop else (Direct(),)

    def target(self, where: str, value: str, default: Sequence[Server | Direct]) -> FoundTarget | None:
        """What the *value* of a transport table says; None when no inventory can."""
        service, _, nexthop = value.partition(":")
        text = nexthop.strip()
        if service in {"error", "retry"}:
            kind, code = (Reject, "5.0.0") if service == "error" else (Retry, "4.0.0")
            return kind(text=text if _CODE.match(text) else f"{code} {text or 'Address is undeliverable'}")
        if service == "discard":
            return Discard(text=text or "discarded")
        if not service and not text:
            return default[0] if default else None
        if service and not self.servers.is_smtp(service):
            self.servers.note(f"{where}: the service {service}")
            return None
        if not text:
            return Direct()
        found = self.servers.named(text, service or SMTP, where)
        if len(found) > 1:
            self.servers.note(f"{where}: further servers to fail over to than the first")
        return found[0] if found else None

    def senders(self, default: Sequence[Server | Direct]) -> Iterator[tuple[str, Server | Direct]]:
        """Relays by sender; the transports come before the relayhosts."""
        for name in ("sender_dependent_default_transport_maps", "sender_dependent_relayhost_maps"):
            for key, value in self.settings.lookup(name).rows.items():
                where = f"{name}, {key}"
                if value.upper() == "DUNNO":
                    continue
                transport = value if name.startswith("sender_dependent_default") else f"{SMTP}:{value}"
                found = self.target(where, transport, default)
                if isinstance(found, Server | Direct):
                    yield key, found

    def left_over(self) -> None:
        """Passwords and policies that no relay of the inventory is looked up by, and parameters that stay."""
        for name, table in (("password", self.servers.passwords), ("TLS policy", self.servers.policies)):
            for key in table.rows.keys() - self.servers.used:
                self.servers.note(f"a {name} for {key}, which no route here leads to")
        for name in _STAYING:
            if self.settings.value(name):
                self.servers.note(f"main.cf: {name} stays as it is")


def _is_under(key: str, domains: frozenset[str]) -> bool:
    """Whether *key* is one of *domains* or below one: relay_domains has its subdomains in it."""
    parts = key.lstrip(".").split(".")
    return any(".".join(parts[number:]) in domains for number in range(len(parts)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Classes:
    """The domains that the host delivers, and those that it receives and passes on; and where all else goes."""

    local: frozenset[str]
    relayed: frozenset[str]
    default: tuple[Server | Direct, ...]
    governed: Collection[tuple[str, int]]

    def own(self, key: str, target: FoundTarget) -> FoundTarget | None:
        """What *target* is where *key* is a domain of ours; None: a route like any other.

        A server that is spoken to as others are not is a relay, whatever domain it is for.
        """
        if "@" in key or not (key in self.local or _is_under(key, self.relayed)):
            return None
        if isinstance(target, Direct):
            return Mx()
        if not isinstance(target, Server) or target.user or target in self.default:
            return None
        return None if (target.host, target.port) in self.governed else replace(target, is_ours=True)


def _routes(reader: _Reader, rows: Mapping[str, str], classes: _Classes) -> Iterator[tuple[str, FoundTarget]]:
    """What the transport table says, row by row."""
    for key, value in rows.items():
        if key == "*" or (value == ":" and key in classes.local):
            continue
        target = reader.target(f"transport, {key}", value, classes.default)
        if target is not None:
            yield key, target


def _unrouted(reader: _Reader, rows: Mapping[str, str], classes: _Classes) -> Iterator[tuple[str, FoundTarget]]:
    """The domains of ours for which the transport table has no row, or one that leaves them alone."""
    kept = {key for key, value in rows.items() if value == ":"}
    for name in sorted(classes.local - (rows.keys() - kept)):
        yield name, Local()
    transport = reader.settings.value("relay_transport")
    passed = reader.target("relay_transport", transport, classes.default)
    for name in sorted(classes.relayed - rows.keys() - classes.local):
        if isinstance(passed, Server):
            yield name, replace(passed, is_ours=True)
        elif classes.default and isinstance(classes.default[0], Direct):
            yield name, Mx()


def found(host: Host, facts: Facts, more: Mapping[str, bytes | None]) -> Found:  # noqa: ARG001  whatever is known of it
    """What main.cf and the tables in *more* say. Raises MainCfError for a main.cf that Postfix could not read."""
    return read(facts, more)


def read(facts: Facts, more: Mapping[str, bytes | None]) -> Found:
    """The same, of whatever host."""
    settings = _settings(facts, more)
    master = facts.files[MASTER_CF].content or b"" if MASTER_CF in facts.files else b""
    servers = Servers(
        settings=settings,
        services=master_cf.entries(master),
        passwords=settings.lookup("smtp_sasl_password_maps"),
        policies=settings.lookup("smtp_tls_policy_maps"),
    )
    reader = _Reader(settings=settings, servers=servers)
    default = reader.default()
    every = settings.lookup("transport_maps").rows.get("*", ":")
    if every != ":":
        settings.unsaid.append("transport, *: taken for the default; on the host it has local mail too")
        target = reader.target("transport, *", every, default)
        default = (target,) if isinstance(target, Server | Direct) else ()
    classes = _Classes(
        local=frozenset(name for names in (DOMAINS[0], *DOMAINS[2:]) for name in settings.domains(names)),
        relayed=frozenset(settings.domains("relay_domains")),
        default=default,
        governed=servers.governed,
    )
    table = settings.lookup("transport_maps")
    rows = table.rows
    if table.fixed is not None:
        settings.unsaid.append("main.cf, transport_maps: a static table for every address")
    domains = dict(_unrouted(reader, rows, classes))
    routes: dict[str, FoundTarget] = {}
    for key, target in _routes(reader, rows, classes):
        own = classes.own(key, target)
        (routes if own is None else domains)[key] = own or target
    senders = dict(reader.senders(default))
    reader.left_over()
    return Found(
        name=settings.value("myhostname").lower(),
        default=default,
        domains=domains,
        routes=routes,
        senders=senders,
        rewrite=settings.lookup("smtp_generic_maps").rows,
        unsaid=tuple(dict.fromkeys(settings.unsaid)),
    )
