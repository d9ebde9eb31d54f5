"""What a control directory says, as far as an inventory could say it: qmail's side of an import."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from relayconf.facts import Facts
from relayconf.model import Direct, FlavourName, Host, Local, Mx, TlsLevel
from relayconf.mta.base import EVERYTHING_ELSE, Found, FoundTarget, Server
from relayconf.mta.qmail.choice import flavour_of
from relayconf.mta.qmail.control import entries, first_line, fold
from relayconf.mta.qmail.decision import Directory, Table
from relayconf.mta.qmail.detection import detect
from relayconf.mta.qmail.encryption import encrypted
from relayconf.mta.qmail.flavours import Around, Hop
from relayconf.mta.qmail.flavours.base import Read
from relayconf.mta.qmail.kept import directory_of
from relayconf.mta.qmail.lint import is_key, lint_thoroughly
from relayconf.mta.qmail.paths import ME, RCPTHOSTS, name_of
from relayconf.mta.qmail.reading import is_local
from relayconf.mta.qmail.route import through
from relayconf.mta.qmail.smtproutes import PATH, lookup, lookup_key
from relayconf.mta.qmail.words import key_words, listing, value_words

BOUNCES = b"!@"
ONE_LINE = ("helohost", "defaulthost", "defaultdomain")
"""Files that say something of mail without routing it; they are told of."""

_ENFORCED = frozenset({TlsLevel.VERIFY, TlsLevel.SECURE, TlsLevel.DANE, TlsLevel.FINGERPRINT})


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _exact(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def sources(facts: Facts) -> tuple[str, ...]:
    """The files beside `me` that are told of."""
    folder = posixpath.dirname(facts.files[ME].target)
    return tuple(f"{folder}/{name}" for name in ONE_LINE)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """One directory on its way to an inventory."""

    directory: Directory
    received: frozenset[bytes]
    unsaid: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def _server(self, hop: Hop, where: str, value: bytes) -> Server:
        route, tls = encrypted(self.directory.encryption, through(hop))
        shown = value_words(value, self.directory.flavour)
        if tls in _ENFORCED:
            folder = self.directory.flavour.tls_file == "tlshosts"
            file = f"tlshosts/{shown.partition(':')[0]}.pem" if folder else "tlsdestinations"
            tls = TlsLevel.MAY if folder else TlsLevel.ENCRYPT
            self.unsaid.append(
                f"{file} has the certificate of {shown} checked, and stays; here that relay has only `tls: {tls}`"
            )
        if self.directory.flavour.tls_file == "tlshosts" and route.host != route.host.lower().removesuffix(b"."):
            self.unsaid.append(f"{shown} as it is written: files that enforce TLS are found by just that name")
        return Server(
            host=_exact(route.host.removesuffix(b".")),
            port=route.port,
            shown=f"{where}: {shown}",
            tls=tls,
            user=_exact(hop.user),
            password=_exact(hop.password or b""),
        )

    def target(self, table: Table, key: bytes, words: str, read: Read | None = None) -> Server | Direct | None:
        """What the line of *key* says; None when it says nothing that could be meant."""
        flavour, value = self.directory.flavour, table.lines[key]
        if not value:
            return Direct()
        around = Around(port=table.port, environment=self.directory.environment)
        hop = (read or flavour.read)(value, around)
        where = f"{table.name}, {words}"
        if hop.user and not hop.password:
            self.unsaid.append(f"{where}: a user name without a password; qmail-remote sends the line behind it")
            return None
        return self._server(hop, where, value)

    def routes(self) -> Iterator[tuple[bytes, FoundTarget]]:
        """What smtproutes says of mail that is not delivered here, but for the default."""
        table, controls, dead = self.directory.smtproutes, self.directory.controls, []
        for key in table.lines:
            words = key_words(key)
            if key == BOUNCES and self.directory.flavour.bounce_route:
                self.unsaid.append("smtproutes, `!@`: bounces go a way of their own")
            elif not is_key(self.directory.flavour, key):
                continue  # no mail is for it, and the remark on its line says so
            elif key and is_local(controls, key):
                dead.append(words)
            elif key and (target := self.target(table, key, words)) is not None:
                yield key, target
        if dead:
            self.remarks.append(f"smtproutes has lines for domains that are delivered here: {listing(dead)}")

    def exempt(self) -> Iterator[tuple[bytes, FoundTarget]]:
        """Domains that an empty line of virtualdomains takes out of a wildcard: they go where smtproutes says."""
        table, controls = self.directory.smtproutes, self.directory.controls
        for key, prefix in controls.virtualdomains.items():
            if prefix or not key or b"@" in key or is_local(controls, key) or key in table.lines:
                continue
            place = lookup_key(table.lines, key)
            target = Direct() if place is None else self.target(table, place, key_words(key))
            if target is not None:
                yield key, target

    def default(self) -> Server | Direct | None:
        """Where all other mail goes; None: nowhere that could be meant."""
        table = self.directory.smtproutes
        return self.target(table, b"", "the default") if b"" in table.lines else Direct()

    def local(self) -> Iterator[bytes]:
        """Domains that are delivered here."""
        controls = self.directory.controls
        yield from sorted(name for name in controls.locals if not name.startswith(b"."))
        if dead := [_text(name) for name in sorted(controls.locals) if name.startswith(b".")]:
            self.remarks.append(f"locals knows no wildcards, and has {listing(dead)}")
        addresses = []
        for key, prefix in controls.virtualdomains.items():
            if b"@" in key:
                addresses.append(_text(key))
            elif prefix and key:
                yield key
            elif prefix:
                self.unsaid.append("virtualdomains has a line for every domain: no mail leaves, and no route is used")
        if addresses:
            self.unsaid.append(f"virtualdomains delivers single addresses here: {listing(addresses)}")

    def senders(self) -> Iterator[tuple[str, Server | Direct]]:
        """Relays by sender."""
        table, read = self.directory.senders, self.directory.flavour.read_sender
        for key, value in table.lines.items():
            words = key_words(key)
            if words != (_text(key) or EVERYTHING_ELSE):
                self.unsaid.append("authsenders has a line that is torn at a blank or a bar")
            elif value and (target := self.target(table, key, words, read)) is not None:
                yield _text(key), target

    def ours(self, key: bytes, target: FoundTarget, default: FoundTarget | None) -> FoundTarget | None:
        """What *target* is for a domain that the host receives and passes on; None: a route like any other."""
        if key not in self.received:
            return None
        if isinstance(target, Direct):
            return Mx()
        if isinstance(target, Server) and not target.user and target.tls in {TlsLevel.NONE, TlsLevel.MAY}:
            is_default = isinstance(default, Server) and (target.host, target.port) == (default.host, default.port)
            return None if is_default else replace(target, is_ours=True)
        return None

    def by_mx(self, known: Mapping[str, object]) -> Iterator[str]:
        """Domains that the host receives, and passes on by MX though no line of their own says so."""
        table, controls = self.directory.smtproutes.lines, self.directory.controls
        for key in sorted(self.received):
            if _text(key) not in known and not is_local(controls, key) and not lookup(table, key):
                yield _text(key)

    def aside(self, facts: Facts, more: Mapping[str, bytes | None]) -> None:
        """Files that no inventory has a word for."""
        names = {name_of(path) for path, file in facts.files.items() if file.content is not None}
        for name, does in (
            ("percenthack", "lets `a%b@domain` mean `a@b`"),
            ("envnoathost", "completes addresses without a domain"),
            ("qmtproutes", "has routes of its own, which come before those of smtproutes"),
        ):
            if name in names and (name != "qmtproutes" or self.directory.flavour.qmtproutes):
                self.unsaid.append(f"{name} {does}")
        for path, content in more.items():
            if content:
                self.remarks.append(f"{posixpath.basename(path)} is {_text(first_line(content))}")
        lint = lint_thoroughly(facts.files[PATH].content or b"", self.directory.flavour)
        self.remarks += [finding.text for finding in lint]


def _flavour(host: Host, facts: Facts) -> FlavourName | None:
    """The flavour as an inventory has to name it: when it was named, or when it has to be confirmed."""
    found = detect(facts.values).flavour
    if host.flavour is not None or found is None or found.is_proved:
        return host.flavour
    return cast("FlavourName", found.name)


def found(host: Host, facts: Facts, more: Mapping[str, bytes | None]) -> Found:
    """What the control files in *facts* say; *host* says whose they are, in which flavour where that is known.

    A line whose meaning an inventory cannot repeat is among `unsaid`, and mail is not what it would say.
    """
    files = {name_of(path): file.content for path, file in facts.files.items()}
    received = frozenset(fold(entry) for entry in entries(files.get(name_of(RCPTHOSTS)) or b""))
    directory = directory_of(flavour_of(host, facts), facts, files.get("smtproutes"))
    reader = _Reader(directory=directory, received=received)
    domains: dict[str, FoundTarget] = {_text(key): Local() for key in reader.local()}
    default = reader.default()
    routes: dict[str, FoundTarget] = {}
    for key, target in (*reader.routes(), *reader.exempt()):
        own = reader.ours(key, target, default)
        (routes if own is None else domains)[_text(key)] = own or target
    known = {**domains, **routes}
    domains |= {name: Mx() for name in reader.by_mx(known)}
    senders = dict(reader.senders())
    reader.aside(facts, more)
    return Found(
        name=_text(first_line(files.get("me") or b"")),
        default=() if default is None else (default,),
        domains=domains,
        routes=routes,
        senders=senders,
        flavour=_flavour(host, facts),
        unsaid=tuple(dict.fromkeys(reader.unsaid)),
        remarks=tuple(dict.fromkeys(reader.remarks)),
    )
