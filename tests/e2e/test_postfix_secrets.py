"""No password of a relay is seen by anybody who is not root on the mail host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec
from tests.lab.marks import needs_lab
from tests.support.lab_admin import LabAdmin
from tests.support.witness import Witness

pytestmark = needs_lab

_OLD, _NEW = "pw-old-Rk4t:9", "pw-new-Zw7v 2"
_SPEC = LabSpec(
    hosts=(HostSpec(name="mail1", mta="postfix"),),
    relays=(RelaySpec(name="isp.relays.test", users={"customer": (_OLD, _NEW)}),),
)
_INVENTORY = """\
version: 1
mta: postfix
relays:
  isp: {{host: isp.relays.test, port: 587, auth: {{username: customer, password: {{file: isp}}}}}}
relay: isp
hosts:
  mail1: {{address: mail1.lab.test, ssh: {{user: ops, become: sudo, identity_file: {key}}}}}
"""
# what was written since the lab came up, and others may read
_READABLE = """
find /etc /var /run /tmp /var/log /var/tmp /home -xdev -newer /etc/resolv.conf -type f "$@" \\
    -exec grep -lF -e "$(cat)" {} +
"""


@pytest.fixture(name="admin")
def _admin(tmp_path: Path) -> Iterator[LabAdmin]:
    with Lab.up(_SPEC) as lab:
        yield LabAdmin.make(lab, tmp_path / "laptop")


def _holding(host: Machine, password: str, *tests: str) -> list[str]:
    """The files of the host that hold the password, as find(1) *tests* narrow them down."""
    done = host.run(["sh", "-c", _READABLE, "sh", *tests], stdin=password.encode(), check=False)
    return sorted(done.stdout.decode().splitlines())


def test_passwords_are_seen_by_nobody(admin: LabAdmin) -> None:
    """Plan, first apply, a new password, the next apply: not in the output, a command line, or a readable file."""
    host = admin.lab.host("mail1")
    shown = []
    with Witness() as witness:
        for password in (_OLD, _NEW):
            admin.write(_INVENTORY.format(key=admin.key), {"isp": password})
            for words in (["plan"], ["plan", "--json"], ["apply", "--yes"], ["plan"]):
                ran = admin.run(*words)
                assert ran.code == ExitCode.OK, ran.out + ran.err
                shown.append(ran.out + ran.err)
            host.inject("me@lab.test", [f"x-{password[3:6]}@world.test"])
            assert admin.lab.message_to(f"x-{password[3:6]}@world.test").password == password

    assert any("‹secret " in text for text in shown)
    assert any(b"relayconf" in text for text in witness.seen)
    for password in (_OLD, _NEW):
        assert not [text for text in shown if password in text]
        assert not [text for text in witness.seen if password.encode() in text]
        assert _holding(host, password, "-perm", "/o=r") == []
        assert _holding(host, password, "-perm", "/g=rwx,o=wx") == []
    held = _holding(host, _NEW)
    assert any(path.startswith("/etc/postfix/relayconf/") and path.endswith("/sasl_passwd.db") for path in held), held
