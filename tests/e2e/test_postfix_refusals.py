"""What goes wrong on a Postfix host leaves it as it was, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.cli import ROOT, Ran
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"),),
    relays=(
        RelaySpec(name="isp.relays.test", users={"customer": ("pw-isp-Rk4t",)}),
        RelaySpec(name="new.relays.test", users={"customer": ("pw-isp-Rk4t",)}),
    ),
)
_INVENTORY = """\
version: 1
mta: postfix
relays:
  isp: {{host: {relay}, port: 587, auth: {{username: customer, password: {{file: isp}}}}}}
relay: isp
hosts:
  mail1: {{address: mail1.lab.test, ssh: {{{ssh}, identity_file: {key}}}}}
"""

_MAIN_CF = "/etc/postfix/main.cf"
_DEADLY_MV = b"""\
#!/bin/sh
/bin/mv "$@"
status=$?
case "$*" in *main.cf) postfix stop ;; esac
exit $status
"""


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path / "laptop")


def _snapshot(host: Machine) -> str:
    """Everything below /etc/postfix: names, modes, owners, and of files the time of the last write and the bytes."""
    script = "find . -printf '%p %y %m %u:%g\\n'; find . -type f -printf '%p %T@\\n' -exec sha256sum {} +"
    listed = host.run(["sh", "-c", f"cd /etc/postfix && {{ {script}; }} | sort"]).stdout
    return listed.decode()


def _apply(admin: LabAdmin, *, relay: str = "isp.relays.test", ssh: str = "user: root") -> Ran:
    admin.write(_INVENTORY.format(relay=relay, ssh=ssh, key=admin.key), {"isp": "pw-isp-Rk4t"})
    return admin.run("apply", "--yes")


@pytest.mark.parametrize("user", ["opspw", "nosudo"])
def test_a_user_who_cannot_become_root_is_told(admin: LabAdmin, user: str) -> None:
    """Whether sudo would ask or refuse: nothing has changed, and the reason names sudo."""
    before = _snapshot(admin.lab.host("mail1"))

    ran = _apply(admin, ssh=f"user: {user}, become: sudo")

    assert ran.code == ExitCode.HOST_FAILED, ran.out + ran.err
    assert "mail1   failed, nothing changed: " in ran.out + ran.err
    assert "sudo" in ran.out + ran.err
    assert _snapshot(admin.lab.host("mail1")) == before


def test_a_relay_that_the_host_cannot_resolve_is_refused(admin: LabAdmin) -> None:
    """The name is looked up by the mail host, whose answer counts."""
    host = admin.lab.host("mail1")
    assert _apply(admin).code == ExitCode.OK
    before = _snapshot(host)

    ran = _apply(admin, relay="nowhere.relays.test")

    assert ran.code == ExitCode.HOST_FAILED, ran.out + ran.err
    assert "mail1   failed, nothing changed: validate: the relay nowhere.relays.test has no address here" in ran.out
    assert _snapshot(host) == before
    host.inject("me@lab.test", ["after@world.test"])
    assert admin.lab.message_to("after@world.test").server == "isp.relays.test"


def test_a_candidate_that_postfix_rejects_is_not_made_live(admin: LabAdmin) -> None:
    """A template of one's own can say what only Postfix knows to be wrong; it is asked before main.cf is replaced."""
    host = admin.lab.host("mail1")
    assert _apply(admin).code == ExitCode.OK
    before = _snapshot(host)
    template = (ROOT / "templates/postfix/main.cf.j2").read_text(encoding="utf-8")
    folder = admin.admin.folder / "mine" / "postfix"
    folder.mkdir(parents=True)
    (folder / "main.cf.j2").write_text(f"{template}inet_interfaces = 192.0.2.99\n", encoding="utf-8")

    ran = admin.run("apply", "--yes", "--templates", "mine")

    assert ran.code == ExitCode.HOST_FAILED, ran.out + ran.err
    assert "postfix check refuses the new configuration: " in ran.out, ran.out + ran.err
    assert "inet_interfaces" in ran.out.partition("postfix check refuses")[2]
    assert _snapshot(host) == before


def test_a_table_that_cannot_be_compiled_is_not_made_live(admin: LabAdmin) -> None:
    """Postfix lists the type, and its plug-in is gone: nothing is left of the new generation."""
    host = admin.lab.host("mail1")
    host.write(_MAIN_CF, host.read(_MAIN_CF) + b"default_database_type = lmdb\n")
    host.run(["sh", "-c", "rm -f /usr/lib/postfix/*lmdb*"])
    before = _snapshot(host)

    ran = _apply(admin)

    assert ran.code == ExitCode.HOST_FAILED, ran.out + ran.err
    assert "cannot be compiled: " in ran.out, ran.out + ran.err
    assert _snapshot(host) == before


@pytest.mark.parametrize("is_first", [True, False])
def test_a_reload_that_fails_brings_everything_back(admin: LabAdmin, *, is_first: bool) -> None:
    """Postfix dies in the moment of the rename: the old configuration is back, and serves when Postfix does again."""
    host = admin.lab.host("mail1")
    if not is_first:
        assert _apply(admin).code == ExitCode.OK
    before = _snapshot(host)
    host.write("/usr/local/sbin/mv", _DEADLY_MV, mode=0o755)

    ran = _apply(admin, relay="new.relays.test")

    assert ran.code == ExitCode.HOST_FAILED, ran.out + ran.err
    assert "Postfix stopped running meanwhile" in ran.out, ran.out + ran.err
    assert _snapshot(host) == before
    host.run(["rm", "/usr/local/sbin/mv"])
    host.postfix("start")
    host.inject("me@lab.test", ["after@world.test"])
    expected = "mx.world.test" if is_first else "isp.relays.test"
    assert admin.lab.message_to("after@world.test").server == expected
