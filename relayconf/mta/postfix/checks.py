"""Checks of a Postfix host against the inventory, from what `observe` brought."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from relayconf.errors import MainCfError, MapError
from relayconf.facts import Facts, Finding, Severity
from relayconf.files import DesiredFile
from relayconf.model import At, Host, Internal, Local, Smarthost
from relayconf.mta.postfix import admin, adoption, linted, ownership, settings, tls
from relayconf.mta.postfix.admin import error, warning
from relayconf.mta.postfix.live import Live, read
from relayconf.mta.postfix.locality import locality
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF, RECORD
from relayconf.mta.postfix.rendering import relays
from relayconf.mta.postfix.rendering import wish as rows_of
from relayconf.mta.postfix.state import NEEDS_CA, Wish
from relayconf.mta.postfix.words import listing
from relayconf.text import printable

_OURS = (MAIN_CF, MASTER_CF)
_PLUGINS = ("apt install libsasl2-modules", "dnf install cyrus-sasl-plain", "apk add cyrus-sasl-login")


def _self(host: Host, values: Mapping[str, str]) -> Iterator[Finding]:
    own = values.get("postfix.myhostname", "-").lower()
    by_sender = (route.target for route in host.senders.values())
    every = (*host.default, *host.domains.values(), *host.routes.values(), *by_sender)
    targets = {id(target): target for target in every}.values()
    for target in (host.target(target) for target in targets):
        if isinstance(target, Smarthost | At | Internal) and target.nexthop.host == own:
            text = f"{own} is the name of this host itself (myhostname): mail for it would go round and round"
            yield error("postfix-relay-self", text, "name another relay")


def _local(host: Host, live: Live, values: Mapping[str, str]) -> Iterator[Finding]:
    """Domains that the inventory calls local, and Postfix does not: their mail would leave."""
    known = locality(live, values)
    ours = [key for key, target in host.recipients() if isinstance(target, Local)]
    missing = [key for key in dict.fromkeys(ours) if key not in known.domains]
    if not missing or not known.is_whole:
        return
    text = (
        "local in the inventory, but neither in mydestination nor a virtual domain of this host, "
        f"so that such mail would leave: {listing(missing)}"
    )
    ways = ["add them to mydestination in main.cf, then `postfix reload`"]
    if any(key.startswith(".") for key in missing):
        ways.append("name the subdomains one by one: mydestination has no wildcards")
    yield error("postfix-not-local", text, *ways, "say in the inventory where it is delivered, such as `{at: HOST}`")


def _speech(live: Live, wish: Wish, values: Mapping[str, str]) -> Iterator[Finding]:
    """What the host lacks for passwords and certificates."""
    if wish.tables["sasl_passwd"] and values.get("postfix.sasl") == "no":
        text = "the relay wants a password, but this host has no SASL plugin that can send one (PLAIN or LOGIN)"
        yield error("postfix-sasl-plugin", text, *_PLUGINS)
    checked = [hop for hop, policy in wish.tables["tls_policy"].items() if policy.split()[0] in NEEDS_CA]
    known = any(live.value(name) or name in wish.parameters for name in ("smtp_tls_CAfile", "smtp_tls_CApath"))
    if checked and not known and not live.ca_bundle:
        text = f"the certificate of {listing(checked)} is to be checked, but this host has no bundle of authorities"
        yield error("postfix-no-ca", text, "install the package ca-certificates", "set smtp_tls_CAfile in main.cf")


def _release(host: Host, values: Mapping[str, str]) -> Iterator[Finding]:
    """What this Postfix is too old for."""
    version = values.get("postfix.version", "")
    match = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", version)
    if match and len(host.default) > 1 and (int(match[1]), int(match[2])) < (3, 5):
        text = (
            f"`relay` lists relays to fail over between, for which Postfix 3.5 is needed: this is {printable(version)}"
        )
        yield error("postfix-failover-release", text, "one relay", "one name with several A records, tried in turn")


def _age(seconds: int) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _queue(values: Mapping[str, str]) -> Iterator[Finding]:
    words = values.get("postfix.queue", "").split()
    if len(words) == 2 and all(word.isascii() and word.isdigit() for word in words) and int(words[0]) > 0:
        count, oldest = int(words[0]), _age(int(words[1]))
        waits = f"{count} messages wait" if count > 1 else "1 message waits"
        text = f"{waits} in the queue, the oldest {oldest}: --flush retries them"
        yield Finding(code="postfix-queue", severity=Severity.NOTE, text=text)


def _machine(facts: Facts) -> Iterator[Finding]:
    values = facts.values
    frozen = [file.path.partition(":")[2] for file in facts.files.values() if file.immutable and file.path in _OURS]
    if frozen:
        yield error("postfix-frozen", f"may not be replaced (immutable): {listing(frozen)}", "chattr -i on the host")
    elif values.get("postfix.writable") == "no":
        yield error("postfix-read-only", "the directory of main.cf cannot be written", "mount it read-write")
    if values.get("postfix.database_type") == "-":
        text = "this Postfix has no type of lookup table that relayconf can write"
        yield error("postfix-no-table-type", text, "install one, such as the package postfix-lmdb")
    if values.get("postfix.running") == "no":
        yield warning("postfix-stopped", "Postfix does not run: what is written takes effect when it starts")


def _record(desired: Sequence[DesiredFile]) -> frozenset[str]:
    content = next((file.content for file in desired if file.path == RECORD), None)
    return frozenset(ownership.read(content))


def _wish(host: Host) -> Wish:
    """What the inventory wants, with no password in it."""
    rows = rows_of(host, lambda _: "-")
    tables = {name: dict(table) for name, table in rows.tables.items()}
    return Wish(lane="", contents={}, tables=tables, parameters=dict(rows.parameters))


def _host(host: Host, facts: Facts, live: Live, desired: Sequence[DesiredFile]) -> Iterator[Finding]:
    if not desired:
        text = "mail goes as the inventory says already, by main.cf as it is: it stays until that changes"
        yield Finding(code="postfix-kept", severity=Severity.NOTE, text=text)
    managed = _record(desired)
    wish = _wish(host)
    yield from _self(host, facts.values)
    yield from _local(host, live, facts.values)
    yield from _speech(live, wish, facts.values)
    yield from _release(host, facts.values)
    yield from settings.unusable(host, facts.values)
    yield from tls.unusable(host, relays(host).values(), live, facts.values)
    yield from admin.stronger(live, wish)
    yield from admin.wildcards(live, wish)
    yield from admin.wrapped(live, wish)
    yield from admin.loose(live, wish)
    yield from admin.forgeable(live, wish)
    yield from admin.overridden(live, managed)
    yield from admin.duplicates(live, managed)
    yield from adoption.findings(host, live, desired)


def findings(host: Host, facts: Facts, desired: Sequence[DesiredFile]) -> tuple[Finding, ...]:
    """What a human should know of *host*, errors that refuse its plan among it."""
    found = [*admin.owner(facts.values), *_machine(facts)]
    try:
        live = read(facts)
    except (MainCfError, MapError) as failure:
        ways_out = () if failure.hint is None else (failure.hint,)
        found.append(error("postfix-unreadable", failure.message, *ways_out))
    else:
        found += _host(host, facts, live, desired)
        found += linted.findings(facts, desired, tuple(found))
    return tuple(dict.fromkeys([*found, *_queue(facts.values)]))
