from __future__ import annotations

import errno
import io
import os
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from tests.lab import SUDO_PASSWORD, CommandError, HostSpec, Lab, LabError, LabSpec, Machine, RelaySpec
from tests.lab.marks import needs_lab

pytestmark = needs_lab

_A = RelaySpec(name="a.relays.test", users={"ua": ("pa",)})
_B = RelaySpec(name="b.relays.test", users={"ub": ("pb", "p b:")})
_SPEC = LabSpec(
    hosts=(
        HostSpec(name="mail1", mta="postfix"),
        HostSpec(name="mail2", mta="postfix"),
        HostSpec(name="q1", mta="qmail"),
    ),
    relays=(_A, _B),
    zones={"corp.test": '@ MX 10 mx.world.test.\n@ TXT "v=spf1 -all"\n'},
)


@pytest.fixture(scope="module", name="lab")
def _lab() -> Iterator[Lab]:
    with Lab.up(_SPEC) as lab:
        yield lab


@pytest.fixture(name="mail1")
def _mail1(lab: Lab) -> Iterator[Machine]:
    """A Postfix host whose main.cf is put back afterwards, and whose queue is emptied."""
    host = lab.host("mail1")
    before = host.read("/etc/postfix/main.cf")
    yield host
    _configure(host, before)
    host.run(["postsuper", "-d", "ALL"])


def _configure(host: Machine, main_cf: bytes) -> None:
    host.write("/etc/postfix/main.cf", main_cf)
    # Postfix waits two seconds before it trusts a file that it may catch half-written
    host.run(["touch", "-d", "1 minute ago", "/etc/postfix/main.cf"])
    host.postfix("reload")


def _relay_through(host: Machine, nexthop: str, user: str = "", *, implicit_tls: bool = False) -> None:
    main_cf = host.read("/etc/postfix/main.cf").decode() + f"relayhost = {nexthop}\n"
    if user:
        host.write("/etc/postfix/sasl_passwd", f"{nexthop} {user}\n".encode(), mode=0o600)
        main_cf += (
            "smtp_sasl_auth_enable = yes\n"
            "smtp_sasl_password_maps = texthash:/etc/postfix/sasl_passwd\n"
            "smtp_sasl_tls_security_options = noanonymous\n"
            "smtp_tls_security_level = secure\n"
        )
    if implicit_tls:
        main_cf += "smtp_tls_wrappermode = yes\n"
    _configure(host, main_cf.encode())


@contextmanager
def _ssh(lab: Lab, user: str) -> Iterator[paramiko.SSHClient]:
    client = paramiko.SSHClient()
    client.load_host_keys(str(lab.path("known_hosts")))
    with client:
        client.connect(
            "mail2",
            username=user,
            key_filename=str(lab.path("id_ed25519")),
            sock=lab.connect("mail2", 22),
            allow_agent=False,
            look_for_keys=False,
        )
        yield client


def _over_ssh(lab: Lab, user: str, command: str, stdin: bytes = b"") -> tuple[int, str]:
    with _ssh(lab, user) as client:
        to_command, stdout, stderr = client.exec_command(command, timeout=20)
        to_command.write(stdin)
        to_command.channel.shutdown_write()
        return stdout.channel.recv_exit_status(), (stdout.read() + stderr.read()).decode().strip()


@pytest.mark.parametrize("user", ["root", "ops", "opspw", "nosudo"])
def test_every_user_logs_in_with_the_key(lab: Lab, user: str) -> None:
    """The lab's key opens sshd for each of them, and its host key is the one in known_hosts."""
    assert _over_ssh(lab, user, "id -un; hostname") == (0, f"{user}\nmail2")


@pytest.mark.parametrize(
    ("user", "command", "stdin", "expected"),
    [
        ("ops", "sudo -n id -u", "", (0, "0")),
        ("opspw", "sudo -n id -u", "", (1, "sudo: a password is required")),
        ("opspw", "sudo -S -p '' id -u", f"{SUDO_PASSWORD}\n", (0, "0")),
        ("nosudo", "sudo -n id -u", "", (1, "sudo: a password is required")),
    ],
)
def test_sudo_asks_whom_it_should(lab: Lab, user: str, command: str, stdin: str, expected: tuple[int, str]) -> None:
    """One user may all without a password, one with, one nothing."""
    assert _over_ssh(lab, user, command, stdin.encode()) == expected


def test_openssh_knows_the_hosts(lab: Lab) -> None:
    """With the lab's ssh_config, OpenSSH's client gets in by name, with strict checking of the host key.

    It is the client of another host: the lab brings one along with sshd, this machine may have none.
    """
    client, folder = lab.host("q1"), str(lab.path("ssh_config").parent)
    for name in ("id_ed25519", "known_hosts", "ssh_config"):
        client.write(f"{folder}/{name}", lab.path(name).read_bytes(), mode=0o600)

    said = client.output(["ssh", "-F", f"{folder}/ssh_config", "-l", "ops", "mail1.lab.test", "hostname"])

    assert said == "mail1"


def test_mail_goes_to_the_receiver_by_mx(lab: Lab, mail1: Machine) -> None:
    """A host without a relay delivers by MX, in plain text, also what an ordinary user hands in."""
    content = b"Subject: hello\n\nFrom me\n.\n"
    mail1.inject("me@lab.test", ["direct@corp.test"], content)
    mail1.inject("ops@lab.test", ["direct@any.world.test"], content, user="ops")

    message = lab.message_to("direct@corp.test")

    assert (message.server, message.port, message.user, message.tls) == ("mx.world.test", 25, "", "")
    assert (message.sender, message.recipients) == ("me@lab.test", ("direct@corp.test",))
    assert (message.peer, message.helo) == (lab.spec.address("mail1"), "mail1.lab.test")
    assert message.headers["Subject"] == "hello"
    assert message.content.endswith(b"\r\n\r\nFrom me\r\n.\r\n")
    assert lab.message_to("direct@any.world.test").server == "mx.world.test"


@pytest.mark.parametrize(
    ("port", "login", "seen"),
    [(25, "", ("", "", "")), (587, "ua:pa", ("ua", "pa", "TLSv1.3")), (465, "ua:pa", ("ua", "pa", "TLSv1.3"))],
)
def test_mail_goes_through_a_relay(lab: Lab, mail1: Machine, port: int, login: str, seen: tuple[str, str, str]) -> None:
    """The relay takes mail on all three ports, and its certificate passes Postfix's level `secure`."""
    _relay_through(mail1, f"[{_A.name}]:{port}", login, implicit_tls=port == 465)

    mail1.inject("me@lab.test", [f"relayed-{port}@world.test"])

    message = lab.message_to(f"relayed-{port}@world.test")
    assert (message.server, message.port) == (_A.name, port)
    assert (message.user, message.password, message.tls) == seen


def test_a_relay_refuses_the_other_relays_user(lab: Lab, mail1: Machine) -> None:
    """Wrong credentials are 535 at AUTH, and Postfix defers."""
    mark = lab.mark()
    _relay_through(mail1, f"[{_B.name}]:587", "ua:pa")

    mail1.inject("me@lab.test", ["x@world.test"])

    refusal = lab.wait_for(lambda: lab.refusals(since=mark))[0]
    assert (refusal.server, refusal.port, refusal.user) == (_B.name, 587, "ua")
    assert (refusal.command, refusal.reply) == ("AUTH", "535 5.7.8 Authentication credentials invalid")
    queued = lab.wait_for(lambda: [queued for queued in mail1.queue() if queued.queue_name == "deferred"])
    assert queued[0].recipients[0].delay_reason.startswith("SASL authentication failed; server b.relays.test")
    assert lab.messages(since=mark) == ()


def test_a_relay_refuses_anonymous_mail(lab: Lab, mail1: Machine) -> None:
    """Mail without AUTH on 587 is 530 at MAIL, and Postfix bounces."""
    mark = lab.mark()
    _relay_through(mail1, f"[{_A.name}]:587")

    mail1.inject("", ["x@world.test"])

    refusal = lab.wait_for(lambda: lab.refusals(since=mark))[0]
    assert (refusal.command.split(" SIZE")[0], refusal.reply) == ("MAIL FROM:<>", "530 5.7.0 Authentication required")
    lab.wait_for(lambda: "status=bounced (host a.relays.test[" in mail1.log())


@pytest.mark.parametrize(("code", "status"), [("451", "deferred"), ("550", "bounced")])
def test_a_recipient_asks_for_its_refusal(lab: Lab, mail1: Machine, code: str, status: str) -> None:
    """The receiver refuses the recipient 451-x with 451, and 550-x with 550."""
    mail1.inject("", [f"{code}-x@world.test"])

    lab.wait_for(lambda: f"said: {code} {code[0]}.1.1 <{code}-x@world.test>: as asked" in mail1.log())
    assert f"status={status}" in mail1.log()


def test_a_host_takes_mail_by_smtp_from_the_hub(lab: Lab, mail1: Machine) -> None:
    """The hub is among the networks that a host relays for."""
    mail1.inject_smtp("me@lab.test", ["by-smtp@world.test"])

    assert lab.message_to("by-smtp@world.test").sender == "me@lab.test"


def test_deferred_mail_is_flushed(lab: Lab, mail1: Machine) -> None:
    """A relay that comes to its senses gets what waited in the queue."""
    lab.change_relay(RelaySpec(name="mx.world.test", refusal="450 4.2.0 Greylisted"))
    mail1.inject("me@lab.test", ["waits@world.test"])
    lab.wait_for(lambda: [queued for queued in mail1.queue() if queued.queue_name == "deferred"])

    lab.change_relay(RelaySpec(name="mx.world.test"))
    mail1.flush()

    assert lab.message_to("waits@world.test").recipients == ("waits@world.test",)
    lab.wait_for(lambda: mail1.queue() == ())


def test_a_relay_changes_its_passwords(lab: Lab) -> None:
    """AUTH asks for the relay's users as they are now, and LOGIN works beside PLAIN."""
    lab.change_relay(RelaySpec(name=_B.name, users={"ub": ("new",)}))
    try:
        with _submission(lab, _B.name) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("ub", "pb")
            client.user, client.password = "ub", "new"
            assert client.auth("LOGIN", client.auth_login)[0] == 235
    finally:
        lab.change_relay(_B)
    with _submission(lab, _B.name) as client:
        client.user, client.password = "ub", "p b:"
        assert client.auth("PLAIN", lambda _=None: "\0ub\0p b:")[0] == 235


def _submission(lab: Lab, relay: str) -> smtplib.SMTP:
    trusted = ssl.create_default_context(cafile=str(lab.path("ca.pem")))
    with lab.inside():
        client = smtplib.SMTP(lab.spec.address(relay), 587, timeout=10)
    client._host = relay  # type: ignore[attr-defined] # smtplib asks TLS for the name that it connected to
    client.starttls(context=trusted)
    return client


def test_submission_wants_tls_first(lab: Lab) -> None:
    """Port 587 refuses AUTH and MAIL in plain text; port 25 offers neither TLS nor AUTH."""
    with lab.inside(), smtplib.SMTP(lab.spec.address(_A.name), 587, timeout=10) as client:
        assert client.docmd("MAIL FROM:<a@b.test>")[0] == 530
        assert client.docmd("AUTH PLAIN", "AHVhAHBh")[0] == 530
    with lab.inside(), smtplib.SMTP(lab.spec.address(_A.name), 25, timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("starttls")
        assert not client.has_extn("auth")


def _ask_dns(lab: Lab, name: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\0" + kind.to_bytes(2) + b"\0\x01"
    with lab.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(question, ("10.87.0.53", 53))
        return client.recv(512)


def test_dns_serves_the_zones(lab: Lab) -> None:
    """The zones of the test are there beside the lab's own, forward and reverse; other names do not exist."""
    txt, other = _ask_dns(lab, "corp.test", 16), _ask_dns(lab, "example.org", 1)

    assert b"v=spf1 -all" in txt
    assert (txt[3] & 0xF, other[3] & 0xF) == (0, 3)
    assert lab.run(["getent", "hosts", "10.87.1.1"]).stdout.split() == [b"10.87.1.1", b"mail1.lab.test"]
    assert lab.host("q1").output(["getent", "hosts", "a.relays.test"]).split() == ["10.87.0.100", "a.relays.test"]


def test_a_zone_can_be_changed(lab: Lab) -> None:
    """A zone set while the lab is up is served at once, new ones too."""
    lab.set_zone("later.test", '@ TXT "first"\n')
    first = _ask_dns(lab, "later.test", 16)
    lab.set_zone("later.test", '@ TXT "second"\n')

    assert b"first" in first
    assert b"second" in _ask_dns(lab, "later.test", 16)


def test_there_is_no_way_out(lab: Lab) -> None:
    """Neither hub nor hosts have a route to anything but the lab."""
    with lab.inside(), socket.socket() as client, pytest.raises(OSError) as caught:  # noqa: PT011 # errno is below
        client.connect(("198.51.100.1", 80))

    assert caught.value.errno == errno.ENETUNREACH
    assert lab.host("mail1").output(["ip", "route"]).startswith("10.87.0.0/16 dev eth0")
    assert "default" not in lab.host("mail1").output(["ip", "route"])


def test_a_host_is_a_machine_of_its_own(lab: Lab) -> None:
    """It has its own name, processes and files; what is written there is not on this machine."""
    host = lab.host("q1")
    host.write("/etc/lab-probe/file", b"\x00bytes", mode=0o640, owner="root:qmail")

    assert host.read("/etc/lab-probe/file") == b"\x00bytes"
    assert host.output(["stat", "-c", "%a %U:%G", "/etc/lab-probe/file"]) == "640 root:qmail"
    assert not Path("/etc/lab-probe").exists()
    assert not lab.host("mail1").exists("/etc/lab-probe")
    assert host.output(["hostname"]) == "q1"
    assert host.output(["id", "-un"]) == "root"
    assert host.run(["id", "-un"], user="nosudo").stdout == b"nosudo\n"
    names = set(host.output(["ps", "-e", "-o", "comm="]).split())
    assert {name.rstrip("0123456789.") for name in names} == {"python", "sshd", "ps"}


def test_a_command_that_fails_says_why(lab: Lab) -> None:
    """A failed command is an error with its output, unless the test wants the status."""
    with pytest.raises(CommandError, match="ls /nonexistent: exit status 2\nls: cannot access"):
        lab.host("q1").run(["ls", "/nonexistent"])

    assert lab.host("q1").run(["false"], check=False).returncode == 1


def test_qmail_is_laid_out_as_installed(lab: Lab) -> None:
    """The control directory and its files have the owners and modes of a qmail installation."""
    stat = ["stat", "-c", "%a %U:%G %n", "/var/qmail", "/var/qmail/control", "/var/qmail/control/me"]

    assert lab.host("q1").output(stat).splitlines() == [
        "755 root:qmail /var/qmail",
        "755 root:qmail /var/qmail/control",
        "644 root:root /var/qmail/control/me",
    ]
    assert lab.host("q1").read("/var/qmail/control/me") == b"q1.lab.test\n"
    assert lab.host("q1").output(["id", "qmaild"]) == "uid=7791(qmaild) gid=2108(nofiles) groups=2108(nofiles)"


def test_a_host_has_one_mta(lab: Lab) -> None:
    """A qmail host has nothing of Postfix, a Postfix host nothing of qmail, whatever this machine has."""
    qmail, postfix = lab.host("q1"), lab.host("mail2")

    assert not any(map(qmail.exists, ["/etc/postfix", "/usr/sbin/postconf", "/usr/sbin/sendmail"]))
    assert not postfix.exists("/var/qmail")
    assert postfix.queue() == ()


@pytest.mark.parametrize("store", ["-no-CAfile -CApath /etc/ssl/certs", "-CAfile /etc/ssl/certs/ca-certificates.crt"])
def test_a_host_trusts_the_labs_authority(lab: Lab, store: str) -> None:
    """The authority is in Debian's folder of certificates under its hash, and in the bundle."""
    verify = ["openssl", "verify", *store.split(), "/etc/ssl/certs/lab.pem"]

    assert lab.host("mail1").output(verify) == "/etc/ssl/certs/lab.pem: OK"


def test_run_is_this_machine_in_the_labs_network(lab: Lab, tmp_path: Path) -> None:
    """A command in the hub sees this machine's files, its own folder and environment, and nobody's terminal."""
    (tmp_path / "file").write_text("here")
    done = lab.run(["sh", "-c", 'cat file; echo "$WORD"'], cwd=tmp_path, env={**os.environ, "WORD": "word"})

    assert done.stdout == b"hereword\n"


def test_waiting_ends(lab: Lab) -> None:
    """What does not happen is an error with the last answer."""
    with pytest.raises(TimeoutError, match=r"still \[\] after 0.1 s"):
        lab.message_to("nobody@world.test", timeout=0.1)


def test_two_labs_do_not_see_each_other(lab: Lab) -> None:
    """A second lab has the same names and addresses, and other hosts behind them."""
    with Lab.up(LabSpec(hosts=(HostSpec(name="mail1"),))) as other:
        assert other.spec.address("mail1") == lab.spec.address("mail1")
        assert not other.host("mail1").exists("/etc/postfix/main.cf")
        key = io.StringIO(other.path("id_ed25519").read_text())
        with paramiko.Transport(lab.connect("mail1", 22)) as transport:
            transport.start_client(timeout=10)
            with pytest.raises(paramiko.AuthenticationException):
                transport.auth_publickey("root", paramiko.Ed25519Key.from_private_key(key))


def test_a_lab_that_cannot_come_up_says_why() -> None:
    """The error carries what the host said, and nothing is left."""
    with pytest.raises(LabError, match=r"(?s)servers: .*KeyError: 26"):
        Lab.up(LabSpec(relays=(RelaySpec(name="odd.test", ports=(26,)),)))


def test_two_postfix_hosts_are_up_in_time() -> None:
    """Once the packages are there, two full hosts with relays, receiver and DNS take less than 15 seconds."""
    start = time.monotonic()
    with Lab.up(_SPEC):
        assert time.monotonic() - start < 15
