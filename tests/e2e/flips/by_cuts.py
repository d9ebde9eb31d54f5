"""Relays changed by applies that are killed on the way: by the next contact, and by one more apply."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from statistics import median

from relayconf.exits import ExitCode
from tests.e2e.cuts.tree import Disk
from tests.e2e.flips.by_relayconf import ByRelayconf
from tests.e2e.flips.scene import Wish
from tests.lab import Machine

SHELL, LAPTOP = "shell killed", "laptop killed"

_LIMIT = 60.0
_NOT_YET = ("another deploy is at work here", "the host changed since")
_LOCK = "/var/lib/relayconf/lock"


class ByCuts:
    """One *host*, changed by *relayconf*, with a moment for each cut that *seed* chooses.

    `cuts` counts those that came while something was at work, `recovered` the contacts that had to put something right.
    """

    def __init__(self, relayconf: ByRelayconf, host: Machine, *, seed: str) -> None:
        self.cuts: Counter[str] = Counter()
        self.recovered = 0
        self._relayconf, self._host = relayconf, host
        self._chance = random.Random(seed)  # noqa: S311  a test's chance, to be had again
        self._count = 0

    def cut_and_apply(self, wish: Wish) -> None:
        """Start to make the wish real, be killed, and make it real.

        Every second time the apply that forgets credentials of before is cut, too.
        """
        self._relayconf.write(wish)
        self._cut()
        self._make_real()
        self._count += 1
        if self._count % 2 == 0:
            self._cut()
            self._make_real()

    def _cut(self) -> None:
        how = self._chance.choice((SHELL, LAPTOP))
        moment = self._chance.uniform(0.0, 0.65) * median(self._relayconf.seconds)
        client = self._relayconf.start()
        try:
            is_cut = (self._kill_shell if how == SHELL else self._kill_laptop)(client, moment)
            if how == SHELL:
                client.wait(timeout=_LIMIT)
        finally:
            client.kill()
            client.wait()
        self.cuts[how] += is_cut

    def _owner(self) -> str:
        """Who has the host's lock; empty when nobody has it."""
        try:
            return str(Disk(host=self._host).path(_LOCK).readlink())
        except OSError:
            return ""

    def _kill_shell(self, client: subprocess.Popen[bytes], moment: float) -> bool:
        """Kill the owner of the lock, *moment* after it has taken it."""
        while not (owner := self._owner()) and client.poll() is None:
            time.sleep(0.02)
        time.sleep(moment if owner else 0)
        return bool(owner) and self._owner() == owner and self._kill(owner.partition(".")[0])

    def _kill(self, pid: str) -> bool:
        return self._host.run(["kill", "-9", pid], check=False).returncode == 0

    def _kill_laptop(self, client: subprocess.Popen[bytes], moment: float) -> bool:
        # the first third is Python's start and the handshake
        time.sleep(moment + 0.35 * median(self._relayconf.seconds))
        was_alive = client.poll() is None
        client.kill()
        return was_alive

    def _make_real(self) -> None:
        """The next contact, which is `recover` as often as not, and an apply, each as soon as the host lets it."""
        if self._chance.random() < 0.5:
            self._until_done("recover")
        self._until_done("apply", "--yes", "--allow-no-relay")

    def _until_done(self, *words: str) -> None:
        deadline = time.monotonic() + _LIMIT
        while True:
            ran = self._relayconf.admin.run(*words)
            self.recovered += "which had been cut short" in ran.out + ran.err
            if ran.code == ExitCode.OK:
                return
            assert any(words in ran.out for words in _NOT_YET), ran.out + ran.err
            assert time.monotonic() < deadline, ran.out + ran.err
