"""`relayconf verify` with real Postfix hosts: what passes, what fails, and what nobody can tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.cli import Ran
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_ISP = RelaySpec(name="isp.relays.test", users={"customer": ("pw-isp",)})
_SPEC = LabSpec(hosts=(HostSpec(name="mail1", mta="postfix"), HostSpec(name="strict", mta="postfix")), relays=(_ISP,))
_INVENTORY = """\
version: 1
mta: postfix
hosts:
  mail1: {{address: mail1.lab.test, ssh: {{user: root, identity_file: {key}}}}}
relays:
  isp:
    host: isp.relays.test
    port: 465
    auth: {{username: customer, password: {{file: isp}}}}
    probe: {{from: me@ours.test, to: you@world.test}}
  strict: {{host: strict.lab.test, port: 25, tls: none, probe: {{from: me@ours.test, to: you@strict.test}}}}
relay: isp
domains:
  mail1.lab.test: {{at: mail1}}
routes:
  strict.test: {{relay: strict}}
"""
_STRICT = """\
postconf -e 'mynetworks = 10.87.0.0/16' 'header_checks = regexp:/etc/postfix/checks' \
    'relay_domains = strict.test' 'relay_recipient_maps ='
echo '/^Subject: a test of the way/ REJECT 5.7.1 not this one' >/etc/postfix/checks
postfix reload
"""
_JOURNALD = Path("/lib/systemd/systemd-journald")
_TO_THE_JOURNAL = f"""\
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /run/systemd/journal /run/log/journal
setsid {_JOURNALD} >/dev/null 2>&1 </dev/null &
while [ ! -S /run/systemd/journal/dev-log ]; do sleep 0.05; done
ln -s /run/systemd/journal/dev-log /dev/log
postconf -e maillog_file=
postfix reload
"""
_REPORTS = "sender delivery status notification"


@pytest.fixture(name="admin", scope="module")
def _admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        admin = LabAdmin.make(lab, tmp_path_factory.mktemp("verify") / "laptop")
        admin.write(_INVENTORY.format(key=admin.key), {"isp": "pw-isp"})
        lab.host("strict").run(["sh", "-c", _STRICT])
        lab.host("mail1").run(["postconf", "-e", "smtp_tls_loglevel=1"])
        applied = admin.run("apply", "--yes")
        assert applied.code == ExitCode.OK, applied.out + applied.err
        yield admin


@pytest.fixture(name="isp", autouse=True)
def _isp(admin: LabAdmin) -> Iterator[None]:
    yield
    admin.lab.change_relay(_ISP)


def _change(admin: LabAdmin, *, refusal: str = "", password: str = "pw-isp") -> None:  # noqa: S107
    admin.lab.change_relay(RelaySpec(name=_ISP.name, users={"customer": (password,)}, refusal=refusal))


def _lines(ran: Ran) -> list[str]:
    """The lines with an outcome, blanks between their columns made one."""
    cells = [re.split(" {3,}", line.strip()) for line in ran.out.splitlines()]
    return [" ".join(row) for row in cells if row[1:2] and row[1] in {"pass", "fail", "unknown"}]


def test_relays_that_work(admin: LabAdmin) -> None:
    """Nothing is delivered: only the report, which is gone from the queue again; TLS is told."""
    mark = admin.lab.mark()
    ran = admin.run("verify")

    assert (ran.code, _lines(ran)) == (
        ExitCode.OK,
        ["isp:465 pass it takes sender and recipient", "strict:25 pass it takes sender and recipient"],
    ), ran.err
    assert "status=deliverable (250 2.1.5 Ok)" in ran.out
    assert "Verified TLS connection established to isp.relays.test[" in ran.out
    assert ran.out.endswith("\nVerify: 2 pass\n")
    assert [message.recipients for message in admin.lab.messages(since=mark) if message.sender] == []
    assert admin.lab.host("mail1").queue() == ()


def test_greylisting(admin: LabAdmin) -> None:
    """It is no failure. The report, which would wait as long as the relay is so, does not."""
    _change(admin, refusal="450 4.2.0 Greylisted, try again later")
    ran = admin.run("verify")

    assert (ran.code, _lines(ran)[0]) == (ExitCode.OK, "isp:465 unknown not yet: greylisting")
    assert ran.out.endswith("\nVerify: 1 pass, 1 unknown\n")
    assert admin.lab.host("mail1").queue() == ()
    assert _REPORTS in admin.lab.host("mail1").log()


def test_a_wrong_password(admin: LabAdmin) -> None:
    """Postfix would try again for days; verify calls it what it is."""
    _change(admin, password="another")
    ran = admin.run("verify", "mail1", "--json")

    first, second = json.loads(ran.out)["hosts"][0]["tests"]
    assert (ran.code, first["outcome"], first["category"]) == (ExitCode.HOST_FAILED, "fail", "auth-failed")
    assert "said: 535 5.7.8 Authentication credentials invalid" in first["evidence"]
    assert second["outcome"] == "pass"
    assert "pw-isp" not in ran.out + ran.err


def test_a_relay_that_is_down_and_one_that_refuses_after_data(admin: LabAdmin) -> None:
    """A test goes no further than the recipient; a real message does, and is followed to its bounce."""
    strict = admin.lab.host("strict")
    ran = admin.run("verify", "--send", "you@strict.test")

    assert (ran.code, _lines(ran)) == (ExitCode.HOST_FAILED, ["to you@strict.test fail refused, and not known why"])
    assert "status=bounced (host strict.lab.test[" in ran.out
    assert "in reply to end of DATA command" in ran.out

    strict.postfix("stop")
    ran = admin.run("verify")
    strict.postfix("start")

    assert (ran.code, _lines(ran)[1]) == (ExitCode.HOST_FAILED, "strict:25 fail the connection was refused")


def test_a_real_message(admin: LabAdmin) -> None:
    """Arrives by the relay, from the address for tests or from the one that is named."""
    ran = admin.run("verify", "--send", "friend@world.test", "--from", "other@ours.test")
    message = admin.lab.message_to("friend@world.test")

    assert (ran.code, _lines(ran)) == (ExitCode.OK, ["to friend@world.test pass it took the message"])
    assert (message.server, message.sender) == (_ISP.name, "other@ours.test")
    assert message.headers["Message-ID"].startswith("<relayconf.")
    assert message.headers["Auto-Submitted"] == "auto-generated"


def test_no_sendmail(admin: LabAdmin) -> None:
    """Is that host's error, and nobody's verdict."""
    host = admin.lab.host("mail1")
    host.run(["postconf", "-e", "sendmail_path=/usr/sbin/none"])
    ran = admin.run("verify")
    host.run(["postconf", "-X", "sendmail_path"])

    assert ran.code == ExitCode.HOST_FAILED
    assert "sendmail_path is /usr/sbin/none, which is no program" in ran.out
    assert ran.out.endswith("\nVerify: nothing to test\n")


def test_a_log_that_is_elsewhere(admin: LabAdmin) -> None:
    """Nobody can tell, so no test is made; a status line that does not come in time is no failure either."""
    host = admin.lab.host("mail1")
    sent = host.log().count("pickup[")
    host.run(["sh", "-c", "postconf -e maillog_file= && mv /var/log/mail.log /var/log/mail.away"])
    away = admin.run("verify")
    host.run(["sh", "-c", "mv /var/log/mail.away /var/log/mail.log && postconf -e maillog_file=/var/log/mail.log"])

    assert away.code == ExitCode.OK
    assert "Postfix logs to no file and no journal on this host" in away.out
    assert host.log().count("pickup[") == sent

    manager = host.output(["pgrep", "-x", "qmgr"])
    host.run(["kill", "-STOP", manager])
    late = admin.run("verify", "--wait", "1")
    host.run(["kill", "-CONT", manager])

    assert (late.code, late.out.count("does not tell within 1 s what became of it")) == (ExitCode.OK, 2)
    host.postfix("stop")
    stopped = admin.run("verify")
    host.postfix("start")

    assert _lines(stopped) == ["isp:465 unknown Postfix does not run", "strict:25 unknown Postfix does not run"]


@pytest.mark.skipif(not _JOURNALD.exists(), reason="needs systemd-journald")
def test_a_journal(admin: LabAdmin) -> None:
    """Where it is all that there is, and beside a file that nobody writes to any more. The last test: it stays so."""
    host = admin.lab.host("mail1")
    host.run(["sh", "-c", _TO_THE_JOURNAL])
    beside = admin.run("verify")
    host.run(["mv", "/var/log/mail.log", "/var/log/mail.away"])
    alone = admin.run("verify", "--send", "friend@world.test")

    assert beside.out.endswith("\nVerify: 2 pass\n"), beside.out
    assert _lines(alone) == ["to friend@world.test pass it took the message"], alone.out
    assert "status=sent (250 2.0.0 Ok: recorded)" in alone.out
