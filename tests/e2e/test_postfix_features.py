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
  isp: {{host: isp.relays.test, port: 587, auth: {{username: customer, password: {{file: isp}}}}, {isp}}}
  ses: {{host: ses.relays.test, port: 587, auth: {{username: tenant, password: {{file: ses}}}}, {ses}}}
hosts:
  mail1: {{address: mail1.lab.test, ssh: {{user: root, identity_file: {key}}}, {host}}}
"""
_PASSWORDS = {"isp": "pw-isp-Rk4t", "ses": "pw-ses-Vn2j"}


@pytest.fixture(name="admin", scope="module")
def _admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path_factory.mktemp("admin") / "laptop")


def _run(admin: LabAdmin, *words: str, host: str, isp: str = "tls: encrypt", ses: str = "tls: encrypt") -> Ran:
    admin.write(_INVENTORY.format(key=admin.key, host=host, isp=isp, ses=ses), _PASSWORDS)
    return admin.run(*words)


def _apply(admin: LabAdmin, *, host: str, isp: str = "tls: encrypt", ses: str = "tls: encrypt") -> Ran:
    ran = _run(admin, "apply", "--yes", "--allow-weaker-tls", host=host, isp=isp, ses=ses)
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
