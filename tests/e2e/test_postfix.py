"""A Postfix host from mail that leaves by itself to mail that takes the relay, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_ISP, _STORE, _RECEIVER = "isp.relays.test", "store.example", "mx.world.test"
_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"),),
    relays=(RelaySpec(name=_ISP, users={"customer": ("pw-isp-Rk4t",)}), RelaySpec(name=_STORE, ports=(25,))),
)
_FILES = ("/etc/postfix/main.cf", "/etc/postfix/master.cf")
_AUTH = "auth: {username: customer, password: {file: isp}}"
_HOST = """\
version: 1
mta: postfix
hosts:
  mail1: {{address: mail1.lab.test, ssh: {{{ssh}, identity_file: {key}}}}}
"""
_RELAYED = """\
relays:
  isp: {{host: isp.relays.test, {relay}}}
relay: isp
domains:
  mail1.lab.test: {{at: mail1}}
  ours.test: {{host: store.example, port: 25}}
routes:
  direct.world.test: direct
"""


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path / "laptop")


def _files(host: Machine) -> tuple[bytes, ...]:
    """The bytes, link targets, modes and owners of Postfix's two files."""
    return (*map(host.read, _FILES), host.run(["stat", "-c", "%N %a %U:%G", *_FILES]).stdout)


def _processes(host: Machine) -> str:
    """Who serves the queue: a reload replaces all but master."""
    return host.output(["ps", "-o", "pid=,lstart=,comm=", "-C", "master,qmgr"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a message arrived."""

    server: str
    port: int = 25
    user: str = ""
    tls: bool = False


def _way(lab: Lab, recipient: str) -> _Way:
    """Inject a message, and see where it comes out."""
    lab.host("mail1").inject("me@mail1.lab.test", [recipient])
    message = lab.message_to(recipient)
    return _Way(server=message.server, port=message.port, user=message.user, tls=bool(message.tls))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What the admin did to the host before, who logs in there, the relay, what the plan shows, how mail arrives."""

    prepare: str
    relay: str
    ssh: str
    shown: str
    way: _Way


_CASES = {
    "587": _Case(
        prepare="cd /etc/postfix; mv main.cf real.cf; ln -s real.cf main.cf; echo default_database_type=lmdb >>real.cf",
        relay=f"port: 587, {_AUTH}",
        ssh="user: root",
        shown="[isp.relays.test]:587 customer, encrypt",
        way=_Way(server=_ISP, port=587, user="customer", tls=True),
    ),
    "465": _Case(
        prepare="cd /etc/postfix; chmod 640 main.cf master.cf; chgrp postfix main.cf; echo '# end' >>master.cf",
        relay=f"port: 465, {_AUTH}",
        ssh="user: ops, become: sudo",
        shown="[isp.relays.test]:465 customer, secure",
        way=_Way(server=_ISP, port=465, user="customer", tls=True),
    ),
    "25": _Case(
        prepare="echo '# the end' >>/etc/postfix/main.cf",
        relay="port: 25, tls: none",
        ssh="user: ops, become: sudo",
        shown="[isp.relays.test]:25 none",
        way=_Way(server=_ISP),
    ),
}


@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES)
def test_mail_takes_the_relay_until_the_inventory_lets_go(admin: LabAdmin, case: _Case) -> None:
    """Direct, then through the relay as its user; the second apply does nothing; in the end every byte is back."""
    lab, host = admin.lab, admin.lab.host("mail1")
    host.run(["sh", "-c", case.prepare])
    before = _files(host)
    inventory = _HOST.format(ssh=case.ssh, key=admin.key)
    assert _way(lab, "before@world.test") == _Way(server=_RECEIVER)

    admin.write(inventory + _RELAYED.format(relay=case.relay), {"isp": "pw-isp-Rk4t"})
    applied = admin.run("apply", "--yes")

    assert applied.code == ExitCode.OK, applied.out + applied.err
    assert applied.out.endswith("Apply: 1 changed\n")
    assert f"  the rest of the world   direct (MX)   {case.shown}   mail1   model\n" in applied.out
    assert _way(lab, "after@world.test") == case.way
    assert _way(lab, "anna@ours.test") == _Way(server=_STORE)
    assert _way(lab, "anna@direct.world.test") == _Way(server=_RECEIVER)
    host.inject("me@mail1.lab.test", ["nosudo@mail1.lab.test"], b"Subject: to a mailbox\n\n")
    lab.wait_for(lambda: host.exists("/var/mail/nosudo") and b"to a mailbox" in host.read("/var/mail/nosudo"))

    assert host.run(["sh", "-c", "postconf -nx; postconf -Mx; postfix check"]).stderr == b""

    state = (_files(host), _processes(host), host.log().count("reload"))
    again = admin.run("apply", "--yes")

    assert again.out == "Plan: no changes (1 host)\n", again.out + again.err
    assert (_files(host), _processes(host), host.log().count("reload")) == state

    admin.write(inventory + "relay: direct\n", {})
    gone = admin.run("apply", "--yes", "--allow-no-relay")

    assert gone.code == ExitCode.OK, gone.out + gone.err
    assert _files(host) == before
    assert _way(lab, "at-last@world.test") == _Way(server=_RECEIVER)
    assert admin.run("plan").out == "Plan: no changes (1 host)\n"
