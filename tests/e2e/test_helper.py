"""relayconf through a sudo rule for the fixed helper alone: all that it does elsewhere, by a user who is not root."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from relayconf.remote.framing import HELPER
from tests.lab import HostSpec, Lab, LabSpec, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.cli import Ran
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_OLD, _NEW = "pw-old-Rk4t", "pw-new-Zw7v"
_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"), HostSpec(name="edge")),
    relays=(
        RelaySpec(name="isp.relays.test", users={"customer": (_OLD, _NEW)}),
        RelaySpec(name="new.relays.test", users={"customer": (_OLD, _NEW)}),
    ),
)
_INVENTORY = """\
version: 1
mta: postfix
relays:
  isp: {{host: isp.relays.test, port: {port}, auth: {{username: customer, password: {{file: isp}}}}}}
  new: {{host: new.relays.test, port: 587, auth: {{username: customer, password: {{file: isp}}}}}}
hosts:
  mail1:
    address: mail1.lab.test
    relay: {relay}
    rewrite: {{root@mail1.lab.test: alerts@lab.test}}
    domains: {{.corp.test: {{host: isp.relays.test, port: 25}}}}
    routes: {{gone.test: {{reject: 5.1.1 no such domain}}, direct.test: direct}}
    ssh: {{user: nosudo, become: helper, identity_file: {key}}}
"""
_EXTRAS = ("rewrite:", "domains:", "routes:")
_RULE = f"nosudo ALL=(root) NOPASSWD: {HELPER}\n"


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path / "laptop")


def _write(admin: LabAdmin, *, relay: str = "isp", port: int = 587, password: str = _OLD) -> None:
    admin.write(_INVENTORY.format(relay=relay, port=port, key=admin.key), {"isp": password})


def _install(admin: LabAdmin, name: str = "mail1") -> None:
    host = admin.lab.host(name)
    printed = admin.run("helper", name)
    assert printed.code == ExitCode.OK, printed.err
    assert _RULE.strip() in printed.err
    assert f"#     {_RULE}" in printed.out
    host.write(HELPER, printed.out.encode(), mode=0o755)
    host.write("/etc/sudoers.d/relayconf", _RULE.encode(), mode=0o440)


def _ok(ran: Ran) -> Ran:
    assert ran.code == ExitCode.OK, ran.out + ran.err
    return ran


def test_the_whole_way(admin: LabAdmin) -> None:
    """First relay, another relay, implicit TLS, a new password, and back to none: planned, applied, and live."""
    host = admin.lab.host("mail1")
    _write(admin)
    before = host.read("/etc/postfix/main.cf")
    _install(admin)
    for number, (relay, port, password) in enumerate(
        [("isp", 587, _OLD), ("new", 587, _OLD), ("isp", 465, _OLD), ("isp", 465, _NEW), ("isp", 465, _OLD)]
    ):
        _write(admin, relay=relay, port=port, password=password)
        _ok(admin.run("apply", "--yes"))
        _ok(admin.run("plan"))
        host.inject("me@lab.test", [f"x{number}@world.test"])
        message = admin.lab.message_to(f"x{number}@world.test")
        assert (message.server, message.password) == (f"{relay}.relays.test", password)
    inventory = _INVENTORY.format(relay="direct", port=465, key=admin.key)
    admin.write(
        "".join(line for line in inventory.splitlines(keepends=True) if not line.strip().startswith(_EXTRAS)), {}
    )
    for _ in range(2):
        _ok(admin.run("apply", "--yes", "--allow-no-relay"))
    assert host.read("/etc/postfix/main.cf") == before
    assert b"relayconf" not in host.read("/etc/postfix/master.cf")


def test_back_and_confirmed(admin: LabAdmin) -> None:
    """What was applied is told, rolled back, applied with a clock and confirmed, through the same rule."""
    host = admin.lab.host("mail1")
    _write(admin)
    before = host.read("/etc/postfix/main.cf")
    _install(admin)
    _ok(admin.run("apply", "--yes"))
    assert "applied" in _ok(admin.run("history")).out

    _ok(admin.run("rollback", "--yes", "mail1"))
    assert host.read("/etc/postfix/main.cf") == before
    assert "rolled-back" in _ok(admin.run("history")).out

    _ok(admin.run("apply", "--yes", "--confirm-timeout", "60"))
    _ok(admin.run("confirm"))
    _ok(admin.run("recover"))
    _ok(admin.run("status"))
    assert b"[isp.relays.test]:587" in host.read("/etc/postfix/main.cf")


_QMAIL = """\
version: 1
relays: {{isp: {{host: isp.relays.test, port: 25, tls: none}}}}
hosts:
  edge:
    address: edge.lab.test
    mta: qmail
    relay: isp
    domains: {{corp.test: {{host: isp.relays.test, port: 25}}}}
    ssh: {{user: nosudo, become: helper, identity_file: {key}}}
"""


def test_qmail(admin: LabAdmin) -> None:
    """A qmail host gets its routes and loses them again."""
    edge = admin.lab.host("edge")
    for name in ("me", "locals", "rcpthosts"):
        edge.write(f"/var/qmail/control/{name}", b"edge.lab.test\n")
    admin.write(_QMAIL.format(key=admin.key), {})
    _install(admin, "edge")

    _ok(admin.run("apply", "--yes"))
    assert edge.read("/var/qmail/control/smtproutes").endswith(b"corp.test:isp.relays.test\n:isp.relays.test\n")

    _ok(admin.run("rollback", "--yes", "edge"))
    assert not edge.exists("/var/qmail/control/smtproutes")


def test_ways_out(admin: LabAdmin) -> None:
    """No rule, no helper, a helper of another version: nothing runs, and each reason says what to do."""
    host = admin.lab.host("mail1")
    _write(admin)
    ruleless = admin.run("plan")
    assert "sudo refused: sudo: a password is required (exit status 1)" in ruleless.out + ruleless.err
    assert "`relayconf helper HOST` prints the helper" in ruleless.out + ruleless.err

    _install(admin)
    old = host.read(HELPER).replace(b"observe_digest=", b"observe_digest=0")
    host.write(HELPER, old, mode=0o755)
    outdated = admin.run("plan")
    words = "the helper on this host is of another version: install it again (`relayconf helper HOST`)"
    assert words in outdated.out + outdated.err
    assert not host.exists("/var/lib/relayconf")
