"""The inventory's meaning as frozen values: relays, hosts, and where each recipient's mail is meant to go.

The loader (`relayconf.inventory`) is the only maker; nothing below it doubts these values. All names are lower-case
A-labels without a trailing dot, IPv6 literals without brackets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from relayconf.certificates import ClientCertificate, TlsVersion
from relayconf.connection import Ssh
from relayconf.manage import Manage


class MtaName(StrEnum):
    """The MTAs that relayconf knows; the values are the words of the inventory."""

    QMAIL = "qmail"
    POSTFIX = "postfix"


class TlsLevel(StrEnum):
    """Postfix's words (postconf(5), smtp_tls_security_level)."""

    NONE = "none"
    MAY = "may"
    ENCRYPT = "encrypt"
    VERIFY = "verify"
    SECURE = "secure"
    DANE = "dane"
    FINGERPRINT = "fingerprint"


IMPLICIT_TLS_PORTS = frozenset({465, 2465})
"""Ports on which TLS starts before the SMTP greeting (RFC 8314; 2465 by provider convention)."""


FlavourName: TypeAlias = Literal[
    "classic", "netqmail-auth", "netqmail-tls", "sagredo", "qmail-ldap", "sqmail", "aqmail", "eqmail", "indimail"
]
"""The flavours of qmail, in the words of the inventory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value stands in the inventory; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nexthop:
    """Where one delivery goes: host (name or IP literal), port, and whether the host's MX records are looked up."""

    host: str
    port: int = 25
    mx_lookup: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRef:
    """A reference to a secret, never the secret.

    `value` is a variable's name, a path, a shell command line, or a keyring's `service/user`.
    """

    kind: Literal["env", "file", "command", "keyring"]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """SASL credentials at one relay."""

    username: str
    password: SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One port of a relay: its TLS level, whether its credentials are presented there, and any even in clear."""

    port: int
    tls: TlsLevel
    auth: bool
    clear_auth: bool = False

    @property
    def implicit_tls(self) -> bool:
        """Whether TLS starts before the greeting."""
        return self.port in IMPLICIT_TLS_PORTS and self.tls is not TlsLevel.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Envelope addresses for a test that delivers nothing or to oneself."""

    sender: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """An upstream smarthost. The first endpoint is the default one.

    `ca` are certificates to trust, in PEM; `provider` names what is known of it. `fingerprints` are SHA-256 digests of
    its certificate or public key, as pairs of upper-case digits between colons; `tls_minimum` is the oldest version.
    `spf` has the SPF terms that cover its outgoing addresses; none at all where it replaces MAIL FROM by an address of
    its own, None where nothing was said.
    """

    name: str
    host: str
    endpoints: tuple[Endpoint, ...]
    credentials: Credentials | None = None
    ca: str | None = None
    fingerprints: tuple[str, ...] = ()
    tls_minimum: TlsVersion | None = None
    client_certificate: ClientCertificate | None = None
    spf: tuple[str, ...] | None = None
    senders: tuple[str, ...] = ()
    probe: Probe | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Delivered on this host itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Local on the host of ours that is named, reached at `nexthop` from the others."""

    host: str
    nexthop: Nexthop


@dataclass(frozen=True, slots=True, kw_only=True)
class Internal:
    """A server named by address (`{host: …, port: …}`), not looked up by MX."""

    nexthop: Nexthop


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """By the MX records of the recipient's domain, past every relay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mx:
    """A domain of ours that leaves by its MX records: delegated, or we are its backup MX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smarthost:
    """Through one endpoint of a relay."""

    relay: Relay
    endpoint: Endpoint

    @property
    def nexthop(self) -> Nexthop:
        """The relay is never looked up by MX: the inventory names the machine itself."""
        return Nexthop(host=self.relay.host, port=self.endpoint.port)

    def __str__(self) -> str:
        return f"{self.relay.name}:{self.endpoint.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Bounced by our own MTA with this text (`5.1.1 no such domain`)."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Deferred by our own MTA with this text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Dropped silently as if delivered."""

    text: str


Target: TypeAlias = Local | At | Internal | Direct | Mx | Smarthost | Reject | Retry | Discard
"""What an inventory says about a recipient. `At` means `Local` on the host it names: see `Host.target`."""

Default: TypeAlias = Smarthost | At | Internal | Direct
"""What `relay:` can say. `At` is `{via: HOST}`: a host of ours as the relay of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRoute:
    """A sender-dependent relay, with the sender's own credentials where given."""

    target: Smarthost | Direct
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One mail server, everything merged and resolved.

    `default` has more than one entry where failover is wished. `domains` and `routes` map a domain, a `.domain` for its
    subdomains, or (routes only) an address to its target; the maps are shared between hosts and never copied. `senders`
    maps an envelope sender, an `@domain` or `<>` to its relay, for recipients that neither of them names. `rewrite`
    maps an address or `@domain` to what takes its place in mail that leaves, `settings` Postfix's parameters to their
    values. `flavour`, `qmail_home` and `manage` are qmail's, `config_directory` Postfix's; directories are absolute
    paths. None: found on the host.
    """

    name: str
    address: str
    mta: MtaName
    origin: Origin
    connection: Literal["ssh", "local"] = "ssh"
    ssh: Ssh = field(default_factory=Ssh)
    groups: tuple[str, ...] = ()
    default: tuple[Default, ...]
    domains: Mapping[str, Target] = field(default_factory=dict)
    routes: Mapping[str, Target] = field(default_factory=dict)
    senders: Mapping[str, SenderRoute] = field(default_factory=dict)
    rewrite: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    egress: tuple[str, ...] = ()
    flavour: FlavourName | None = None
    manage: Manage = field(default_factory=Manage)
    qmail_home: str | None = None
    config_directory: str | None = None
    state_directory: str = "/var/lib/relayconf"

    def target(self, target: Target) -> Target:
        """What *target* means on this host: `At` this host is `Local`."""
        if isinstance(target, At) and target.host == self.name:
            return Local()
        return target

    def recipients(self) -> Iterator[tuple[str, Target]]:
        """Every key of `domains` and `routes` with its target on this host, in the inventory's order."""
        for table in (self.domains, self.routes):
            for key, target in table.items():
                yield key, self.target(target)

    def intended(self, domain: str) -> tuple[str, Target]:
        """Where the inventory wants mail for *domain* to go, and the key that says so (empty: the default).

        The most specific key wins: the domain itself, then `.suffix` from long to short, then `relay`; the first of a
        failover list stands for it. *domain* is a lower-case A-label name.
        """
        key: str | None = domain
        while key is not None:
            for table in (self.routes, self.domains):
                if key in table:
                    return key, self.target(table[key])
            dot = key.find(".", 1)
            key = key[dot:] if dot > 0 else None
        return "", self.target(self.default[0])

    def intended_sender(self, sender: str) -> SenderRoute | None:
        """What `senders` says of *sender* (an address in lower case, or `<>`); None: as everybody's mail."""
        return self.senders.get(sender) or self.senders.get(f"@{sender.rpartition('@')[2]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where messages that are sent as a test arrive: an IMAP server with TLS from the start (RFC 8314)."""

    host: str
    port: int
    credentials: Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The whole wish: relays, hosts in the inventory's order, the groups' names, and a mailbox to look into."""

    file: str
    relays: Mapping[str, Relay]
    hosts: Mapping[str, Host]
    groups: tuple[str, ...]
    mailbox: Mailbox | None = None
