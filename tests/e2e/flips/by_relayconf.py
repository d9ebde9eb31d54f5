"""Relays changed by relayconf itself: another inventory and `relayconf apply --yes`, over real sshd."""

from __future__ import annotations

import subprocess
import time

from relayconf.exits import ExitCode
from tests.e2e.flips.scene import RELAYS, STORE, Wish
from tests.lab import Machine
from tests.support.lab_admin import LabAdmin

_INVENTORY = """\
version: 1
mta: postfix
hosts:
  {host}: {{address: {address}, ssh: {{user: root, identity_file: {key}}}, relay: {default}}}
domains:
  ours.test: {{host: {store}, port: 25}}
"""

_RELAYED = """\
routes:
  routed.world.test: {{relay: {routed}}}
  direct.world.test: direct
relays:
"""

# What a loaded disk does: the rename is done, and the caller hears of it late. And what a power cut does: after as many
# renames as the file says, the process that holds relayconf's lock is no more.
_SLOW_MV = """\
#!/bin/sh
/bin/mv "$@"
status=$?
case "$*" in
*main.cf)
    sleep {gap}
    if [ -s /run/renames-left ]; then
        left=$(($(cat /run/renames-left) - 1))
        echo $left >/run/renames-left
        if [ $left = 0 ]; then
            rm /run/renames-left
            owner=$(readlink /var/lib/relayconf/lock)
            kill -9 "${{owner%%.*}}"
        fi
    fi
    ;;
esac
exit $status
"""


_SENDERS = """\
senders:
  "@own.test": &own {{relay: {default}, auth: {{username: {user}, password: {{file: own}}}}}}
  shop@addresses.test: *own
  "@sender.test": {{relay: {routed}}}
"""


class ByRelayconf:
    """One host of the lab, managed from a laptop. *gap* is the time in seconds that each rename of main.cf takes.

    `seconds` is how long each apply took, in order.
    """

    def __init__(self, admin: LabAdmin, host: Machine, *, gap: float) -> None:
        self.admin = admin
        self.seconds: list[float] = []
        self._host = host
        self._count = 0
        host.write("/usr/local/sbin/mv", _SLOW_MV.format(gap=gap).encode(), mode=0o755)

    def write(self, wish: Wish) -> None:
        """Write the inventory that wants it."""
        default = wish.default or "direct"
        text = _INVENTORY.format(
            host=self._host.name, address=self._host.address, key=self.admin.key, default=default, store=STORE
        )
        if wish.relays:
            _, routed = wish.relays
            text += _RELAYED.format(routed=routed)
        for relay, port in wish.relays.items():
            login = f"{{username: {wish.login(relay)[0]}, password: {{file: {relay}}}}}"
            text += f"  {relay}: {{host: {RELAYS[relay]}, port: {port}, tls: secure, auth: {login}}}\n"
        secrets = {relay: wish.login(relay)[1] for relay in wish.relays}
        if wish.relays and wish.own is not None:
            user, secrets["own"] = wish.own_login()
            text += _SENDERS.format(default=wish.default, routed=tuple(wish.relays)[1], user=user)
        self.admin.write(text, secrets)

    def start(self) -> subprocess.Popen[bytes]:
        """Start an apply of what was written, which may be cut, and do not wait for it."""
        with self.admin.lab.inside():
            return subprocess.Popen(
                self.admin.admin.command("apply", "--yes", "--allow-no-relay", "--reconnect", "0"),
                cwd=self.admin.admin.folder,
                env=self.admin.admin.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def _apply(self, *expected: str) -> None:
        begun = time.monotonic()
        ran = self.admin.run("apply", "--yes", "--allow-no-relay")
        self.seconds.append(time.monotonic() - begun)
        assert ran.code == 0, ran.out + ran.err
        assert ran.out.splitlines()[-1] in expected, ran.out + ran.err

    def apply(self, wish: Wish) -> None:
        """Make the wish real."""
        self.write(wish)
        self._apply("Apply: 1 changed")

    def apply_or_twice(self, wish: Wish) -> None:
        """Make the wish real; every second time, let the host also forget credentials of before, if it has any."""
        self.apply(wish)
        self._count += 1
        if self._count % 2 == 0:
            self._apply("Apply: 1 changed", "Plan: no changes (1 host)")

    def die_and_apply(self, wish: Wish) -> None:
        """Start to make the wish real, be killed after two renames of main.cf and before the signal; and once more."""
        self.write(wish)
        self._host.write("/run/renames-left", b"2\n")
        cut = self.admin.run("apply", "--yes", "--allow-no-relay")
        assert cut.code == ExitCode.HOST_FAILED, cut.out + cut.err
        self._apply("Apply: 1 changed")
