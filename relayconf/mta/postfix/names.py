"""Names that relayconf's own things have in Postfix: files, parameters, services, tables."""

from __future__ import annotations

from typing import Literal, TypeAlias

MAIN_CF = "postfix:main.cf"
MASTER_CF = "postfix:master.cf"
RECORD = "relayconf:postfix-parameters"
"""Which parameters of main.cf are relayconf's, and what stood there before."""

Lane: TypeAlias = Literal["", "a", "b"]
"""Where routed mail runs: in Postfix's own `smtp` service (the empty lane), or in one of two slots."""

TABLES = ("transport", "senders", "sasl_passwd", "tls_policy", "generic")
"""The lookup tables, each one file; those in front and the last are about routing, the others about relays."""

ROUTES = ("transport", "senders")
"""The tables whose values are a service and a next hop."""

STATUS_FILTER = "status_filter"
SOURCES = (*TABLES, STATUS_FILTER)

PREFIX = "relayconf_"
"""How the parameters begin that are relayconf's by name: there were none before it came."""

MAPS = "relayconf_maps"
"""The parameter that names the directory of the generation in use."""

SMTP = "smtp"
IMPLICIT_TLS = "relayconf-tls"
"""The service that starts TLS before the greeting."""

TYPE = "$default_database_type"
"""Stands for the type of the tables until the host has said which it has."""

MAP_PARAMETERS = {
    "transport": "transport_maps",
    "senders": "sender_dependent_default_transport_maps",
    "sasl_passwd": "smtp_sasl_password_maps",
    "tls_policy": "smtp_tls_policy_maps",
    "generic": "smtp_generic_maps",
}

NULL_SENDER_KEY = "empty_address_default_transport_maps_lookup_key"
"""The parameter that says under which key the null sender is looked up."""

ROUTING = (
    "relayhost",
    "default_transport",
    "relay_transport",
    "transport_maps",
    "sender_dependent_default_transport_maps",
    NULL_SENDER_KEY,
    "smtp_generic_maps",
)
"""The parameters that say where mail goes; all others say how a relay is spoken to."""

GUARD = "smtp_delivery_status_filter"


SPEECH = (
    "smtp_sasl_auth_enable",
    "smtp_sasl_security_options",
    "smtp_sasl_tls_security_options",
    "smtp_dns_support_level",
    "smtp_tls_CAfile",
    "smtp_tls_cert_file",
    "smtp_tls_key_file",
    "smtp_tls_fingerprint_digest",
)
"""The other parameters of Postfix that the inventory may set: how a relay is spoken to."""

MANAGED = (*dict.fromkeys((*ROUTING, *MAP_PARAMETERS.values())), *SPEECH, GUARD)
"""Every parameter of Postfix that relayconf sets by itself; an admin's template may set more."""

BY_NAME = (
    MAPS,
    f"{PREFIX}smtp_maps",
    *(f"{PREFIX}{lane}_{end}" for lane in ("a", "b") for end in ("maps", "sasl_password_maps", "tls_policy_maps")),
)
"""Every parameter whose name begins with `PREFIX`."""

THEIRS = (
    "transport_maps",
    "smtp_sasl_password_maps",
    "smtp_tls_policy_maps",
    "smtp_generic_maps",
    "relay_domains",
)
"""The parameters whose only table, where it is a file of the admin's, is looked at."""


def theirs(parameter: str) -> str:
    """The symbolic path of the text of the admin's own table in *parameter*."""
    return f"postfix:theirs/{parameter}"


def wished(table: str) -> str:
    """The symbolic path of a table as the inventory alone says it."""
    return f"postfix:{table}"


def in_use(table: str) -> str:
    """The symbolic path of a table of the generation in use."""
    return f"postfix:live/{table}"


def in_generation(number: int, table: str) -> str:
    """The symbolic path of a table of generation *number*."""
    return f"postfix:{number}/{table}"


def service(lane: Lane, *, implicit_tls: bool, by_sender: bool = False) -> str:
    """The service that speaks to relays in *lane*; the ones *by_sender* look for the sender's own password first."""
    parts = ("relayconf", lane, "senders" if by_sender else "", "tls" if implicit_tls else "")
    return "-".join(filter(None, parts)) if any(parts[1:]) else SMTP


_LANES: tuple[Lane, ...] = ("", "a", "b")
BY_SENDER = frozenset(service(lane, implicit_tls=tls, by_sender=True) for lane in _LANES for tls in (False, True))
"""The services that look for the sender's own password."""

SERVICES = (
    IMPLICIT_TLS,
    *(service(lane, implicit_tls=tls) for lane in _LANES[1:] for tls in (False, True)),
    *(service(lane, implicit_tls=tls, by_sender=True) for lane in _LANES for tls in (False, True)),
)
"""Every service that relayconf may add to master.cf."""
