"""Faults of passwords for relays: the names under which they are found, and what keeps them from being sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from relayconf.mta.postfix.lint.codes import Fault, fault
from relayconf.mta.postfix.lint.configuration import Configuration, Row
from relayconf.mta.postfix.lint.encryption import levels_of
from relayconf.mta.postfix.lint.hops import Hop, Use, take_apart, uses
from relayconf.mta.postfix.lint.lookup import every_table
from relayconf.mta.postfix.lint.services import Service
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

_TABLES = "smtp_sasl_password_maps"
_PLAIN = frozenset({"plain", "login"})
_SUBMISSION = frozenset({465, 587})
_READABLE = 0o044


def _uses(config: Configuration, service: Service) -> list[tuple[Use, Hop]]:
    found = [(use, take_apart(use.text)) for use in uses(config) if use.transport == service.name]
    return [(use, hop) for use, hop in found if isinstance(hop, Hop)]


def _logs_in(config: Configuration, service: Service) -> bool:
    return config.is_yes("smtp_sasl_auth_enable", service)


def switches(config: Configuration) -> Iterator[Fault]:
    """AUTH without passwords, and passwords without AUTH."""
    for service in config.clients():
        has_table = bool(config.words(_TABLES, service))
        is_own = _TABLES in service.options
        if _logs_in(config, service) and not has_table:
            text = f"smtp_sasl_auth_enable = yes, but no {_TABLES}: smtp(8) dies when it starts"
            yield fault("sasl-no-table", config.place("smtp_sasl_auth_enable", service), text, f"{_TABLES} = hash:FILE")
        if has_table and not any(_logs_in(config, one) for one in ((service,) if is_own else config.clients())):
            text = f"{_TABLES} is never asked: smtp_sasl_auth_enable is not yes"
            yield fault("sasl-off", config.place(_TABLES, service), text, "smtp_sasl_auth_enable = yes")


def _names(use: Use, hop: Hop) -> frozenset[str]:
    """The keys under which smtp(8) looks, but for the host names of MX records."""
    return frozenset({use.text.lower(), hop.host.lower()})


def _same_host(key: str, uses: Mapping[str, Use]) -> Use | None:
    """A next hop in *uses*, by host, of the host that *key* spells in a way of its own."""
    found = take_apart(key)
    return uses.get(found.host.lower()) if isinstance(found, Hop) else None


def keys(config: Configuration) -> Iterator[Fault]:
    """Passwords under names that no next hop in use has, and submission ports without a password."""
    services = [one for one in config.clients() if _logs_in(config, one) and config.words(_TABLES, one)]
    # Services share tables: what is nothing to one may be the password of another.
    matched = {name for service in services for use, hop in _uses(config, service) for name in _names(use, hop)}
    for service in services:
        rows, is_whole = config.rows(_TABLES, service)
        known = {row.key.lower() for row in rows}
        hops = _uses(config, service)
        lacking = [(use, hop) for use, hop in hops if not known & _names(use, hop)]
        by_host = {hop.host.lower(): use for use, hop in reversed(lacking)}
        blamed = set()
        if config.is_yes("smtp_sender_dependent_authentication", service) and any("@" in row.key for row in rows):
            continue
        for row in rows:
            use = None if row.key.lower() in matched else _same_host(row.key, by_host)
            if use is not None and is_whole:
                blamed.add(use.text)
                text = (
                    f"{printable(row.key)} is not how the next hop is spelt, {printable(use.text)}, which gets no "
                    "password: no AUTH, and the relay's 530 bounces the mail"
                )
                yield fault("sasl-key", row.place, text, printable(use.text))
        for use, hop in lacking:
            if is_whole and use.text not in blamed and hop.port in _SUBMISSION and (hop.is_literal or not hop.service):
                text = f"{printable(use.text)} is a port for submission, but has no password: no AUTH there"
                yield fault("sasl-missing", use.place, text, f"a row for {printable(use.text)} in {_TABLES}")


def shadows(config: Configuration) -> Iterator[Fault]:
    """The name of a relay's host is looked for before the next hop."""
    for service in config.clients():
        rows = {row.key.lower(): row for row in config.rows(_TABLES, service)[0]}
        for use, hop in _uses(config, service):
            host, exact = rows.get(hop.host.lower()), rows.get(use.text.lower())
            if host is not None and exact is not None and host is not exact and host.value != exact.value:
                text = (
                    f"{printable(host.key)} beats {printable(exact.key)} ({exact.place}), whose password is another one"
                )
                yield fault("sasl-shadow", host.place, text, f"take {printable(host.key)} out")


def _sender_keys(config: Configuration, service: Service, rows: Collection[Row]) -> Iterator[Fault]:
    by_sender = [one for one in config.clients() if config.is_yes("smtp_sender_dependent_authentication", one)]
    if service in by_sender:
        return
    # One service may look for senders in the table that all have.
    asked = {row.place for one in by_sender for row in config.rows(_TABLES, one)[0]}
    for row in rows:
        if "@" in row.key and row.place not in asked:
            text = f"{printable(row.key)} is a sender, never asked for without smtp_sender_dependent_authentication"
            yield fault("sasl-sender-key", row.place, text, "smtp_sender_dependent_authentication = yes")


def rows(config: Configuration) -> Iterator[Fault]:
    """Rows without a password, and rows for senders that nobody asks for."""
    for service in config.clients():
        found = config.rows(_TABLES, service)[0]
        yield from _sender_keys(config, service, found)
        delimiter = config.value("smtp_sasl_password_result_delimiter", service) or ":"
        for row in found:
            user, colon, password = row.value.partition(delimiter)
            if not (user and colon and password):
                between = printable(delimiter)
                text = f"{printable(row.key)}: no user and password with `{between}` between them: the login fails"
                yield fault("sasl-value", row.place, text, f"{printable(row.key)} USER:PASSWORD")


def mechanisms(config: Configuration) -> Iterator[Fault]:
    """Mechanisms that are filtered away, forbidden, or not installed."""
    for service in filter(lambda one: _logs_in(config, one), config.clients()):
        plugins = config.around.plugins
        wanted = {word.lower() for word in config.words("smtp_sasl_mechanism_filter", service)}
        plain = {word for word in wanted if not word.startswith(("!", "/")) and ":" not in word}
        if plugins is not None and plain == wanted and wanted and not wanted & plugins:
            names = listing(map(printable, sorted(wanted)))
            text = f"smtp_sasl_mechanism_filter lets pass only {names}, for which this host has no plug-in"
            place = config.place("smtp_sasl_mechanism_filter", service)
            yield fault("sasl-mechanism", place, text, "plain, login", "install the plug-in")
        elif plugins is not None and not plugins & _PLAIN and not wanted - _PLAIN:
            text = "this host has no SASL plug-in for PLAIN or LOGIN: no login at most relays, and mail waits"
            place = config.place("smtp_sasl_auth_enable", service)
            yield fault("sasl-plugin", place, text, "apt install libsasl2-modules", "dnf install cyrus-sasl-plain")
        if "noplaintext" in config.words("smtp_sasl_tls_security_options", service):
            text = "PLAIN and LOGIN are forbidden even inside TLS (noplaintext), and most relays offer nothing else"
            name = "smtp_sasl_tls_security_options"
            place = config.place(name if config.is_set(name, service) else "smtp_sasl_security_options", service)
            yield fault("sasl-noplaintext", place, text, "smtp_sasl_tls_security_options = noanonymous")


def in_clear(config: Configuration) -> Iterator[Fault]:
    """Passwords that can cross the network in clear."""
    for service in filter(lambda one: _logs_in(config, one), config.clients()):
        if "noplaintext" in config.words("smtp_sasl_security_options", service):
            continue
        known = {row.key.lower() for row in config.rows(_TABLES, service)[0]}
        levels = levels_of(config, service)
        for use, hop in _uses(config, service):
            level = levels.at(use.text)
            if level in {"none", "may"} and known & _names(use, hop) and not hop.host.startswith(("127.", "localhost")):
                hop_name = printable(use.text)
                text = f"the password for {hop_name} crosses the network in clear unless TLS is offered (level {level})"
                yield fault(
                    "sasl-clear", use.place, text, "a TLS level of secure", "noplaintext in smtp_sasl_security_options"
                )


def open_files(config: Configuration) -> Iterator[Fault]:
    """Passwords that every user of the host can read."""
    names = {table.path: table for table in every_table(config) if table.parameter == _TABLES}
    for path, table in names.items():
        for name in (path, *(path + end for end in (".db", ".lmdb", ".cdb", ".pag"))):
            seen = config.seen(name)
            if config.around.is_live and seen is not None and seen.mode is not None and seen.mode & _READABLE:
                text = f"{printable(config.named(name))} has passwords that other users can read (mode {seen.mode:04o})"
                yield fault("sasl-open", table.place, text, f"chmod 600 {printable(name)}")
