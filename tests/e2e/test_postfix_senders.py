"""Relays and credentials by envelope sender, on a real Postfix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import MESSAGE, HostSpec, Lab, LabSpec, Message, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_ISP, _CLOUD, _STORE, _RECEIVER = "isp.relays.test", "cloud.relays.test", "store.example", "mx.world.test"
_PASSWORDS = {"isp": "pw-isp-Rk4t", "shop": "pw-shop-Bq7c", "anna": "pw-anna-Lt2w", "cloud": "pw-cloud-Vn2j"}
_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"),),
    relays=(
        RelaySpec(name=_ISP, users={"customer": ("pw-isp-Rk4t",), "shop": ("pw-shop-Bq7c", "pw-shop-New5")}),
        RelaySpec(name=_CLOUD, users={"tenant": ("pw-cloud-Vn2j",), "anna": ("pw-anna-Lt2w",)}),
        RelaySpec(name=_STORE, ports=(25,)),
    ),
    zones={"ours.test": f"@ MX 10 {_STORE}.\n"},
)
_HEAD = """\
version: 1
mta: postfix
ssh: {{user: root, identity_file: {key}}}
hosts: {{mail1: {{address: mail1.lab.test}}}}
"""
_RELAYS = """\
relays:
  isp: {host: isp.relays.test, port: 587, tls: secure, auth: {username: customer, password: {file: isp}}}
  cloud: {host: cloud.relays.test, port: 465, auth: {username: tenant, password: {file: cloud}}}
relay: isp
domains:
  ours.test: {host: store.example}
routes:
  cloud.world.test: {relay: cloud}
  direct.world.test: direct
"""
_SENDERS = """\
senders:
  "@shop.test": {relay: isp, auth: {username: shop, password: {file: shop}}}
  anna@shop.test: {relay: cloud, auth: {username: anna, password: {file: anna}}}
  "@cloud.test": {relay: cloud}
  <>: {relay: cloud}
"""
_ISP_OWN, _ISP_SHOP = (_ISP, 587, "customer", True), (_ISP, 587, "shop", True)
_CLOUD_OWN, _CLOUD_ANNA = (_CLOUD, 465, "tenant", True), (_CLOUD, 465, "anna", True)
_DIRECT, _TO_STORE = (_RECEIVER, 25, "", False), (_STORE, 25, "", False)
_WAYS = {
    ("me@mail1.lab.test", "all@world.test"): _ISP_OWN,
    ("ben@shop.test", "ben@world.test"): _ISP_SHOP,
    ("Ben+list@SHOP.test", "list@world.test"): _ISP_SHOP,
    ("anna@shop.test", "anna@world.test"): _CLOUD_ANNA,
    ("anna+news@shop.test", "news@world.test"): _CLOUD_ANNA,
    ("ben@sub.shop.test", "sub@world.test"): _ISP_OWN,
    ("carl@cloud.test", "carl@world.test"): _CLOUD_OWN,
    ("", "bounce@world.test"): _CLOUD_OWN,
    # The recipient's route counts more than the sender, whose password goes nowhere else.
    ("ben@shop.test", "ben@ours.test"): _TO_STORE,
    ("ben@shop.test", "ben@cloud.world.test"): _CLOUD_OWN,
    ("anna@shop.test", "anna@direct.world.test"): _DIRECT,
    # What the host receives for others takes the default, as relay_domains does without senders.
    ("ben@shop.test", "ben@received.world.test"): _ISP_OWN,
}


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path / "laptop")


def _way(message: Message) -> tuple[str, int, str, bool]:
    return message.server, message.port, message.user, bool(message.tls)


def _assert_ways(lab: Lab, ways: Mapping[tuple[str, str], tuple[str, int, str, bool]]) -> None:
    mark = lab.mark()
    with lab.host("mail1").smtp() as client:
        for sender, recipient in ways:
            client.sendmail(sender, [recipient], MESSAGE)

    got = {(sender, to): _way(lab.message_to(to, since=mark)) for sender, to in ways}
    assert got == ways
    assert lab.refusals(since=mark) == ()


def _apply(admin: LabAdmin) -> str:
    ran = admin.run("apply", "--yes", "--allow-no-relay", "--allow-own-domains")
    assert ran.code == ExitCode.OK, ran.out + ran.err
    return ran.out


def test_mail_takes_the_sender_s_relay(admin: LabAdmin) -> None:
    """Own relay, own credentials at the default's, 465, bounces; another password; in the end every byte is back."""
    lab, host = admin.lab, admin.lab.host("mail1")
    inventory = _HEAD.format(key=admin.key) + _RELAYS
    host.run(["postconf", "-e", "relay_domains = received.world.test"])
    host.postfix("reload")
    before = [host.read(f"/etc/postfix/{name}") for name in ("main.cf", "master.cf")]

    admin.write(inventory + _SENDERS, _PASSWORDS)
    _apply(admin)
    _assert_ways(lab, _WAYS)
    assert host.run(["sh", "-c", "postconf -nx; postconf -Mx; postfix check"]).stderr == b""
    assert admin.run("plan").out.endswith("Plan: no changes (1 host)\n")

    mark = lab.mark()
    admin.write(inventory + _SENDERS, {"shop": "pw-shop-New5"})
    _apply(admin)
    _assert_ways(lab, _WAYS)
    assert lab.message_to("ben@world.test", since=mark).password == "pw-shop-New5"

    admin.write(inventory, {})
    shown = " ".join(_apply(admin).split())
    assert "from @shop.test [isp.relays.test]:587 shop, secure [isp.relays.test]:587 customer, secure" in shown
    _assert_ways(lab, dict.fromkeys(list(_WAYS)[:8], _ISP_OWN))

    admin.write(_HEAD.format(key=admin.key) + "relay: direct\n", {})
    _apply(admin)
    assert [host.read(f"/etc/postfix/{name}") for name in ("main.cf", "master.cf")] == before
    assert admin.run("plan").out == "Plan: no changes (1 host)\n"
