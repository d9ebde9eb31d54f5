"""`relayconf doctor`, on a host of this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from relayconf.commands.doctor import DoctorOptions, doctor
from relayconf.errors import UsageError
from relayconf.exits import ExitCode
from tests.support.dns_server import dns_server
from tests.support.local_host import local_host, said
from tests.support.smtp_door import Manners, closed, door
from tests.support.spf_zone import Zone

INVENTORY = """\
version: 1
hosts:
  edge:
    mta: qmail
    connection: local
    relay: {relay}
    egress: [203.0.113.7]
    qmail_home: {{home}}
    state_directory: {{state}}
relays:
  isp: {{{{host: 127.0.0.1, port: {port}, tls: encrypt, auth: {{{{username: a, password: {{{{env: NO_SUCH}}}}}}}}}}}}
"""
GOOD = {"2.0.0.127.zen.test": {"A": ("127.0.0.2",)}}


@pytest.mark.parametrize("listed", [False, True])
def test_direct(tmp_path: Path, *, listed: bool) -> None:
    """Fine, or an error with its cure; in text and in JSON."""
    host = local_host(tmp_path, inventory=INVENTORY.format(relay="direct", port=587))
    names = GOOD | ({"7.113.0.203.zen.test": {"A": ("127.0.0.11",)}} if listed else {})
    heard, data = said(), said()
    with (
        dns_server(Zone(names=names)) as server,
        door(Manners(greeting="220 a"), address="127.0.0.2") as one,
        door(Manners(greeting="220 b"), address="127.0.0.3") as two,
    ):
        asked = DoctorOptions(
            targets=(f"127.0.0.2:{one.port}", f"127.0.0.3:{two.port}"),
            controls=(f"127.0.0.1:{closed()}",),
            zone="zen.test",
            resolvers=(f"127.0.0.1:{server.port}",),
            seconds=2,
            provider="asahi-net",
        )
        code = doctor(heard.console, host.options(), asked)
        assert doctor(data.console, host.options(json=True), asked) is code

    out = heard.out.getvalue()
    assert code is (ExitCode.ERROR if listed else ExitCode.OK)
    assert "port25-open" in out
    assert ("        provider: asahi-net\n" in out) is listed
    value = json.loads(data.out.getvalue())
    assert (value["kind"], value["exit_code"]) == ("doctor", int(code))


def test_secrets(tmp_path: Path) -> None:
    """One that cannot be had is told, without secrets it is not even asked for."""
    with door(Manners()) as server:
        host = local_host(tmp_path, inventory=INVENTORY.format(relay="isp", port=server.port))
        shut = closed()
        asked = DoctorOptions(
            targets=(f"127.0.0.1:{shut}",), controls=(f"127.0.0.1:{shut}",), resolvers=(f"127.0.0.1:{shut}",), seconds=1
        )
        one, other = said(), said()
        doctor(one.console, host.options(), asked)
        doctor(other.console, host.options(), replace(asked, without_secrets=True))

    assert "relay-no-tls" in one.out.getvalue()
    assert "AUTH" not in server.verbs()
    assert "NO_SUCH" not in other.out.getvalue()


def test_usage(tmp_path: Path) -> None:
    """What nobody can be asked for ends before a host is."""
    options = local_host(tmp_path).options()

    with pytest.raises(UsageError):
        doctor(said().console, options, DoctorOptions(targets=(":",)))
    with pytest.raises(UsageError):
        doctor(said().console, options, DoctorOptions(resolvers=("ns.test",)))


def test_hosts_out_of_reach(tmp_path: Path) -> None:
    """Are failed hosts."""
    (tmp_path / "inventory.yaml").write_text(
        f"version: 1\nhosts: {{edge: {{mta: qmail, relay: direct, address: 127.0.0.1, ssh: {{port: {closed()}}}}}}}\n"
    )
    heard = said()

    options = replace(local_host(tmp_path / "other").options(), inventory=tmp_path / "inventory.yaml")
    assert doctor(heard.console, options) is ExitCode.HOST_FAILED
    assert "edge   failed" in heard.out.getvalue()
