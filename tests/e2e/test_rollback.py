"""A Postfix host goes back the way it came, one transaction after the other, without a secret on the laptop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin

pytestmark = needs_lab

_RELAYS = ("one.relays.test", "two.relays.test")
_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"),),
    relays=tuple(RelaySpec(name=name, users={"customer": ("pw-Rk4t",)}) for name in _RELAYS),
)
_INVENTORY = """\
version: 1
mta: postfix
hosts:
  mail1: {{address: mail1.lab.test, ssh: {{user: root, identity_file: {key}}}}}
relays:
  it: {{host: {relay}, port: 587, auth: {{username: customer, password: {{file: secret}}}}}}
relay: it
"""


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path / "laptop")


def _live(host: Machine) -> tuple[bytes, ...]:
    """The bytes, modes and owners of what Postfix reads."""
    files = ("/etc/postfix/main.cf", "/etc/postfix/master.cf")
    return (*map(host.read, files), host.run(["stat", "-c", "%a %U:%G", *files]).stdout)


def _server(lab: Lab, recipient: str) -> str:
    """Where a message comes out."""
    lab.host("mail1").inject("me@mail1.lab.test", [recipient])
    return lab.message_to(recipient).server


def test_back_to_the_beginning(admin: LabAdmin) -> None:
    """Status and history tell each step; after each rollback files and mail are what they were before that apply."""
    lab, host = admin.lab, admin.lab.host("mail1")
    seen = [_live(host)]
    for relay in _RELAYS:
        admin.write(_INVENTORY.format(key=admin.key, relay=relay), {"secret": "pw-Rk4t"})
        applied = admin.run("apply", "--yes")
        assert applied.code == ExitCode.OK, applied.out + applied.err
        seen.append(_live(host))
    (admin.admin.folder / "secret").unlink()
    assert _server(lab, "two@world.test") == _RELAYS[1]

    status = admin.run("status")
    assert re.search(r"^  mta +Postfix 3\.[0-9.]+, generation [0-9]+, runs$", status.out, re.MULTILINE), status.out
    assert re.search(r"^  last transaction .* applied$", status.out, re.MULTILINE), status.out

    for before, server in ((seen[1], _RELAYS[0]), (seen[0], "mx.world.test")):
        back = admin.run("rollback", "--yes")
        assert back.code == ExitCode.OK, back.out + back.err
        assert back.out.endswith("\n\nRollback: 1 changed\n")
        assert _live(host) == before
        assert _server(lab, f"{server.partition('.')[0]}.back@world.test") == server

    history = admin.run("history").out
    assert history.count("   rolled-back   ") == 2, history
    assert "create  /etc/postfix/relayconf/" in history
    assert admin.run("rollback", "--yes").out == "mail1   nothing to roll back\n"
    assert "without tables of relayconf" in admin.run("status").out
