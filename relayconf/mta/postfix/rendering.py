"""From the inventory to the sources of the tables and the parameters of main.cf, without asking the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from relayconf.files import DesiredFile
from relayconf.model import Credentials, Host, Local, Smarthost, TlsLevel
from relayconf.mta.base import Resolve
from relayconf.mta.postfix import maps, tls
from relayconf.mta.postfix.names import MAIN_CF, MAP_PARAMETERS, MAPS, NULL_SENDER_KEY, TABLES, TYPE, service, wished
from relayconf.mta.postfix.nexthop import spell
from relayconf.mta.postfix.proof import prove
from relayconf.mta.postfix.routing import CLASS, default_way, keys, value_for, value_of_sender
from relayconf.mta.postfix.tls import policy, tls_level
from relayconf.templating import Templates

Rows = tuple[tuple[str, str], ...]

_CLEAR = (TlsLevel.NONE, TlsLevel.MAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be written: the rows of every table, and the parameters of main.cf. Passwords are in no `repr`."""

    transport: Rows
    senders: Rows
    sasl_passwd: Rows = field(repr=False)
    tls_policy: Rows
    generic: Rows
    parameters: Rows

    @property
    def tables(self) -> Mapping[str, Rows]:
        """The tables by name."""
        return {
            "transport": self.transport,
            "senders": self.senders,
            "sasl_passwd": self.sasl_passwd,
            "tls_policy": self.tls_policy,
            "generic": self.generic,
        }


def relays(host: Host) -> Mapping[str, Smarthost]:
    """Every endpoint that *host* sends to, by its next hop, the default one first."""
    by_sender = (route.target for route in host.senders.values())
    used = (*host.default, *{id(target): target for target in host.routes.values()}.values(), *by_sender)
    found: dict[str, Smarthost] = {}
    for target in used:
        if isinstance(target, Smarthost):
            found.setdefault(spell(target.nexthop), target)
    return found


def logins(host: Host) -> Mapping[str, Credentials]:
    """What is presented where no sender has credentials of its own: by next hop, the default one first."""
    own = {key: route for key, route in host.senders.items() if route.credentials is not None}
    shared = replace(host, senders={key: route for key, route in host.senders.items() if key not in own})
    used = relays(shared).items()
    return {
        nexthop: relay.relay.credentials for nexthop, relay in used if relay.endpoint.auth and relay.relay.credentials
    }


def transport_rows(host: Host) -> Rows:
    """The rows of the transport table: all but the default. What is local here has a row only below a wildcard."""
    # Few targets are shared by many keys, and comparing targets costs more than all the rest.
    by_identity: dict[int, str | None] = {}
    rows: dict[str, str | None] = {}
    for table in (host.domains, host.routes):
        for key, target in table.items():
            if id(target) not in by_identity:
                mine = host.target(target)
                by_identity[id(target)] = CLASS if isinstance(mine, Local) else value_for(mine)
            rows[key] = by_identity[id(target)]
    wildcards = {key: value for key, value in rows.items() if key.startswith(".")}
    return tuple((key, value) for key, value in rows.items() if value and (value != CLASS or _caught(wildcards, key)))


def _caught(wildcards: Mapping[str, str | None], key: str) -> bool:
    """Whether a wildcard would send mail for *key* away if it had no row."""
    if not wildcards:
        return False
    broader = (wildcards[name] for name in keys(key) if name != key and name in wildcards)
    return next(broader, CLASS) not in {CLASS, None}


def _sasl_rows(host: Host, secret: Resolve) -> Iterator[tuple[str, str]]:
    own = {key: route.credentials for key, route in host.senders.items() if route.credentials is not None}
    for key, credentials in {**logins(host), **own}.items():
        row = (key, f"{credentials.username}:{secret(credentials.password)}")
        maps.write([row])
        yield row


def _clear_logins(host: Host, used: Mapping[str, Smarthost]) -> bool:
    """Whether a password may go where TLS is not certain."""
    hops = logins(host).keys() | {
        spell(route.target.nexthop)
        for route in host.senders.values()
        if route.credentials and isinstance(route.target, Smarthost)
    }
    return any(tls_level(used[hop]) in _CLEAR for hop in hops)


def _speech(host: Host, tables: Mapping[str, Rows], used: Mapping[str, Smarthost]) -> Iterator[tuple[str, str]]:
    """How relays are spoken to, but for the tables."""
    if tables["sasl_passwd"]:
        yield "smtp_sasl_auth_enable", "yes"
        yield "smtp_sasl_tls_security_options", "noanonymous"
    if _clear_logins(host, used):
        yield "smtp_sasl_security_options", "noanonymous"
    if any(relay.endpoint.tls is TlsLevel.DANE for relay in used.values()):
        yield "smtp_dns_support_level", "dnssec"


def _parameters(host: Host, tables: Mapping[str, Rows], used: Mapping[str, Smarthost]) -> Iterator[tuple[str, str]]:
    default = host.target(host.default[0])
    way = default_way([host.target(target) for target in host.default], "")
    yield "relayhost", way.nexthop if way else ""
    if isinstance(default, Smarthost) and default.endpoint.implicit_tls:
        for name in ("default_transport", "relay_transport"):
            yield name, service("", implicit_tls=True)
    if "<>" in host.senders:
        yield NULL_SENDER_KEY, "<>"
    for table, parameter in MAP_PARAMETERS.items():
        if tables[table]:
            yield parameter, f"{TYPE}:${{{MAPS}}}/{table}"
    yield from _speech(host, tables, used)
    yield from tls.parameters(used.values())
    yield from host.settings.items()


def wish(host: Host, secret: Resolve) -> Wish:
    """The rows for *host*. Raises what *secret* raises, and MapError for credentials that no table can hold."""
    used = relays(host)
    tables: dict[str, Rows] = {
        "transport": transport_rows(host),
        "senders": tuple((key, value_of_sender(route)) for key, route in host.senders.items()),
        "sasl_passwd": tuple(_sasl_rows(host, secret)),
        "tls_policy": tuple((nexthop, policy(relay)) for nexthop, relay in used.items()),
        "generic": tuple(host.rewrite.items()),
    }
    return Wish(**tables, parameters=tuple(_parameters(host, tables, used)))


def render(host: Host, templates: Templates, secret: Resolve) -> tuple[DesiredFile, ...]:
    """The managed parameters of *host* and the sources of its tables; a table without rows does not exist.

    What Postfix cannot do (`refusals`) is left out. Raises TemplateError, SecretError, MapError, and RenderMismatch
    when what a template makes of the rows means something else than they do.
    """
    wanted = wish(host, secret)
    contents: dict[str, bytes | None] = {}
    for table in TABLES:
        rows = wanted.tables[table]
        text = templates.render(f"postfix/{table}.j2", rows=rows, host=host.name) if rows else None
        contents[table] = None if text is None else text.encode()
    main_cf = templates.render("postfix/main.cf.j2", parameters=wanted.parameters, host=host.name).encode()
    prove(host, wanted, main_cf, contents)
    files = (
        DesiredFile(path=wished(table), content=contents[table], secret=table == "sasl_passwd") for table in TABLES
    )
    return (DesiredFile(path=MAIN_CF, content=main_cf), *files)
