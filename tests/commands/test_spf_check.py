"""`relayconf spf check` against servers on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from relayconf.commands.spf_check import check
from relayconf.dns import Server
from relayconf.exits import ExitCode
from relayconf.spf.lookup import Outcome
from tests.support.cli import run
from tests.support.dns_server import dns_server
from tests.support.local_host import said
from tests.support.ports import free_port
from tests.support.spf_zone import Records, Zone

OLD, NEW = "v=spf1 -all", "v=spf1 ip4:192.0.2.1 -all"
INVENTORY = """version: 1
hosts:
  edge: {address: 192.0.2.1, mta: postfix, relay: direct, domains: {a.example: local}}
"""
NAMES: dict[str, Records | Outcome] = {
    "ns1.a.example": {"A": ["127.0.0.2"]},
    "ns2.a.example": {"A": ["127.0.0.3"]},
}


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY, encoding="utf-8")
    return path


def zone(*texts: str, ttl: int = 3600) -> Zone:
    """a.example with these TXT records, and its servers."""
    apex = {"TXT": list(texts), "NS": ["ns1.a.example", "ns2.a.example"]}
    return Zone(names={**NAMES, "a.example": apex}, ttl=ttl)


@contextmanager
def servers(first: Zone, second: Zone, resolver: Zone) -> Iterator[Server]:
    """Two servers of the zone at one port, and a resolver."""
    port = free_port()
    with ExitStack() as stack:
        for address, known in (("127.0.0.2", first), ("127.0.0.3", second)):
            stack.enter_context(dns_server(known, address=address, port=port))
        yield stack.enter_context(dns_server(resolver, port=port))


def test_half_way(path: Path) -> None:
    """One server has it, one has not, and a resolver remembers for a while."""
    heard = said()
    with servers(zone(NEW), zone(OLD), zone(OLD, ttl=1742)) as here:
        code = check(heard.console, path, [], resolvers=[str(here)], port=here.port)

    port = here.port
    assert code is ExitCode.CHANGES_PENDING
    assert (
        heard.out.getvalue()
        == f"""a.example
  planned  "v=spf1 ip4:192.0.2.1 -all"
  ns1.a.example (127.0.0.2:{port})   planned
  ns2.a.example (127.0.0.3:{port})   old: "v=spf1 -all"
  resolver 127.0.0.1:{port}          old, for 1742 s yet: "v=spf1 -all"
"""
    )


def test_everywhere(path: Path) -> None:
    """The end of the waiting, for cron; in JSON too."""
    heard = said()
    with servers(zone(NEW), zone(NEW), zone(NEW)) as here:
        code = check(heard.console, path, ["A.example."], resolvers=[str(here)], json=True, port=here.port)

    shown = json.loads(heard.out.getvalue())
    assert code is ExitCode.OK
    assert [one["state"] for one in shown["domains"][0]["servers"]] == ["planned"] * 3


def test_a_server_that_fails(path: Path) -> None:
    """Is unknown, not old; so is one that was not told of the zone."""
    heard = said()
    lame = Zone(names={"a.example": {}}, has_authority=False)
    with servers(lame, Zone(names={"a.example": Outcome.SERVFAIL}), zone(NEW)) as here:
        code = check(heard.console, path, [], resolvers=[str(here)], port=here.port)

    assert code is ExitCode.ERROR
    assert heard.out.getvalue().count("   unknown: server failure\n") == 2


def test_a_record_that_is_to_be_put_right(path: Path) -> None:
    """Is an error, whoever has it."""
    heard = said()
    with servers(*[zone("v=spf1 nonsense")] * 3) as here:
        code = check(heard.console, path, [], resolvers=[str(here)], port=here.port)

    assert code is ExitCode.ERROR
    assert "  error: a.example: unknown mechanism 'nonsense'\n" in heard.out.getvalue()


def test_the_command_line(path: Path) -> None:
    """A domain of which nobody knows a server."""
    with dns_server(Zone(names={})) as here:
        done = run("spf", "check", "none.example", "-i", str(path), "--resolver", str(here))

    assert done.exit_code == ExitCode.ERROR
    assert "the DNS names no server with authority over none.example" in done.stdout
