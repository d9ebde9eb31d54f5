"""`relayconf doctor` in the lab: real sshd, Postfix, TLS, AUTH and DNS, and networks that are broken on purpose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

PASSWORD = "isp s3cret"
_ISP = RelaySpec(name="relay.isp.test", users={"anna": (PASSWORD,)})
_FAR = RelaySpec(name="mx.far.test", ports=(25,))
_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"),),
    relays=(_ISP, _FAR),
    zones={
        "zen.test": "2.0.0.127 A 127.0.0.2\n1.1.87.10 A 127.0.0.11\n",
        "refusing.test": "* A 127.255.255.254\n",
        "far.test": "@ MX 10 mx.far.test.\nmx A 10.87.0.101\n",
    },
)
INVENTORY = """\
version: 1
relays:
  isp:
    host: relay.isp.test
    port: 587
    tls: secure
    ca_file: ca.pem
    auth: {{username: anna, password: {{file: {secret}}}}}
hosts:
  mail1:
    address: {address}
    mta: postfix
    relay: {relay}
    egress: [10.87.1.1]
    ssh: {{user: root, identity_file: {key}}}
"""


@pytest.fixture(scope="module", name="admin")
def _admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        admin = LabAdmin.make(lab, tmp_path_factory.mktemp("laptop") / "admin")
        (admin.admin.folder / "ca.pem").write_bytes(lab.path("ca.pem").read_bytes())
        yield admin


def examined(admin: LabAdmin, *words: str, relay: str = "direct", secret: str = PASSWORD) -> dict[str, str]:
    """The level of each code, symptoms and verdicts; verdicts with a mark in front."""
    inventory = INVENTORY.format(secret="isp", relay=relay, key=admin.key, address=admin.lab.spec.address("mail1"))
    admin.write(inventory, {"isp": secret})
    usual = ("--target", "mx.world.test", "--target", "mx.far.test", "--control", "relay.isp.test:587")
    done = admin.run("doctor", "--json", "--timeout", "2", *usual, "--dnsbl", "zen.test", *words)
    assert PASSWORD not in done.out + done.err
    value = json.loads(done.out)
    found = value["hosts"][0]["examination"]
    assert found is not None, done.err
    errors = [item for item in found["symptoms"] if item["level"] == "error"]
    assert done.code == (ExitCode.ERROR if errors else ExitCode.OK)
    verdicts = {f"-> {item['code']}": "\n".join(item["lines"]) for item in found["verdicts"]}
    return {item["code"]: item["level"] for item in found["symptoms"]} | verdicts


@contextmanager
def dropped(host: Machine, *addresses: str) -> Iterator[None]:
    """Packets to these addresses go to a card that is not there: filtered, as seen from the host."""
    for address in addresses:
        host.run(["ip", "neigh", "replace", address, "lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "permanent"])
    yield
    for address in addresses:
        host.run(["ip", "neigh", "del", address, "dev", "eth0"])


@contextmanager
def no_route(host: Machine, *addresses: str) -> Iterator[None]:
    """There is no way to these addresses."""
    for address in addresses:
        host.run(["ip", "route", "add", "unreachable", address])
    yield
    for address in addresses:
        host.run(["ip", "route", "del", "unreachable", address])


@contextmanager
def forbidding(host: Machine) -> Iterator[None]:
    """An sshd that makes no connections for its clients."""
    before = host.read("/etc/ssh/sshd_config")
    host.write("/etc/ssh/sshd_config", b"AllowTcpForwarding no\n" + before)
    host.run(["sh", "-c", "kill -HUP $(cat /run/sshd.pid)"])
    yield
    host.write("/etc/ssh/sshd_config", before)
    host.run(["sh", "-c", "kill -HUP $(cat /run/sshd.pid)"])


def test_a_host_that_sends_directly(admin: LabAdmin) -> None:
    """Port 25 is open, but the address is in the PBL: a smarthost."""
    found = examined(admin, "--provider", "asahi-net")

    assert found["port25-open"] == "ok"
    assert found["dnsbl-policy"] == "error"
    assert found["ptr-confirmed"] == "ok"
    assert found["helo-matches"] == "ok"
    assert found["queue-empty"] == "ok"
    assert found["-> needs-smarthost"] == (
        "relays:\n  asahi-net:\n    provider: asahi-net\n    "
        "auth: {username: customer, password: {env: RELAY_PASSWORD}}\n"
        "hosts:\n  mail1:\n    relay: asahi-net"
    )


def test_a_filtered_port_25(admin: LabAdmin) -> None:
    """Needs a smarthost where it is needed; that the sshd forwards nothing changes no finding of the tools."""
    host = admin.lab.host("mail1")
    with dropped(host, admin.lab.spec.address("mx.world.test"), admin.lab.spec.address("mx.far.test")):
        direct = examined(admin)
        with forbidding(host):
            forbidden = examined(admin, relay="isp")

    assert direct["port25-filtered"] == "error"
    assert "-> needs-smarthost" in direct
    assert (forbidden["port25-filtered"], forbidden["forwarding-refused"]) == ("info", "info")
    assert forbidden["relay-unknown"] == "unknown"
    assert "-> undecided" in forbidden


def test_no_route(admin: LabAdmin) -> None:
    """To the world, and to the relay; the control port is the host's own."""
    host, addresses = admin.lab.host("mail1"), admin.lab.spec.address
    with no_route(host, addresses("mx.world.test"), addresses("mx.far.test"), addresses("relay.isp.test")):
        found = examined(admin, "--control", "mail1.lab.test:22", relay="isp")

    assert (found["port25-no-route"], found["relay-no-route"]) == ("info", "error")
    assert "-> closed-relay" in found


def test_a_good_relay(admin: LabAdmin) -> None:
    """With verified TLS and an accepted login, from a host in the PBL, which no longer matters; nothing is sent."""
    mark = admin.lab.mark()
    found = examined(admin, relay="isp")

    assert (found["relay-ready"], found["sasl-present"], found["dnsbl-policy"]) == ("ok", "ok", "info")
    assert "-> sound" in found
    assert admin.lab.messages() == ()
    assert [item for item in admin.lab.refusals(since=mark) if item.user] == []


def test_logins(admin: LabAdmin) -> None:
    """A wrong password is refused by the relay; nothing is ever sent."""
    mark = admin.lab.mark()
    found = examined(admin, relay="isp", secret="wrong")

    assert found["relay-login-refused"] == "error"
    assert "-> wrong-login" in found
    assert [item.command for item in admin.lab.refusals(since=mark) if item.user] == ["AUTH"]


def test_a_list_that_refuses_the_resolver(admin: LabAdmin) -> None:
    """127.255.255.254 for everything, as Spamhaus answers public resolvers: unknown, never listed."""
    found = examined(admin, "--dnsbl", "refusing.test")

    assert found["dnsbl-unknown"] == "unknown"
    assert not {"dnsbl-policy", "dnsbl-listed", "dnsbl-clean"} & set(found)
    assert "-> undecided" in found
