"""A Postfix host without a host: its facts, and what a deploy makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from relayconf.facts import Facts
from relayconf.files import ActualFile, DesiredFile
from relayconf.model import (
    Credentials,
    Default,
    Direct,
    Endpoint,
    Host,
    MtaName,
    Origin,
    Relay,
    SecretRef,
    SenderRoute,
    Smarthost,
    Target,
    TlsLevel,
)
from relayconf.mta.postfix import desired, main_cf, render, same_meaning, watched
from relayconf.mta.postfix.names import MAIN_CF, MASTER_CF, SOURCES, in_use
from relayconf.templating import Templates, default_directories

BUILT_IN = Templates(default_directories(None))
CONFIG = "/etc/postfix"

MAIN = b"""\
# Debian's "Internet Site"
smtpd_banner = $myhostname ESMTP
compatibility_level = 3.6
smtp_tls_security_level=may

myhostname = mail1.lab.test
mydestination = $myhostname, localhost.lab.test, localhost
relayhost =
mynetworks = 127.0.0.0/8
  # the office
  192.0.2.0/24
inet_interfaces = all
"""
MASTER = b"""\
# service type  private unpriv  chroot  wakeup  maxproc command + args
smtp      inet  n       -       y       -       -       smtpd
pickup    unix  n       -       y       60      1       pickup
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
        -o syslog_name=postfix/$service_name
# the end
"""
VALUES = {
    "postfix.version": "3.7.11",
    "postfix.config_directory": CONFIG,
    "postfix.database_type": "hash",
    "postfix.next_generation": "1",
    "postfix.generation": "-",
    "postfix.running": "yes",
    "postfix.writable": "yes",
    "postfix.managed_by": "-",
    "postfix.multi_instance": "-",
    "postfix.myhostname": "mail1.lab.test",
    "postfix.mydestination": "mail1.lab.test, localhost.lab.test, localhost",
    "postfix.ca_bundle": "/etc/ssl/certs/ca-certificates.crt",
    "postfix.sasl": "yes",
    "postfix.queue": "0 0",
    "postfix.date": "2026-11-24",
}


def relay(
    name: str,
    port: int = 587,
    *,
    tls: str = "secure",
    password: str | None = "pw",  # noqa: S107  nobody's
) -> Smarthost:
    """The relay NAME.test, where user NAME logs in unless *password* is None."""
    reference = SecretRef(kind="env", value=f"{name} {password}")
    credentials = None if password is None else Credentials(username=name, password=reference)
    endpoint = Endpoint(port=port, tls=TlsLevel(tls), auth=password is not None)
    return Smarthost(
        relay=Relay(name=name, host=f"{name}.test", endpoints=(endpoint,), credentials=credentials), endpoint=endpoint
    )


def tls_of(name: str, tls: str = "secure", **said: Any) -> Smarthost:
    """The relay NAME.test, of which *said* is known beside."""
    plain = relay(name, tls=tls)
    return replace(plain, relay=replace(plain.relay, **said))


def sender(target: Smarthost | Direct, user: str | None = None, password: str = "pw") -> SenderRoute:  # noqa: S107
    """The relay of a sender, where it logs in as *user* when that is given."""
    if user is None:
        return SenderRoute(target=target)
    reference = SecretRef(kind="env", value=f"{user} {password}")
    return SenderRoute(target=target, credentials=Credentials(username=user, password=reference))


def secret(reference: SecretRef) -> str:
    """The password that `relay` was given."""
    return reference.value.partition(" ")[2]


def host(
    default: Smarthost | Direct | tuple[Default, ...] | None = None,
    *,
    domains: Mapping[str, Target] | None = None,
    routes: Mapping[str, Target] | None = None,
    senders: Mapping[str, SenderRoute] | None = None,
    rewrite: Mapping[str, str] | None = None,
) -> Host:
    """The host mail1; *default* may be a list to fail over in."""
    return Host(
        name="mail1",
        address="192.0.2.10",
        mta=MtaName.POSTFIX,
        origin=Origin(file="inventory.yaml", line=1, column=1),
        default=default if isinstance(default, tuple) else (default or Direct(),),
        domains=domains or {},
        routes=routes or {},
        senders=senders or {},
        rewrite=rewrite or {},
    )


def actual(path: str, target: str, content: bytes | None, mode: int = 0o644) -> ActualFile:
    """A file of root's, or its absence."""
    if content is None:
        return ActualFile(path=path, target=target, present=False)
    return ActualFile(
        path=path,
        target=target,
        present=True,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        mode=mode,
        owner="root",
        group="root",
    )


def _target(path: str) -> str:
    if path.startswith("relayconf:"):
        return f"/var/lib/relayconf/{path.partition(':')[2]}"
    return f"{CONFIG}/{path.partition(':')[2].replace('live/', 'relayconf/-/')}"


def facts(contents: Mapping[str, bytes | None] | None = None, values: Mapping[str, str] | None = None) -> Facts:
    """A healthy host; *contents* and *values* differ from the usual."""
    usual: dict[str, bytes | None] = {file.path: None for file in watched(host())}
    usual |= {MAIN_CF: MAIN, MASTER_CF: MASTER, **(contents or {})}
    files = {path: actual(path, _target(path), content) for path, content in usual.items()}
    return Facts(values={**VALUES, **(values or {})}, files=files)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A host at rest: what `observe` finds there, and every table that a generation brought, by its path."""

    facts: Facts
    tables: Mapping[str, bytes] = field(default_factory=dict)

    def content(self, path: str) -> bytes:
        """A file's content, empty when it is absent."""
        return self.facts.files[path].content or b""

    def desired(self, wanted: Host) -> Sequence[DesiredFile]:
        """What a plan of *wanted* asks for here."""
        return desired(wanted, self.facts, render(wanted, BUILT_IN, secret))

    def changes(self, wanted: Host) -> list[str]:
        """The paths that a plan of *wanted* would change, each once, in order."""
        changed = []
        for file in self.desired(wanted):
            before = None if file.target else self.facts.files[file.path].content
            same = file.content == before or (before and file.content and same_meaning(file.path, before, file.content))
            changed += [] if same else [file.path]
        return list(dict.fromkeys(changed))

    def applied(self, wanted: Host) -> list[State]:
        """The host after each phase of a deploy of *wanted*; new tables alone change nothing for Postfix."""
        states: list[State] = []
        now, files = self, self.desired(wanted)
        for phase in sorted({file.phase for file in files}):
            now = now._with([file for file in files if file.phase == phase])
            states += [now] if phase else []
        return states

    def _with(self, files: Sequence[DesiredFile]) -> State:
        tables = {**self.tables, **{file.target: file.content for file in files if file.target and file.content}}
        contents = {path: file.content for path, file in self.facts.files.items()}
        contents |= {file.path: file.content for file in files if not file.target}
        directory = generation(contents[MAIN_CF] or b"")
        contents |= {in_use(name): tables.get(f"{directory}/{name}") for name in SOURCES}
        newest = max((int(path.split("/")[-2]) for path in tables), default=0)
        return State(
            facts=facts(contents, {**self.facts.values, "postfix.next_generation": str(newest + 1)}), tables=tables
        )


def generation(main: bytes) -> str:
    """The directory of the generation that main.cf names; empty for none."""
    parameters = main_cf.parse(main)
    return parameters["relayconf_maps"].value if "relayconf_maps" in parameters else ""


def settled(wanted: Host, found: State | None = None) -> State:
    """The host after *wanted* was applied until nothing changes any more."""
    now = found or State(facts=facts())
    while now.changes(wanted):
        now = now.applied(wanted)[-1]
    return now
