"""The inventory's language: every key, its shape and its description, as frozen pydantic models.

Values are still words here (`isp:25`, `{via: edge}`); what they refer to is looked up later. Maps keep their keys as
written. A field that was given as null is in `model_fields_set` and None: it deletes what would be inherited.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Tag, WithJsonSchema

from relayconf.certificates import TlsVersion
from relayconf.inventory import values
from relayconf.inventory.kinds import (
    AbsolutePath,
    Fingerprint,
    Flag,
    HostName,
    IpAddress,
    MailAddress,
    MailName,
    Port,
    Prefix,
    Sender,
    SettingValue,
    SpfTerm,
    SshWord,
    Strict,
    Text,
    TlsWord,
)
from relayconf.inventory.problems import Fault
from relayconf.inventory.targets import DomainTarget, FlatFile, RelayChoice, RouteTarget, by_shape, direct_word
from relayconf.model import FlavourName


def _not_literal(value: object) -> object:
    if not isinstance(value, dict):
        raise Fault("literal_password")
    return value


def _one_secret(secret: Secret) -> Secret:
    if len(secret.model_fields_set) != 1:
        raise Fault("one_secret")
    return secret


class Secret(Strict):
    """Where a password is found when it is needed; exactly one."""

    env: Annotated[str, AfterValidator(values.variable)] = Field(default="", description="An environment variable.")
    file: Text = Field(default="", description="A file; its first line is the password.")
    command: Text = Field(default="", description="A shell command line that prints the password (`pass show isp`).")
    keyring: Annotated[str, AfterValidator(values.keyring_entry)] = Field(default="", description="`SERVICE/USER`.")


class Auth(Strict):
    """SASL credentials."""

    username: Text = Field(description="The user name at the relay.")
    password: Annotated[Secret, BeforeValidator(_not_literal), AfterValidator(_one_secret)] = Field(
        description="A reference to the password, never the password."
    )


class Endpoint(Strict):
    """One port of a relay."""

    port: Port = Field(description="TCP port.")
    tls: TlsWord | None = Field(
        default=None, description="TLS level in Postfix's words; 465 and 2465 are implicit TLS."
    )
    auth: Literal["none"] | None = Field(default=None, description="`none`: no credentials at this port.")
    allow_plaintext_auth: Flag = Field(
        default=False, description="Let the password cross the network without assured TLS."
    )


class Probe(Strict):
    """Envelope of a test message."""

    sender: MailAddress = Field(alias="from", description="Envelope sender.")
    recipient: MailAddress = Field(alias="to", description="Envelope recipient.")


class ClientCertificate(Strict):
    """Two files on the host, in PEM."""

    certificate: AbsolutePath = Field(description="The certificate, with those of its chain, on the host.")
    key: AbsolutePath = Field(description="Its private key, on the host, for root alone.")


class Relay(Strict):
    """An upstream smarthost."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["host"]}, {"required": ["provider"]}]})

    provider: Text | None = Field(
        default=None, description="A provider of `relayconf providers`, which says what is not given here."
    )
    region: Text | None = Field(default=None, description="The provider's region, where it has servers in several.")
    host: HostName = Field(default="", description="The relay's name or IP address; never looked up by MX.")
    port: Port = Field(default=25, description="The only port, where `endpoints` is not used.")
    tls: TlsWord | None = Field(default=None, description="TLS level at the only port.")
    allow_plaintext_auth: Flag = Field(
        default=False, description="Let the password cross the network without assured TLS."
    )
    endpoints: list[Endpoint] = Field(default=[], description="Ports of this relay; the first is the default one.")
    auth: Auth | None = Field(default=None, description="Credentials, at every endpoint without `auth: none`.")
    ca_file: Text | None = Field(
        default=None, description="qmail: certificates (PEM) that the relay's own is checked by."
    )
    fingerprints: list[Fingerprint] = Field(
        default=[], description="Postfix, `tls: fingerprint`: SHA-256 of the relay's certificate or public key."
    )
    tls_minimum: TlsVersion | None = Field(default=None, description="Postfix: the oldest version of TLS to speak.")
    client_certificate: ClientCertificate | None = Field(
        default=None, description="Postfix: what is shown to relays that ask for a certificate."
    )
    spf: list[SpfTerm] | None = Field(
        default=None,
        description="SPF terms or addresses that cover where the relay sends from; [] where it replaces MAIL FROM.",
    )
    senders: list[Sender] = Field(default=[], description="Addresses and @domains that this relay lets us send as.")
    probe: Probe | None = Field(default=None, description="Addresses for a test that reaches only ourselves.")


class SenderMap(Strict):
    """The relay of one sender."""

    relay: Text = Field(description="A relay: NAME or NAME:PORT.")
    auth: Auth | None = Field(default=None, description="Credentials of the sender's own at that relay.")


SenderTarget = Annotated[
    Annotated[str, AfterValidator(direct_word), WithJsonSchema({"const": "direct"}), Tag("<word>")]
    | Annotated[SenderMap, Tag("<map>")],
    by_shape("wanted_sender"),
]


class Ssh(Strict):
    """How a host is reached; what is not given is left to ~/.ssh/config."""

    user: SshWord | None = Field(default=None, description="Login name.")
    port: Port | None = Field(default=None, description="Port of the SSH server.")
    identity_file: Text | None = Field(default=None, description="Private key on this machine.")
    proxy_jump: SshWord | None = Field(default=None, description="[user@]host[:port] to go through.")
    become: Literal["sudo", "helper"] | None = Field(
        default=None, description="How the login user becomes root: any script by sudo, or only a fixed helper."
    )


class Manage(Strict):
    """Control files of qmail that relayconf owns only when it is told to. What is not named here stays the admin's."""

    locals: Flag | None = Field(default=None, description="true: the domains that are local on the host.")
    rcpthosts: Flag | None = Field(default=None, description="true: every key of `domains`.")
    virtualdomains: dict[str, Prefix | None] | None = Field(
        default=None, description="Domain, .domain or address to the user whose mail it is; whole."
    )
    me: MailName | None = Field(default=None, description="The host's own name.")
    helohost: MailName | None = Field(default=None, description="The name that qmail-remote says at the relay.")


class Layer(Strict):
    """What can stand at the top, in a group or in a host. The host wins over its groups, they over the top."""

    mta: Literal["qmail", "postfix"] | None = Field(default=None, description="The MTA of the host.")
    flavour: FlavourName | None = Field(default=None, description="qmail's flavour; found on the host when absent.")
    connection: Literal["ssh", "local"] | None = Field(default=None, description="Over SSH, or on this machine itself.")
    ssh: Ssh | None = Field(default=None, description="How a host is reached.")
    relay: RelayChoice | None = Field(
        default=None, description="Where mail goes that nothing else routes; a list is failover."
    )
    domains: dict[str, DomainTarget | None] | None = Field(
        default=None, description="What this organisation receives itself: domain or .domain to target."
    )
    domains_from: list[FlatFile] = Field(default=[], description="Flat files of domains, counted into `domains`.")
    routes: dict[str, RouteTarget | None] | None = Field(
        default=None, description="Exceptions from the default: domain, .domain or address to target."
    )
    senders: dict[str, SenderTarget | None] | None = Field(
        default=None,
        description="Relays by envelope sender: address, @domain or <>; Postfix, and qmail flavours with authsenders.",
    )
    rewrite: dict[str, Sender | None] | None = Field(
        default=None, description="Address or @domain to the one that takes its place in mail that leaves (Postfix)."
    )
    egress: list[IpAddress] | None = Field(
        default=None, description="Public addresses that mail leaves from, when behind NAT."
    )
    qmail_home: AbsolutePath | None = Field(
        default=None, description="qmail's home on the host; found by itself when absent."
    )
    config_directory: AbsolutePath | None = Field(
        default=None, description="Postfix's configuration directory on the host; found by itself when absent."
    )
    state_directory: AbsolutePath | None = Field(default=None, description="Where the host keeps relayconf's journal.")
    manage: Manage | None = Field(default=None, description="qmail: more control files that relayconf writes.")
    settings: dict[str, SettingValue | None] | None = Field(
        default=None, description="Parameters of Postfix's main.cf that relayconf does not manage by itself."
    )


class Host(Layer):
    """One mail server."""

    address: HostName | None = Field(default=None, description="Name or IP address of the host; its key when absent.")
    groups: list[Text] = Field(default=[], description="Groups it belongs to; the first one wins.")


class Mailbox(Strict):
    """A mailbox that test messages are sent to."""

    host: HostName = Field(description="The IMAP server, with TLS from the start.")
    port: Port = Field(default=993, description="Its port.")
    auth: Auth = Field(description="How to log in there.")


class Root(Layer):
    """A whole inventory file."""

    version: Annotated[int, BeforeValidator(values.version), WithJsonSchema({"const": 1})] = Field(
        description="The version of this language."
    )
    include: list[Text] = Field(default=[], description="More inventory files, relative to this one.")
    relays: dict[str, Relay] = Field(default={}, description="Upstream smarthosts by name.")
    hosts: dict[str, Host | None] = Field(default={}, description="Mail servers by name; `node[001-300]` names many.")
    groups: dict[str, Layer | None] = Field(default={}, description="Named sets of values that hosts share.")
    mailbox: Mailbox | None = Field(
        default=None, description="Where `verify --send` looks for its message and what the receiver noted of it."
    )


def json_schema() -> str:
    """The JSON Schema (2020-12) of an inventory file, for editors and CI."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Root.model_json_schema(),
        "title": "relayconf inventory",
    }
    return json.dumps(document, indent=2) + "\n"
