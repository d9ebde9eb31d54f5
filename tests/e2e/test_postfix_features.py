"""What smarthosts are asked for beyond a password, each on the same real Postfix: the relay says what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.cli import Ran
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_ISP = RelaySpec(name="isp.relays.test", users={"customer": ("pw-isp-Rk4t",)})
_SES = RelaySpec(name="ses.relays.test", users={"tenant": ("pw-ses-Vn2j",)})
_SPEC = LabSpec(hosts=(HostSpec(name="mail1", mta="postfix"),), relays=(_ISP, _SES))
_INVENTORY = """\
version: 1
mta: postfix
relays:
  isp: {{host: isp.relays.test, auth: {{username: customer, password: {{file: isp}}}}, {isp}}}
  ses: {{host: ses.relays.test, auth: {{username: tenant, password: {{file: ses}}}}, {ses}}}
hosts:
  mail1: {{address: mail1.lab.test, ssh: {{user: root, identity_file: {key}}}, {host}}}
"""
_PLAIN = "port: 587, tls: encrypt"
_PASSWORDS = {"isp": "pw-isp-Rk4t", "ses": "pw-ses-Vn2j"}


@pytest.fixture(name="admin", scope="module")
def _admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path_factory.mktemp("admin") / "laptop")


def _run(admin: LabAdmin, *words: str, host: str, isp: str = _PLAIN, ses: str = _PLAIN) -> Ran:
    admin.write(_INVENTORY.format(key=admin.key, host=host, isp=isp, ses=ses), _PASSWORDS)
    return admin.run(*words)


def _apply(admin: LabAdmin, *flags: str, host: str, isp: str = _PLAIN, ses: str = _PLAIN) -> Ran:
    ran = _run(admin, "apply", "--yes", "--allow-weaker-tls", *flags, host=host, isp=isp, ses=ses)
    assert ran.code == ExitCode.OK, ran.out + ran.err
    return ran


def _sent(admin: LabAdmin, recipient: str) -> tuple[str, int, str]:
    """Server, port and user of a message to *recipient*."""
    admin.lab.host("mail1").inject("me@mail1.lab.test", [recipient])
    message = admin.lab.message_to(recipient)
    assert message.tls.startswith("TLSv1")
    return message.server, message.port, message.user


def test_failover(admin: LabAdmin) -> None:
    """Mail goes to the first of the list; while that one refuses it for now, to the second, with its own password."""
    ran = _apply(admin, host="relay: [isp, ses]")

    assert "[isp.relays.test]:587 customer, encrypt, else [ses.relays.test]:587 tenant, encrypt" in ran.out
    assert _sent(admin, "one@world.test") == ("isp.relays.test", 587, "customer")
    admin.lab.change_relay(replace(_ISP, refusal="450 4.7.1 come back later"))
    assert _sent(admin, "two@world.test") == ("ses.relays.test", 587, "tenant")
    admin.lab.change_relay(_ISP)


def test_settings(admin: LabAdmin) -> None:
    """What this Postfix does not know, or cannot read, is refused by name; a value of the admin's own is asked for."""
    host = admin.lab.host("mail1")
    host.run(["postconf", "-e", "smtp_helo_name = hand.lab.test"])
    wish = "relay: [isp, ses], settings: {smtp_helo_name: out.lab.test, smtp_destination_rate_delay: 1s}"

    bad = _run(admin, "plan", host="relay: isp, settings: {smtp_helo_nmae: x, smtp_connect_timeout: soon}")
    held = _run(admin, "apply", "--yes", host=wish)

    assert bad.code == ExitCode.HOST_FAILED
    assert "on this host does not know: smtp_helo_nmae\n" in bad.out
    assert "`settings`: smtp_connect_timeout must be a time such as `90s`, `5m`, `2h` or `1d`\n" in bad.out
    assert held.code != ExitCode.OK
    assert "main.cf: smtp_helo_name = hand.lab.test, which relayconf never set, would be replaced" in held.out
    _apply(admin, "--take-over", host=wish, isp="port: 465", ses="port: 465")
    assert _sent(admin, "three@world.test") == ("isp.relays.test", 465, "customer")
    assert admin.lab.message_to("three@world.test").helo == "out.lab.test"
    assert host.output(["postconf", "-h", "relayconf-tls_destination_rate_delay"]) == "1s"
    _apply(admin, host="relay: [isp, ses]", isp="port: 465", ses="port: 465")
    assert host.output(["postconf", "-h", "smtp_helo_name"]) == "hand.lab.test"
