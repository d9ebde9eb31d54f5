"""What a lab is asked to be: hosts, relays, a receiver, zones; and the addresses that follow from it.

Names and addresses are the lab's own. Two labs may use the same ones: each has a network of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

MtaKind: TypeAlias = Literal["none", "postfix", "qmail"]

DOMAIN = "lab.test"
HUB_ADDRESS = "10.87.0.1"
DNS_ADDRESS = "10.87.0.53"
RECEIVER_ADDRESS = "10.87.0.80"
PREFIX = 16

SUDO_PASSWORD = "labpass"
"""What sudo asks `opspw` for."""

HOST_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}
"""What a command in a host finds in its environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """One host: its name (`mail1` is mail1.lab.test) and what is installed there beside sshd."""

    name: str
    mta: MtaKind = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySpec:
    """A provider's relay, or a receiver: its name in DNS, its users, and how it behaves.

    `users` maps a name to the passwords that it accepts. `refusal` is a reply that every recipient gets, such as
    `550 5.7.1 blocked using zen.spamhaus.org`. `delay` is the time in seconds before a message is accepted.
    All but name and ports can be changed while the lab is up.
    """

    name: str
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ports: tuple[int, ...] = (25, 465, 587)
    refusal: str = ""
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSpec:
    """The whole lab.

    `zones` maps a zone's name to its records in master-file syntax (RFC 1035, 5); SOA and NS are added. The lab adds
    its own zones: lab.test, the relays' names, the reverse zone, and world.test, all of whose names have the
    receiver as MX. Any other name does not exist.
    """

    hosts: tuple[HostSpec, ...] = ()
    relays: tuple[RelaySpec, ...] = ()
    receiver: RelaySpec = RelaySpec(name="mx.world.test", ports=(25,))
    zones: Mapping[str, str] = field(default_factory=dict)

    @property
    def servers(self) -> tuple[RelaySpec, ...]:
        """The receiver and the relays: every SMTP server that is not one of the hosts."""
        return (self.receiver, *self.relays)

    def address(self, name: str) -> str:
        """The IPv4 address of a host, a relay or the receiver. Raises KeyError."""
        addresses = {self.receiver.name: RECEIVER_ADDRESS}
        addresses |= {relay.name: f"10.87.0.{100 + index}" for index, relay in enumerate(self.relays)}
        for index, host in enumerate(self.hosts):
            addresses[host.name] = f"10.87.{1 + index // 200}.{1 + index % 200}"
        return addresses[name]

    def to_json(self) -> str:
        """One line, for `from_json`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> LabSpec:
        """The spec that `to_json` wrote."""
        data = json.loads(text)
        return cls(
            hosts=tuple(HostSpec(**host) for host in data["hosts"]),
            relays=tuple(relay_from_json(json.dumps(relay)) for relay in data["relays"]),
            receiver=relay_from_json(json.dumps(data["receiver"])),
            zones=data["zones"],
        )


def fqdn(host: str) -> str:
    """A host's name in DNS and in `myhostname`."""
    return f"{host}.{DOMAIN}"


def relay_from_json(text: str) -> RelaySpec:
    """The relay that `json.dumps(asdict(relay))` wrote."""
    data = json.loads(text)
    users = {user: tuple(passwords) for user, passwords in data.pop("users").items()}
    ports = tuple(data.pop("ports"))
    return RelaySpec(users=users, ports=ports, **data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `Lab.up` asks for. A detached lab ends by SIGTERM alone, not with its standard input."""

    spec: LabSpec
    directory: Path
    layer: Path
    detached: bool

    def to_json(self) -> str:
        """One line."""
        paths = {"directory": str(self.directory), "layer": str(self.layer)}
        return json.dumps({"spec": self.spec.to_json(), "detached": self.detached, **paths})

    @classmethod
    def from_json(cls, text: str) -> Request:
        """The request that `to_json` wrote."""
        data = json.loads(text)
        return cls(
            spec=LabSpec.from_json(data["spec"]),
            directory=Path(data["directory"]),
            layer=Path(data["layer"]),
            detached=data["detached"],
        )
