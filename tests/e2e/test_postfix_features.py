"""What smarthosts are asked for beyond a password, each on the same real Postfix: the relay says what it saw."""

from __future__ import annotations

import hashlib
import ssl
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


def _fingerprint(lab: Lab, name: str) -> str:
    """SHA-256 of the certificate that the relay *name* shows."""
    context = ssl.create_default_context(cafile=str(lab.path("ca.pem")))
    with lab.connect(name, 465) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
        certificate = secure.getpeercert(binary_form=True)
    return hashlib.sha256(certificate or b"").hexdigest()


def test_tls(admin: LabAdmin) -> None:
    """One relay by fingerprint with TLS 1.3, another by an authority of our own; a wrong fingerprint holds mail."""
    host, digest = admin.lab.host("mail1"), _fingerprint(admin.lab, "isp.relays.test")
    wish = "relay: isp, routes: {ca.world.test: {relay: ses}}, settings: {smtp_tls_CAfile: /etc/our-ca.pem}"
    isp = "port: 587, tls: fingerprint, tls_minimum: TLSv1.3, fingerprints: [%s]"
    ses = "port: 587, tls: secure, client_certificate: {certificate: /etc/our-ca.pem, key: /etc/our.key}"

    bad = _run(admin, "plan", host=wish, isp=isp % digest, ses=ses)

    assert "there is no file /etc/our-ca.pem on this host\n" in bad.out
    assert "there is no file /etc/our.key on this host\n" in bad.out
    host.write("/etc/our-ca.pem", admin.lab.path("ca.pem").read_bytes())
    _apply(admin, host=wish, isp=isp % digest, ses="port: 587, tls: secure")
    assert _sent(admin, "four@world.test") == ("isp.relays.test", 587, "customer")
    assert host.output(["postconf", "-h", "smtp_helo_name"]) == "hand.lab.test"  # the admin's own is back
    assert admin.lab.message_to("four@world.test").tls == "TLSv1.3"
    assert _sent(admin, "five@ca.world.test") == ("ses.relays.test", 587, "tenant")
    _apply(admin, host=wish, isp=isp % ("0" * 64), ses="port: 587, tls: secure")
    host.inject("me@mail1.lab.test", ["held@world.test"])
    admin.lab.wait_for(lambda: "to=<held@world.test>" in host.log())
    assert "status=deferred (Server certificate not verified)" in host.log().partition("to=<held@world.test>")[2]


def test_a_second_instance(admin: LabAdmin) -> None:
    """`config_directory` names an instance of postmulti(1): it alone is configured, and sends through the relay."""
    host = admin.lab.host("mail1")
    before = host.read("/etc/postfix/main.cf")
    for command in (
        ["postmulti", "-e", "init"],
        ["postmulti", "-I", "postfix-out", "-G", "out", "-e", "create"],
        ["postconf", "-c", "/etc/postfix-out", "-e", "master_service_disable = inet", "authorized_submit_users = root"],
        ["postmulti", "-i", "postfix-out", "-e", "enable"],
        ["/usr/lib/postfix/configure-instance.sh", "postfix-out"],
        ["postmulti", "-i", "postfix-out", "-p", "start"],
    ):
        host.run(command)

    _apply(admin, host="relay: ses, config_directory: /etc/postfix-out, state_directory: /var/lib/relayconf-out")

    assert host.output(["ls", "/etc/postfix-out/relayconf"]).split() == ["1", "2"]
    sent = ["sendmail", "-C", "/etc/postfix-out", "-f", "me@mail1.lab.test", "six@world.test"]
    host.run(sent, stdin=b"Subject: six\n\nx\n")
    message = admin.lab.message_to("six@world.test")
    assert (message.server, message.user) == ("ses.relays.test", "tenant")
    assert host.read("/etc/postfix/main.cf").splitlines()[: len(before.splitlines())] == before.splitlines()
    assert "there are other instances of Postfix" in _run(admin, "plan", host="relay: isp").out
    host.run(["postmulti", "-i", "postfix-out", "-p", "stop"])
