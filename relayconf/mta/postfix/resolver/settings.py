"""Postfix's parameters as one service sees them: defaults, main.cf, and what master.cf says on top (postconf(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from relayconf.errors import MainCfError
from relayconf.mta.postfix import main_cf, master_cf
from relayconf.mta.postfix.expansion import expand_text

DEFAULT_TYPE = "default"
"""Stands for the type of tables that a Postfix was built to make; all of them have the same sources."""

_DEFAULTS: Mapping[str, str] = {
    "compatibility_level": "0",
    "myorigin": "$myhostname",
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "inet_interfaces": "all",
    "inet_protocols": "all",
    "local_transport": "local:$myhostname",
    "virtual_transport": "virtual",
    "relay_transport": "relay",
    "default_transport": "smtp",
    "virtual_alias_maps": "$virtual_maps",
    "virtual_alias_domains": "$virtual_alias_maps",
    "virtual_mailbox_domains": "$virtual_mailbox_maps",
    "relay_domains": "${{$compatibility_level} <level {2} ? {$mydestination} : {}}",
    "parent_domain_matches_subdomains": "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,"
    "qmqpd_authorized_clients,relay_domains,smtpd_access_maps",
    "empty_address_recipient": "MAILER-DAEMON",
    "empty_address_relayhost_maps_lookup_key": "<>",
    "empty_address_default_transport_maps_lookup_key": "<>",
    "double_bounce_sender": "double-bounce",
    "smtp_tls_security_level": "${{$compatibility_level} <level {3.11} ? {} : {may}}",
    "smtp_sasl_password_result_delimiter": ":",
    "lmtp_sasl_password_result_delimiter": ":",
    "default_database_type": DEFAULT_TYPE,
    "queue_directory": "/var/spool/postfix",
    "data_directory": "/var/lib/postfix",
    "meta_directory": "$config_directory",
    **dict.fromkeys(
        (
            *("swap_bangpath", "append_at_myorigin", "allow_percent_hack", "resolve_dequoted_address"),
            *("owner_request_special", "show_user_unknown_table_name", "relocated_prefix_enable"),
            *("smtp_tls_enforce_peername", "lmtp_tls_enforce_peername"),
        ),
        "yes",
    ),
    "append_dot_mydomain": "${{$compatibility_level} <level {1} ? {yes} : {no}}",
    "smtputf8_enable": "${{$compatibility_level} <level {1} ? {no} : {yes}}",
}
"""Postfix's own defaults where they are not empty; a switch without one here is off."""

_SWITCHES = {"yes": True, "no": False, "": False}
_OPTION = re.compile(r"-o\s*(?:\{\s*(?P<braced>[^{}]*)\}|(?P<plain>\S+))")


class Files(Protocol):
    """The files that main.cf names, wherever they are kept."""

    def read(self, path: str) -> bytes | None:
        """The content; None when there is no such file. Raises Unknowable when it cannot be read here."""

    def changed(self, path: str) -> float | None:
        """When it was changed, in seconds; None when there is no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One `unix` service of master.cf: the program behind it, and the parameters that it sets for itself."""

    program: str
    options: Mapping[str, str]


# What a Postfix of every age comes with (master.cf).
_USUAL: Mapping[str, Service] = {
    **{name: Service(program="smtp", options={}) for name in ("smtp", "relay")},
    **{name: Service(program=name, options={}) for name in ("local", "virtual", "lmtp", "error", "discard", "rewrite")},
    "retry": Service(program="error", options={}),
}


def _options(arguments: bytes) -> dict[str, str]:
    options = {}
    for match in _OPTION.finditer(arguments.decode("utf-8", "surrogateescape")):
        name, equals, value = (match["braced"] or match["plain"] or "").partition("=")
        if equals:
            options[name.strip()] = value.strip()
    return options


def services(text: bytes | None) -> Mapping[str, Service]:
    """The services of a master.cf by name; those that Postfix comes with where there is no such file."""
    if text is None:
        return _USUAL
    return {
        name: Service(program=words[6].decode("utf-8", "surrogateescape"), options=_options(b" ".join(words[7:])))
        for name, words in master_cf.entries(text).items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The parameters, unexpanded, and the files that they name. `services` are those of master.cf."""

    values: Mapping[str, str] = field(repr=False)
    services: Mapping[str, Service] = field(repr=False)
    files: Files = field(repr=False)

    def value(self, name: str) -> str:
        """The expanded value. Raises MainCfError where Postfix's programs die."""
        return expand_text(self.values.get(name, ""), self.values)

    def is_on(self, name: str) -> bool:
        """Whether a switch is on. Raises MainCfError for a value that is neither yes nor no."""
        value = self.value(name)
        if value.lower() not in _SWITCHES:
            raise MainCfError(f"{name} is neither yes nor no: {value[:80]!a}", hint="Postfix's programs die of it")
        return _SWITCHES[value.lower()]

    def of(self, service: Service) -> Settings:
        """The same as *service* sees them."""
        return replace(self, values={**self.values, **service.options}) if service.options else self


def _first_line(value: str, files: Files) -> str:
    """Debian's notation: a path in place of a name is a file that holds it."""
    content = files.read(value) if value.startswith("/") else None
    return value if content is None else content.decode("utf-8", "surrogateescape").partition("\n")[0].strip()


def _own_name(values: Mapping[str, str], machine: str) -> str:
    """The default of myhostname."""
    return machine if "." in machine else f"{machine}.{expand_text(values.get('mydomain', 'localdomain'), values)}"


def settings(main: bytes, master: bytes | None, files: Files, *, directory: str, machine: str) -> Settings:
    """The parameters of the main.cf and master.cf of the configuration directory *directory*.

    *machine* is the name of the host, for a main.cf that does not set myhostname. Raises MainCfError for files on which
    Postfix's programs die.
    """
    mine = {name: parameter.value for name, parameter in main_cf.parse(main).items()}
    values = {**_DEFAULTS, "config_directory": directory, **mine}
    for name in ("myhostname", "myorigin"):
        if name in mine:
            values[name] = _first_line(mine[name], files)
    values.setdefault("myhostname", _own_name(values, machine))
    domain = expand_text(values["myhostname"], values).partition(".")[2]
    values.setdefault("mydomain", domain or "localdomain")
    return Settings(values=values, services=services(master), files=files)
