"""What an examination connects to: servers of the world, the ports of the host's relays, and a list of addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from relayconf.errors import UsageError
from relayconf.model import At, Credentials, Host, Internal, Nexthop, Smarthost, Target, TlsLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server of the world: asked for by the MX of `domain` where one is given. `greets` is part of its greeting."""

    host: str
    port: int = 25
    domain: str = ""
    greets: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Where port 25 is tried, where any connection should be possible, and the zone that lists addresses.

    `seconds` bounds one connection, `servers` are resolvers (`ADDRESS#PORT`) to ask instead of the host's own, `tools`
    the programs on the host that may be used.
    """

    mail: tuple[Server, ...]
    control: tuple[Server, ...]
    zone: str
    relay_ports: tuple[int, ...]
    seconds: int = 10
    servers: tuple[str, ...] = ()
    tools: tuple[str, ...] = ("bash", "perl", "nc")


@cache
def usual() -> Targets:
    """The targets that come with relayconf. Names change; each is only a place to knock at."""
    data = json.loads(files("relayconf").joinpath("data/doctor.json").read_text(encoding="utf-8"))
    return Targets(
        mail=tuple(Server(**item) for item in data["targets"]),
        control=tuple(Server(**item) for item in data["control"]),
        zone=data["zone"],
        relay_ports=tuple(data["relay_ports"]),
    )


def place(text: str, *, port: int) -> Server:
    """The server that *text* names: HOST, HOST:PORT or [IPV6]:PORT. Raises UsageError."""
    host, colon, number = text.rpartition(":")
    if not colon or text.endswith("]") or (":" in host and not host.startswith("[")):
        host, number = text, str(port)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not number.isascii() or not number.isdigit() or not 0 < int(number) < 65536 or " " in text:
        raise UsageError("a server is HOST, HOST:PORT or [ADDRESS]:PORT", hint=f"such as mx.example.org:{port}")
    return Server(host=host, port=int(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One way out that the inventory gives a host: a port of a relay, or of another server of ours.

    `name` is how the inventory calls it, `relay` the relay's name where it is one. `tls` is None where nothing is asked
    for.
    """

    name: str
    host: str
    port: int
    relay: str | None = None
    tls: TlsLevel | None = None
    implicit_tls: bool = False
    credentials: Credentials | None = None
    ca: str | None = None


def _door(target: Target, credentials: Credentials | None) -> Door | None:
    match target:
        case Smarthost(relay=relay, endpoint=endpoint):
            return Door(
                name=str(target),
                host=relay.host,
                port=endpoint.port,
                relay=relay.name,
                tls=endpoint.tls,
                implicit_tls=endpoint.implicit_tls,
                credentials=(credentials or relay.credentials) if endpoint.auth else None,
                ca=relay.ca,
            )
        case At(nexthop=Nexthop(mx_lookup=False) as hop) | Internal(nexthop=Nexthop(mx_lookup=False) as hop):
            return Door(name=f"{hop.host}:{hop.port}", host=hop.host, port=hop.port)
        case _:
            return None


def _targets(host: Host) -> Iterator[tuple[Target, Credentials | None]]:
    for default in host.default:
        yield host.target(default), None
    for _, target in host.recipients():
        # Servers of ours are looked at where all mail goes through them, relays wherever they are used.
        if isinstance(target, Smarthost):
            yield target, None
    for route in host.senders.values():
        yield route.target, route.credentials


def doors(host: Host) -> tuple[Door, ...]:
    """The ways out of *host*, the default's first, each once."""
    found = (_door(target, credentials) for target, credentials in _targets(host))
    return tuple(dict.fromkeys(door for door in found if door is not None))


def sends_directly(host: Host) -> bool:
    """Whether mail for the rest of the world leaves by its own MX."""
    return not any(_door(host.target(default), None) for default in host.default)


def other_doors(doors: Sequence[Door], targets: Targets) -> tuple[Door, ...]:
    """The usual ports of the relays behind *doors* that the host does not use, without a login."""
    used = {(door.host, door.port) for door in doors}
    found = {
        (door.host, port): Door(name=f"{door.relay}:{port}", host=door.host, port=port, relay=door.relay, ca=door.ca)
        for door in doors
        if door.relay
        for port in targets.relay_ports
        if (door.host, port) not in used
    }
    return tuple(found.values())
