"""An inventory as text: what `load` would read back as the same relays and hosts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from relayconf.inventory.relays import tls_level
from relayconf.model import (
    Credentials,
    Default,
    Direct,
    Discard,
    Endpoint,
    Host,
    Internal,
    Local,
    Mx,
    Nexthop,
    Reject,
    Relay,
    Retry,
    SenderRoute,
    Smarthost,
    Target,
)
from relayconf.text import printable

_PLAIN = re.compile(r"(?!(?:null|Null|NULL)$)[./]?[A-Za-z0-9_][A-Za-z0-9_./+-]*(?:@[A-Za-z0-9_][A-Za-z0-9_.+-]*)?")
_WIDTHS = ((0x100, "x", 2), (0x10000, "u", 4), (0x110000, "U", 8))


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == " " or char.isprintable():
        return char
    letter, width = next((letter, width) for below, letter, width in _WIDTHS if ord(char) < below)
    return f"\\{letter}{ord(char):0{width}x}"


def scalar(text: str) -> str:
    """*text* as one YAML scalar on one line, of printable characters: plain where it can mean nothing else."""
    return text if _PLAIN.fullmatch(text) else f'"{"".join(map(_escaped, text))}"'


def _flow(pairs: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"


def _server(nexthop: Nexthop) -> str:
    return _flow({"host": scalar(nexthop.host)} | ({"port": str(nexthop.port)} if nexthop.port != 25 else {}))


def _smarthost(target: Smarthost) -> str:
    relay = target.relay
    return scalar(relay.name) if target.endpoint == relay.endpoints[0] else f'"{relay.name}:{target.endpoint.port}"'


def _default(default: Default) -> str:
    match default:
        case Direct():
            return "direct"
        case Smarthost():
            return _smarthost(default)
        case Internal():
            return _server(default.nexthop)
        case _:
            return _flow({"via": scalar(default.host)})


def _target(target: Target) -> str:
    match target:
        case Local() | Mx() | Direct():
            return type(target).__name__.lower()
        case Smarthost():
            return _flow({"relay": _smarthost(target)})
        case Internal():
            return _server(target.nexthop)
        case Reject() | Retry() | Discard():
            return _flow({type(target).__name__.lower(): scalar(target.text)})
        case _:
            return _flow({"at": scalar(target.host)})


def _auth(credentials: Credentials) -> str:
    password = _flow({credentials.password.kind: scalar(credentials.password.value)})
    return _flow({"username": scalar(credentials.username), "password": password})


def _endpoint(endpoint: Endpoint, *, has_auth: bool) -> Mapping[str, str]:
    said = {"port": str(endpoint.port)}
    if endpoint.tls is not tls_level(endpoint.port, None, auth=endpoint.auth):
        said["tls"] = endpoint.tls
    if has_auth and not endpoint.auth:
        said["auth"] = "none"
    if endpoint.clear_auth:
        said["allow_plaintext_auth"] = "true"
    return said


def _relay(relay: Relay) -> Iterator[str]:
    yield f"  {scalar(relay.name)}:"
    yield f"    host: {scalar(relay.host)}"
    first, *others = (_endpoint(endpoint, has_auth=relay.credentials is not None) for endpoint in relay.endpoints)
    if others or "auth" in first:
        yield f"    endpoints: [{', '.join(map(_flow, (first, *others)))}]"
    else:
        yield from (f"    {key}: {value}" for key, value in first.items() if (key, value) != ("port", "25"))
    if relay.credentials is not None:
        yield f"    auth: {_auth(relay.credentials)}"


def _sender(route: SenderRoute) -> str:
    said = {} if isinstance(route.target, Direct) else {"relay": _smarthost(route.target)}
    return _flow(said | ({"auth": _auth(route.credentials)} if route.credentials else {})) if said else "direct"


def _block(name: str, rows: Mapping[str, str]) -> Iterator[str]:
    if rows:
        yield f"    {name}:"
        yield from (f"      {scalar(key)}: {value}" for key, value in rows.items())


def _host(host: Host) -> Iterator[str]:
    yield f"  {scalar(host.name)}:"
    if host.address != host.name:
        yield f"    address: {scalar(host.address)}"
    yield f"    mta: {host.mta}"
    words = {"flavour": host.flavour, "qmail_home": host.qmail_home, "config_directory": host.config_directory}
    yield from (f"    {key}: {scalar(value)}" for key, value in words.items() if value is not None)
    if host.connection != "ssh":
        yield f"    connection: {host.connection}"
    if host.state_directory != "/var/lib/relayconf":
        yield f"    state_directory: {scalar(host.state_directory)}"
    ssh = {key: getattr(host.ssh, key) for key in ("user", "port", "identity_file", "proxy_jump", "become")}
    if said := {key: scalar(str(value)) for key, value in ssh.items() if value is not None}:
        yield f"    ssh: {_flow(said)}"
    relays = [_default(default) for default in host.default]
    yield f"    relay: {relays[0] if len(relays) == 1 else '[' + ', '.join(relays) + ']'}"
    yield from _block("domains", {key: _target(target) for key, target in host.domains.items()})
    yield from _block("routes", {key: _target(target) for key, target in host.routes.items()})
    yield from _block("senders", {key: _sender(route) for key, route in host.senders.items()})
    yield from _block("rewrite", {key: scalar(value) for key, value in host.rewrite.items()})


def _comments(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"# {title}"
        yield from (f"# - {printable(line)}" for line in lines)


def write(
    relays: Mapping[str, Relay], hosts: Sequence[Host], *, head: Sequence[str] = (), notes: Mapping[str, Sequence[str]]
) -> str:
    """The inventory with *relays* and *hosts*, under the comments *head* and above *notes*, lines by their title.

    Certificates, senders, SPF terms and probes of relays are not written.
    """
    lines = [f"# {printable(line)}" for line in head]
    lines.append("version: 1")
    if relays:
        lines += ["", "relays:", *(line for relay in relays.values() for line in _relay(relay))]
    lines += ["", "hosts:", *(line for host in hosts for line in _host(host))]
    for title, remarks in notes.items():
        lines += _comments(title, remarks)
    return "\n".join(lines) + "\n"
