"""The hosts, the inventories between which they go, and what a whole apply makes of each: what a cut is judged by."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from relayconf.exits import ExitCode
from tests.e2e.cuts.laptop import EVERYTHING, Laptop
from tests.e2e.cuts.proxy import Proxy
from tests.e2e.cuts.shims import Shims
from tests.e2e.cuts.tree import Disk, Tree, difference
from tests.lab import HostSpec, Lab, LabSpec, Machine, RelaySpec

STATE = "/var/lib/relayconf"
_APPLIED = f"{STATE}/applied"
_TRANSACTIONS = f"{STATE}/txn"
# Berkeley DB gives every file a number of its own: no two tables with the same entries are alike
_DUMP = 'for t in /etc/postfix/relayconf/*/*.db; do echo "$t"; postmap -s "hash:${t%.db}" 2>&1 | sort; echo; done'

_HEAD = "version: 1\nmta: {mta}\nhosts:\n  {host}: {{@AT@}}\n"
_A = "a: {host: a.relays.test, port: 587, auth: {username: ua, password: {file: pa}}}"
_B = "b: {host: b.relays.test, port: 465, auth: {username: ub, password: {file: pb}}}"
# so many, and such, that a payload is longer than one packet of SSH: a cut in the middle of a packet is one before it
_DOMAINS = "domains_from: [{file: @WISH@.txt, host: store.relays.test, port: 25}]\n"
_COUNT = 3000
_PLAIN = "relays:\n  a: {host: a.relays.test, port: 25, tls: none}\n  b: {host: b.relays.test, port: 25, tls: none}\n"
# b is used at 465, which needs a service of its own in master.cf
_POSTFIX = {
    "none": "relay: direct\n",
    "a": f"relays:\n  {_A}\nrelay: a\n{_DOMAINS}",
    "b": f"relays:\n  {_B}\n  {_A}\nrelay: b\nroutes:\n  routed.world.test: {{relay: a}}\n{_DOMAINS}",
}
_QMAIL = {
    "a": f"{_PLAIN}relay: a\n{_DOMAINS}",
    "b": f"{_PLAIN}relay: b\n{_DOMAINS}routes:\n  routed.world.test: {{relay: a}}\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From the settled state *old* to the inventory *wish*."""

    old: str
    wish: str

    def __str__(self) -> str:
        return f"{self.old} to {self.wish}"


BETWEEN = (Way(old="a", wish="b"), Way(old="b", wish="a"))
"""Between two inventories."""

WAYS: Mapping[str, Sequence[Way]] = {
    "postfix": (*BETWEEN, Way(old="none", wish="a"), Way(old="a", wish="none")),
    "qmail": (*BETWEEN, Way(old="none", wish="a")),
}
"""Those, the first apply on a host, and the one with which relayconf leaves a Postfix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What an apply that nobody cuts comes to: the whole new state, and how many seconds, commands and bytes it took.

    `plan_commands` and `plan_sent` are those of a plan alone: what is behind them belongs to the deploy. `renames` are
    the numbers of those that rename. Of a rollback the same: new is what it leads back to, and it looks at the history
    before.
    """

    new: Tree
    seconds: float
    commands: int
    plan_commands: int
    renames: tuple[int, ...]
    sent: int
    plan_sent: int


def lab_spec(**hosts: str) -> LabSpec:
    """These hosts, each `postfix` or `qmail`, and the relays."""
    users = {"a": {"ua": ("pw-a-Wd3f",)}, "b": {"ub": ("pw-b-Kq9x",)}, "store": {}}
    return LabSpec(
        hosts=tuple(HostSpec(name=name, mta="postfix" if mta == "postfix" else "qmail") for name, mta in hosts.items()),
        relays=tuple(RelaySpec(name=f"{name}.relays.test", users=logins) for name, logins in users.items()),
    )


class Scene:
    """One host of the lab with its laptop, and the states that it is put into."""

    def __init__(self, lab: Lab, folder: Path, *, host: str, mta: str, port: int) -> None:
        self.lab, self.mta = lab, mta
        self.host: Machine = lab.host(host)
        self.disk = Disk(host=self.host)
        self.states: dict[str, Tree] = {}
        self.references: dict[Way, Reference] = {}
        self.applied: dict[Way, Tree] = {}
        self.rollbacks: dict[Way, Reference] = {}
        wishes = {
            name: _HEAD.format(mta=mta, host=host) + text.replace("@WISH@", name)
            for name, text in (_POSTFIX if mta == "postfix" else _QMAIL).items()
        }
        self.laptop = Laptop.make(lab, folder, host=host, port=port, wishes=wishes)
        for name in "ab":
            names = (hashlib.sha256(f"{name}{number}".encode()).hexdigest()[:16] for number in range(_COUNT))
            (folder / f"{name}.txt").write_text("".join(f"{word}.example\n" for word in names))
        for name, password in {"pa": "pw-a-Wd3f", "pb": "pw-b-Kq9x"}.items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(f"{password}\n")
        self.shims = Shims.install(self.disk)
        folders = ("/etc/postfix",) if mta == "postfix" else ("/var/qmail",)
        self.roots = (*folders, _APPLIED, f"{STATE}/postfix-parameters")

    def tree(self) -> Tree:
        """What relayconf manages, and all around it."""
        return self.disk.tree(*self.roots)

    def meaning(self) -> Tree:
        """The tree without what no two applies have alike.

        In `applied` those are the names and times of transactions, in compiled tables all but the entries.
        """
        tree = dict(self.tree())
        if entry := tree.get(_APPLIED):
            lines = sorted(b"\t".join(line.split(b"\t")[:2]) for line in entry.content.splitlines())
            tree[_APPLIED] = replace(entry, content=b"\n".join(lines))
        if self.mta == "postfix":
            for dump in self.host.run(["sh", "-c", _DUMP]).stdout.split(b"\n\n"):
                path, _, entries = dump.partition(b"\n")
                if path.decode() in tree:
                    tree[path.decode()] = replace(tree[path.decode()], content=entries)
        return tree

    def restore(self, state: str) -> None:
        """Put the host into the settled *state*, and tell Postfix."""
        if not difference(self.tree(), self.states[state]):
            return
        self.disk.restore(self.states[state], *self.roots)
        self._tell()

    def restore_applied(self, way: Way) -> None:
        """Put the host into the state that an apply on *way* has just left, its transaction included."""
        self.disk.restore(self.applied[way], *self.roots, _TRANSACTIONS)
        self._tell()

    def manager(self) -> str:
        """The pid of Postfix's qmgr, which each reload replaces; empty where none runs."""
        return self.host.run(["pgrep", "-x", "qmgr"], check=False).stdout.decode()

    def _tell(self) -> None:
        if self.mta == "postfix":
            before = self.manager()
            self.host.run(["sh", "-c", "kill -HUP $(cat /var/spool/postfix/pid/master.pid)"])
            self.lab.wait_for(lambda: self.manager() not in {"", before})

    def _run(self, verb: str, wish: str, *words: str) -> tuple[str, float, int]:
        with Proxy(self.lab, self.host.address, self.laptop.port) as proxy:
            begun = time.monotonic()
            client = self.laptop.start(verb, wish, *words)
            client.wait(timeout=110)
            out = self.laptop.log.read_text()
            if client.returncode != ExitCode.OK:
                raise AssertionError(out)
            return out, time.monotonic() - begun, proxy.sent

    def settle(self, state: str) -> None:
        """Apply until there is nothing more to do; so the host is in this state, and it is kept for `restore`."""
        for _ in range(3):
            out, _, _ = self._run("apply", state, "--yes", *EVERYTHING)
            if "Plan: no changes" in out:
                self.states[state] = self.tree()
                return
        raise AssertionError(f"no end of applying {state}")

    def refer(self, way: Way) -> None:
        """Measure an apply that nobody cuts, twice: what it writes must be the same."""
        self.references[way] = self._measure(
            way, "plan", ("apply", "--yes", *EVERYTHING), lambda: self.restore(way.old)
        )

    def refer_back(self, way: Way) -> None:
        """The same of a rollback of that apply, whose end the host is in."""
        self.applied[way] = self.disk.tree(*self.roots, _TRANSACTIONS)
        self.rollbacks[way] = self._measure(way, "history", ("rollback", "--yes"), lambda: self.restore_applied(way))

    def _measure(self, way: Way, look: str, act: tuple[str, ...], restore: Callable[[], None]) -> Reference:
        """Measure what `relayconf ACT` does after *restore*, `relayconf LOOK` being all that it does before."""
        verb, *words = act
        restore()
        self.shims.arm(0)
        _, _, plan_sent = self._run(look, way.wish)
        plan_commands = self.shims.counted
        self.shims.arm(0)
        _, seconds, sent = self._run(verb, way.wish, *words)
        commands = self.shims.counted
        renames = tuple(number for number in self.shims.of("mv") if number > plan_commands)
        self.shims.disarm()
        new = self.meaning()
        restore()
        self._run(verb, way.wish, *words)
        if differs := difference(new, self.meaning()):
            raise AssertionError(f"{verb}, {way}: two of them wrote different things: {differs}")
        return Reference(
            new=new,
            seconds=seconds,
            commands=commands,
            plan_commands=plan_commands,
            renames=renames,
            sent=sent,
            plan_sent=plan_sent,
        )

    def prepare(self, ways: Sequence[Way], back: Sequence[Way] = ()) -> None:
        """Modes and owners that are not the usual ones; then every state and reference that *ways* need.

        Those of *ways* that are in *back* can be rolled back, too.
        """
        if self.mta == "postfix":
            self.host.run(
                ["sh", "-c", "cd /etc/postfix; chmod 640 main.cf; chgrp postfix main.cf; chmod 604 master.cf"]
            )
        self.states["none"] = self.tree()
        for state in ("a", "b"):
            if not any(way.old == state for way in ways):
                continue
            self.settle(state)
            if state == "a" and self.mta == "qmail":
                self.host.run(["sh", "-c", "cd /var/qmail/control; chmod 640 smtproutes; chown alias:qmail smtproutes"])
                self.states["a"] = self.tree()
        for way in ways:
            self.refer(way)
            if way in back:
                self.refer_back(way)
