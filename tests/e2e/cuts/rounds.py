"""Rounds: a host in a settled state, an apply that is cut, the next contact, and the verdict."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from relayconf.exits import ExitCode
from tests.e2e.cuts.cutting import KINDS, Cut, Round
from tests.e2e.cuts.processes import Watch
from tests.e2e.cuts.scene import STATE, Scene, Way
from tests.e2e.cuts.tally import End, Verdict
from tests.e2e.cuts.tree import Tree, difference
from tests.support.cli import Ran

_CONTENTS = {"payload", "content", "trial", "applied"}
_PUT_RIGHT = "which had been cut short"


class _Moment:
    """What a host is like, beside its files: transactions that were put back, payloads that wait, Postfix's qmgr."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.incoming = {path.name for path in scene.disk.path(f"{STATE}/incoming").glob("*")}
        self.restored = {path.parent.name for path in self._journals() if self._says_restored(path)}
        self.manager = scene.host.run(["pgrep", "-x", "qmgr"], check=False).stdout.decode()

    def _journals(self) -> Iterator[Path]:
        return self._scene.disk.path(f"{STATE}/txn").glob("*/journal")

    @staticmethod
    def _says_restored(journal: Path) -> bool:
        """Whether main.cf or master.cf was about to become live in this transaction, and it was put back."""
        lines = journal.read_text().splitlines()
        return "restore" in lines and any(line.startswith("swap postfix:ma") for line in lines)


def _untold(began: _Moment, rested: _Moment, now: _Moment, end: End) -> Iterator[str]:
    """A fault when files became live, or were put back, and Postfix was not told: each reload replaces qmgr."""
    if not now.manager:
        yield "Postfix does not run"
    elif end == "new" and now.manager == began.manager:
        yield "Postfix was not told what is live"
    elif now.restored - rested.restored and now.manager == rested.manager:
        yield "Postfix was not told what was put back by the next contact"
    elif rested.restored - began.restored and rested.manager == began.manager:
        yield "Postfix was not told what the apply put back itself"


def leftovers(scene: Scene) -> Iterator[str]:
    """What of a transaction is left beside the files and in the state directory: hidden files, a lock, contents."""
    yield from (f"left over: {path}" for path in scene.tree() if ".relayconf." in path)
    state = scene.disk.path(STATE)
    for path in state.iterdir() if state.is_dir() else ():
        if path.name.startswith(("lock", "takeover")):
            yield f"left over: {STATE}/{path.name}"
    for path in state.glob("txn/*/*"):
        if path.name in _CONTENTS:
            yield f"left over: {STATE}/{path.relative_to(state)}"


def _end_of(scene: Scene, old: Tree, new: Tree) -> tuple[End, str]:
    to_old = difference(old, scene.tree())
    if not to_old:
        return "old", ""
    to_new = difference(new, scene.meaning())
    if not to_new:
        return "new", ""
    return "mixed", f"neither old ({to_old}) nor new ({to_new})"


def _contact_faults(ran: Ran) -> Iterator[str]:
    # 1: there were changes, and the answer was no
    if ran.code not in {ExitCode.OK, ExitCode.ERROR} or "Traceback" in ran.err:
        yield f"the next contact ended with {ran.code}: {ran.out}{ran.err}"


def _judge(scene: Scene, way: Way, cut: Cut, began: _Moment, *, number: int, kind: str) -> Verdict:
    """The verdict on the host at rest after *cut*, by the next contact."""
    faults = [] if cut.is_resting else ["the host did not come to rest"]
    rested = _Moment(scene)
    ran = scene.laptop.contact(way.wish)
    faults += _contact_faults(ran)
    end, words = _end_of(scene, scene.states[way.old], scene.references[way].new)
    faults += [words] if words else []
    faults += leftovers(scene)
    now = _Moment(scene)
    if scene.mta == "postfix":
        faults += _untold(began, rested, now, end)
    return Verdict(
        host=scene.host.name,
        number=number,
        way=str(way),
        kind=kind,
        place=cut.place,
        is_cut=cut.is_cut,
        end=end,
        recovered=_PUT_RIGHT in ran.out + ran.err,
        keeps_payload=bool(now.incoming - began.incoming),
        faults=tuple(faults),
    )


def play(scene: Scene, ways: Sequence[Way], kinds: Sequence[str], *, seed: str, number: int) -> Verdict:
    """Round *number* of those that *seed* stands for: the same numbers choose the same cut again."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  a test's chance, to be had again
    way, kind = chance.choice(ways), kinds[number % len(kinds)]
    scene.restore(way.old)
    began = _Moment(scene)
    watch = Watch.of(scene.host)
    one = Round(scene=scene, wish=way.wish, reference=scene.references[way], chance=chance, watch=watch)
    with KINDS[kind](one) as cut:
        verdict = _judge(scene, way, cut, began, number=number, kind=kind)
        tree = scene.tree()
    # what was silent has ended now, and whoever still waited there hears of it
    watch.rest(1.0)
    if words := difference(tree, scene.tree()):
        late = f"changed after the next contact, when the line ended: {words}"
        verdict = replace(verdict, faults=(*verdict.faults, late))
    watch.sweep()
    return verdict
