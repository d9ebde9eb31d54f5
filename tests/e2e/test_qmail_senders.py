"""Relays by envelope sender, on a qmail host of a flavour that has authsenders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin
from tests.support.qmail_tree import BINARIES, binary

pytestmark = needs_lab

_AUTHSENDERS = "/var/qmail/control/authsenders"
_INVENTORY = """\
version: 1
mta: qmail
ssh: {{user: root, identity_file: {key}}}
relays: {{isp: {{host: isp.relays.test, port: 587, tls: may, auth: {{username: customer, password: {{file: isp}}}}, \
allow_plaintext_auth: true}}}}
relay: isp
hosts: {{mail1: {{address: mail1.lab.test}}}}
"""
_SENDERS = """\
senders:
  "@shop.test": {relay: isp, auth: {username: shop, password: {file: shop}}}
  anna@shop.test: {relay: isp}
"""
_PASSWORDS = {"isp": "pw-isp-Rk4t", "shop": "pw-shop-Bq7c"}


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    spec = LabSpec(hosts=(HostSpec(name="mail1", mta="qmail"),), relays=(RelaySpec(name="isp.relays.test"),))
    with Lab.up(spec) as lab:
        lab.host("mail1").write("/var/qmail/bin/qmail-remote", binary(*BINARIES["netqmail-auth"]), mode=0o711)
        admin = LabAdmin.make(lab, tmp_path / "laptop")
        admin.write(_INVENTORY.format(key=admin.key), _PASSWORDS)
        yield admin


def test_senders_come_and_go(admin: LabAdmin) -> None:
    """The table has each sender's credentials, for qmail-remote alone; without senders it goes, or it would count."""
    host = admin.lab.host("mail1")
    admin.write(_INVENTORY.format(key=admin.key) + _SENDERS, {})

    applied = admin.run("apply", "--yes")

    assert applied.code == ExitCode.OK, applied.out + applied.err
    assert host.read(_AUTHSENDERS).splitlines()[1:] == [
        b"@shop.test:isp.relays.test:587|shop|pw-shop-Bq7c",
        b"anna@shop.test:isp.relays.test:587|customer|pw-isp-Rk4t",
    ]
    assert host.output(["stat", "-c", "%a %U:%G", _AUTHSENDERS]) == "640 root:qmail"
    assert not any(password in applied.out + applied.err for password in _PASSWORDS.values())

    admin.write(_INVENTORY.format(key=admin.key), {})
    gone = admin.run("apply", "--yes")

    assert gone.code == ExitCode.OK, gone.out + gone.err
    assert not host.exists(_AUTHSENDERS)
    assert admin.run("plan").out.endswith("Plan: no changes (1 host)\n")


def test_a_table_of_somebody_else_s_stays(admin: LabAdmin) -> None:
    """What relayconf never wrote is none of its business."""
    host = admin.lab.host("mail1")
    host.write(_AUTHSENDERS, b"@x.test:isp.relays.test:587|u|p\n", mode=0o600)
    host.run(["chgrp", "qmail", _AUTHSENDERS])
    host.run(["chmod", "640", _AUTHSENDERS])

    applied = admin.run("apply", "--yes")

    assert applied.code == ExitCode.OK, applied.out + applied.err
    assert host.read(_AUTHSENDERS) == b"@x.test:isp.relays.test:587|u|p\n"
