"""`relayconf doctor` reaches its function with its options."""

from __future__ import annotations

import json

from relayconf.exits import ExitCode
from tests.support.cli import run
from tests.support.dns_server import dns_server
from tests.support.local_host import LocalHost
from tests.support.smtp_door import closed
from tests.support.spf_zone import Zone

COMMON = ("--parallel", "3", "--accept-new", "-i", "inventory.yaml", "edge")


def test_doctor(host: LocalHost) -> None:
    """All of them; the host is not touched."""
    inventory = host.inventory.read_text().replace("mail.asahi-net.or.jp", "127.0.0.1")
    host.inventory.write_text(inventory.replace("    relay: isp", "    relay: direct\n    egress: [203.0.113.7]"))
    with dns_server(Zone(names={"7.113.0.203.zen.test": {"A": ("127.0.0.10",)}})) as server:
        options = ("--dnsbl", "zen.test", "--resolver", f"127.0.0.1:{server.port}", "--timeout", "1")
        places = ("--target", f"127.0.0.1:{closed()}", "--control", f"127.0.0.1:{closed()}")
        done = run("doctor", "--json", "--provider", "asahi-net", "--without-secrets", *options, *places, *COMMON)

    assert done.exit_code == ExitCode.OK, done.stdout
    (found,) = json.loads(done.stdout)["hosts"]
    codes = {item["code"]: item["text"] for item in found["examination"]["symptoms"]}
    assert "zen.test" in codes["dnsbl-unknown"]
    assert "test entry" in codes["dnsbl-unknown"]
    assert "port25-unknown" in codes
    assert not (host.folder / "state").exists()
