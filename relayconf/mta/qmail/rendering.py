"""From the inventory to the files of a control directory, each whole.

Domains that are local on the host get no line: qmail-send decides local before any route is asked for, by `locals` and
`virtualdomains`, so such a line would be dead. That holds for `.suffix` keys too, which only `virtualdomains` can make
local; whether the host's files really do is checked when the host is planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from relayconf.errors import SecretError
from relayconf.files import DesiredFile
from relayconf.model import Credentials, Host, Smarthost, Target
from relayconf.mta.base import Resolve
from relayconf.mta.qmail.abilities import needs_certificates, needs_destination
from relayconf.mta.qmail.flavours import CLASSIC, Flavour
from relayconf.mta.qmail.lines import Login, can_carry, credentials_of, rows, value_for
from relayconf.mta.qmail.managed import managed
from relayconf.mta.qmail.paths import AUTHSENDERS, TLSDESTINATIONS, certificates, variant
from relayconf.mta.qmail.proof import prove, prove_senders
from relayconf.mta.qmail.refusals import able
from relayconf.mta.qmail.smtproutes import PATH
from relayconf.templating import Templates

TEMPLATE, SENDERS, DESTINATIONS = "qmail/smtproutes.j2", "qmail/authsenders.j2", "qmail/tlsdestinations.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Renderer:
    """What rendering one host for one flavour needs."""

    host: Host
    flavour: Flavour
    templates: Templates
    secret: Resolve

    def _login(self, credentials: Credentials, relay: str) -> Login:
        login = Login(user=credentials.username, password=self.secret(credentials.password))
        if not can_carry(self.flavour, login):
            raise SecretError(
                f"{self.host.name}: the password for {relay} cannot stand in a control file ({self.flavour.name})",
                hint="it is empty, or holds a line end or NUL, or a blank at its end or where the flavour has none",
            )
        return login

    def login(self, target: Target) -> Login | None:
        """What qmail-remote logs in with at *target*, if the flavour can."""
        credentials = credentials_of(target)
        if credentials is None or not self.flavour.has_auth or not isinstance(target, Smarthost):
            return None
        return self._login(credentials, target.relay.name)

    def smtproutes(self) -> DesiredFile:
        """The routes; no file when everything goes by MX."""
        host, flavour = self.host, self.flavour
        default = host.target(host.default[0])
        routes = rows(host, flavour, self.login)
        value = value_for(flavour, default, self.login(default)) or ""
        content = None
        if routes or value:
            content = self.templates.render(TEMPLATE, routes=routes, default=value, host=host.name).encode()
        prove(host, content, flavour, self.login)
        is_secret = any(self.login(target) for target in _smarthosts(host))
        return DesiredFile(path=PATH, content=content, secret=is_secret)

    def senders(self) -> Iterator[DesiredFile]:
        """Relays by sender, where there are any."""
        wanted = {}
        for key, route in self.host.senders.items():
            if not isinstance(route.target, Smarthost) or self.flavour.read_sender is None:
                continue
            login = self._login(route.credentials, key) if route.credentials else self.login(route.target)
            wanted[key] = (route.target.nexthop, login)
        lines = [
            (key, value_for(self.flavour, self.host.senders[key].target, login)) for key, (_, login) in wanted.items()
        ]
        if lines:
            content = self.templates.render(SENDERS, senders=lines, host=self.host.name).encode()
            prove_senders(self.host, content, self.flavour, wanted)
            yield DesiredFile(path=AUTHSENDERS, content=content, secret=True)

    def encryption(self) -> Iterator[DesiredFile]:
        """The files that enforce TLS."""
        used = [*_smarthosts(self.host), *(route.target for route in self.host.senders.values())]
        destinations: dict[str, None] = {}
        for target in used:
            if not isinstance(target, Smarthost):
                continue
            relay = target.relay
            if needs_certificates(self.flavour, target.endpoint) and relay.ca is not None:
                yield DesiredFile(path=certificates(relay.host), content=relay.ca.encode(), mode=0o644)
            if needs_destination(self.flavour, target.endpoint):
                destinations[f"[{relay.host}]" if ":" in relay.host else relay.host] = None
        if destinations:
            text = self.templates.render(DESTINATIONS, relays=tuple(destinations), host=self.host.name)
            yield DesiredFile(path=TLSDESTINATIONS, content=text.encode())

    def files(self) -> tuple[DesiredFile, ...]:
        """Every file; what enforces TLS is there before the route that needs it."""
        enforcing = tuple({file.path: file for file in self.encryption()}.values())
        routes = (*self.senders(), self.smtproutes())
        later = tuple(replace(file, phase=1) for file in routes) if enforcing else routes
        return (*enforcing, *later)


def _smarthosts(host: Host) -> tuple[Smarthost, ...]:
    """The relays of the default and of every route, each target once."""
    every = {id(target): target for target in (*host.default, *host.domains.values(), *host.routes.values())}
    return tuple(target for target in every.values() if isinstance(target, Smarthost))


def render(host: Host, templates: Templates, secret: Resolve) -> tuple[DesiredFile, ...]:
    """The managed files of *host* for its flavour, or for classic qmail when nothing needs more.

    When something does and the inventory names no flavour, the files of each that can, under a folder of its name: the
    host will tell. What none can say (`refusals`) is left out.

    Raises TemplateError, what *secret* raises, SecretError for a password that no line can hold, and RenderMismatch
    when the text that a template makes routes otherwise than the inventory says.
    """
    flavours, told = able(host) or (CLASSIC,), tuple(managed(host, templates))
    if host.flavour is not None or CLASSIC in flavours:
        flavour = flavours[0]
        return (*_Renderer(host=host, flavour=flavour, templates=templates, secret=secret).files(), *told)
    variants = tuple(
        replace(file, path=variant(flavour.name, file.path))
        for flavour in flavours
        for file in _Renderer(host=host, flavour=flavour, templates=templates, secret=secret).files()
    )
    return (*variants, *told)
