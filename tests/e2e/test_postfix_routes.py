"""Every kind of target that an inventory has, on a real Postfix."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"), HostSpec(name="edge", mta="postfix")),
    relays=(
        RelaySpec(name="isp.relays.test", users={"customer": ("pw-isp-Rk4t",)}),
        RelaySpec(name="cloud.relays.test", users={"tenant": ("pw-cloud-Vn2j",)}),
        RelaySpec(name="store.example", ports=(25,)),
    ),
)
_INVENTORY = """\
version: 1
mta: postfix
ssh: {{user: ops, become: sudo, identity_file: {key}}}
relays:
  isp: {{host: isp.relays.test, port: 587, auth: {{username: customer, password: {{file: isp}}}}}}
  cloud: {{host: cloud.relays.test, port: 465, auth: {{username: tenant, password: {{file: cloud}}}}}}
hosts:
  mail1: {{address: mail1.lab.test, relay: isp, routes: {{edge.world.test: {{via: edge}}}}}}
  edge: {{address: edge.lab.test, relay: cloud}}
domains:
  edge.lab.test: {{at: edge}}
  backup.world.test: mx
routes:
  .sub.world.test: {{host: store.example, port: 25}}
  direct.sub.world.test: direct
  anna@world.test: {{host: store.example}}
  cloud.world.test: {{relay: cloud}}
  no.world.test: {{reject: "5.1.1 nobody of this name"}}
  later.world.test: {{retry: "4.3.0 come back tomorrow"}}
  void.world.test: {{discard: not wanted}}
"""
_PASSWORDS = {"isp": "pw-isp-Rk4t", "cloud": "pw-cloud-Vn2j"}


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path / "laptop")


def test_mail_goes_where_the_inventory_says(admin: LabAdmin) -> None:
    """The most specific key counts; two relays are used at once, one of them with implicit TLS."""
    lab, host = admin.lab, admin.lab.host("mail1")
    edge = lab.host("edge")
    edge.run(["postconf", "-e", f"mynetworks = 127.0.0.0/8 {lab.spec.address('mail1')}/32"])
    edge.postfix("reload")
    admin.write(_INVENTORY.format(key=admin.key), _PASSWORDS)

    refused = admin.run("apply", "--yes")
    assert refused.code == ExitCode.HOST_FAILED
    dropped = "mail would be dropped as if it had been delivered: void.world.test   blocks apply until --allow-discard"
    assert dropped in " ".join(refused.out.split(" ")), refused.out

    applied = admin.run("apply", "--yes", "--allow-discard")

    assert applied.code == ExitCode.OK, applied.out + applied.err
    assert applied.out.endswith("Apply: 2 changed\n")
    ways = {
        "a@world.test": ("isp.relays.test", 587, "customer"),
        "a@sub.world.test": ("isp.relays.test", 587, "customer"),
        "a@deep.sub.world.test": ("store.example", 25, ""),
        "a@direct.sub.world.test": ("mx.world.test", 25, ""),
        "a@backup.world.test": ("mx.world.test", 25, ""),
        "anna@world.test": ("store.example", 25, ""),
        "a@cloud.world.test": ("cloud.relays.test", 465, "tenant"),
        "a@edge.world.test": ("cloud.relays.test", 465, "tenant"),
    }
    for recipient in (*ways, "ops@edge.lab.test", "a@no.world.test", "a@later.world.test", "a@void.world.test"):
        host.inject("me@mail1.lab.test", [recipient])

    messages = {recipient: lab.message_to(recipient) for recipient in ways}
    assert {name: (taken.server, taken.port, taken.user) for name, taken in messages.items()} == ways
    assert messages["a@cloud.world.test"].peer == host.address
    assert messages["a@edge.world.test"].peer == edge.address
    lab.wait_for(lambda: edge.exists("/var/mail/ops"))
    told = (
        "dsn=5.1.1, status=bounced (nobody of this name)",
        "dsn=4.3.0, status=deferred (come back tomorrow)",
        "relay=none, delay=",
        "dsn=2.0.0, status=sent (not wanted)",
    )
    lab.wait_for(lambda: all(line in host.log() for line in told))
    assert admin.run("plan").out.endswith("\nPlan: no changes (2 hosts)\n")


_HUB = """\
version: 1
mta: postfix
ssh: {{user: root, identity_file: {key}}}
relays:
  isp: {{host: isp.relays.test, port: 587, auth: {{username: customer, password: {{file: isp}}}}}}
hosts:
  mail1: {{address: mail1.lab.test, relay: isp}}
  edge: {{address: edge.lab.test, relay: {{via: mail1}}}}
domains:
  mail1.lab.test: {{at: mail1}}
  backup.world.test: mx
"""


def test_a_hub_that_is_mx_and_backup_mx_and_its_satellite(admin: LabAdmin) -> None:
    """The satellite's mail takes the hub; strangers reach the hub's mailboxes, what it is backup MX for, no other."""
    lab, hub, satellite = admin.lab, admin.lab.host("mail1"), admin.lab.host("edge")
    hub.run(["postconf", "-e", f"mynetworks = {satellite.address}/32", "relay_domains = backup.world.test"])
    hub.postfix("reload")
    admin.write(_HUB.format(key=admin.key), _PASSWORDS)

    applied = admin.run("apply", "--yes")

    assert applied.code == ExitCode.OK, applied.out + applied.err
    satellite.inject("me@edge.lab.test", ["out@world.test", "ops@mail1.lab.test"])
    hub.inject_smtp("stranger@world.test", ["in@backup.world.test", "nosudo@mail1.lab.test"])
    with pytest.raises(smtplib.SMTPRecipientsRefused, match="Relay access denied"):
        hub.inject_smtp("stranger@world.test", ["else@world.test"])
    out, received = lab.message_to("out@world.test"), lab.message_to("in@backup.world.test")
    assert (out.server, out.peer, out.user) == ("isp.relays.test", hub.address, "customer")
    assert (received.server, received.peer, received.user) == ("mx.world.test", hub.address, "")
    lab.wait_for(lambda: hub.exists("/var/mail/ops") and hub.exists("/var/mail/nosudo"))
