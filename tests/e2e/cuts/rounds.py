"""Rounds: a host in a settled state, a command that is cut, the next contact, and the verdict."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from relayconf.exits import ExitCode
from tests.e2e.cuts.cutting import KINDS, Cut, Kind, Round
from tests.e2e.cuts.laptop import Contact
from tests.e2e.cuts.processes import Watch
from tests.e2e.cuts.scene import STATE, Scene, Way
from tests.e2e.cuts.tally import End, Verdict
from tests.e2e.cuts.tree import Tree, difference
from tests.support.cli import Ran

_CONTENTS = {"payload", "content", "trial", "applied"}
_PUT_RIGHT = ("which had been cut short", "which nobody had confirmed")
# what the next contact says of the cut, by whether that was of a rollback
_TOLD: Mapping[bool, Mapping[str, End]] = {
    False: {
        "had been cut short, was finished": "new",
        "had been cut short, was rolled back": "old",
        "had been cut short, had changed nothing": "old",
    },
    True: {
        "had been cut short, was finished": "old",
        "had been cut short while it was rolled back, is rolled back now": "new",
    },
}
_LOCK_LEFT = f"left over: {STATE}/lock"


class _Moment:
    """What a host is like, beside its files: transactions that were put back, payloads that wait, Postfix's qmgr."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.incoming = {path.name for path in scene.disk.path(f"{STATE}/incoming").glob("*")}
        self.restored = {path.parent.name for path in self._journals() if self._says_restored(path)}
        self.manager = scene.manager()

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


def _untold_back(began: _Moment, rested: _Moment, now: _Moment, end: End, *, recovered: bool) -> Iterator[str]:
    """The same of a rollback, which says that it puts back before it does."""
    if not now.manager:
        yield "Postfix does not run"
    elif end == "new" and now.manager == began.manager:
        yield "Postfix was not told what was rolled back"
    elif end == "new" and recovered and now.manager == rested.manager:
        yield "Postfix was not told what the next contact rolled back"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """What may be after a cut: as it was, byte for byte; *new*; and *undone*, which is old again, by a rollback."""

    old: Tree
    new: Tree
    undone: Tree | None

    def of(self, scene: Scene) -> tuple[End, str]:
        """How the host is now, and what differs where that is neither."""
        to_old = difference(self.old, scene.tree())
        if not to_old:
            return "old", ""
        meaning = scene.meaning()
        to_new = difference(self.new, meaning)
        if not to_new:
            return "new", ""
        if self.undone is not None and not difference(self.undone, meaning):
            return "old", ""
        return "mixed", f"neither old ({to_old}) nor new ({to_new})"


def _ends(scene: Scene, way: Way, kind: Kind) -> _Ends:
    """Of the host as it is before the cut."""
    if kind.is_rollback:
        return _Ends(old=scene.tree(), new=scene.rollbacks[way].new, undone=None)
    undone = scene.rollbacks[way].new if kind.promise == "alone" else None
    return _Ends(old=scene.states[way.old], new=scene.references[way].new, undone=undone)


def _contact_faults(ran: Ran, kind: Kind, end: End) -> Iterator[str]:
    # 1: there were changes, and the answer was no
    if ran.code not in {ExitCode.OK, ExitCode.ERROR} or "Traceback" in ran.err:
        yield f"the next contact ended with {ran.code}: {ran.out}{ran.err}"
    for words, told in _TOLD[kind.is_rollback].items():
        if words in ran.out + ran.err and told != end:
            yield f"the host is {end}, and the next contact said: {ran.out}{ran.err}"


def _said(cut: Cut, end: End, words: str) -> Iterator[str]:
    """A fault when what the client said of its own apply is not how the host is."""
    said = {ExitCode.OK: ("new", "Apply: 1 changed"), ExitCode.HOST_FAILED: ("old", "failed, nothing changed")}
    is_true = cut.code in said and said[ExitCode(cut.code)][0] == end and said[ExitCode(cut.code)][1] in words
    if not is_true or "unknown:" in words:
        yield f"the host is {end}, and the client ended with {cut.code}: {words}"


def _before_contact(scene: Scene, cut: Cut, kind: Kind, ends: _Ends) -> Iterator[str]:
    """Faults of a host that had to come to its end before anybody asks."""
    end, words = ends.of(scene)
    if words:
        yield f"before the next contact: {words}"
    # a shell that is killed as soon as it has the lock has nothing to put right
    yield from (left for left in leftovers(scene) if kind.promise == "alone" or left != _LOCK_LEFT)
    if end == "new" and not cut.may_be_new:
        yield "new, though nobody confirmed"
    if kind.promise == "told":
        yield from _said(cut, end, scene.laptop.log.read_text())


def _judge(one: Round, kind: Kind, cut: Cut, ends: _Ends, began: _Moment) -> Verdict:
    """The verdict on the host at rest after *cut*, by the next contact. Way, kind and number are filled in later."""
    scene = one.scene
    faults = [] if cut.is_resting else ["the host did not come to rest"]
    if kind.promise != "contact":
        faults += _before_contact(scene, cut, kind, ends)
    rested = _Moment(scene)
    contact: Contact = one.chance.choice(("apply", "recover"))
    ran = scene.laptop.contact(one.wish, contact)
    recovered = any(words in ran.out + ran.err for words in _PUT_RIGHT)
    if recovered and kind.promise != "contact":
        faults.append(f"was left to the next contact: {ran.out}{ran.err}")
    end, words = ends.of(scene)
    faults += [words] if words else []
    faults += _contact_faults(ran, kind, end)
    faults += leftovers(scene)
    now = _Moment(scene)
    if scene.mta == "postfix" and kind.is_rollback:
        faults += _untold_back(began, rested, now, end, recovered=recovered)
    elif scene.mta == "postfix":
        faults += _untold(began, rested, now, end)
    return Verdict(
        host=scene.host.name,
        number=0,
        way="",
        kind="",
        place=cut.place,
        is_cut=cut.is_cut,
        end=end,
        contact=contact,
        recovered=recovered,
        keeps_payload=bool(now.incoming - began.incoming),
        faults=tuple(faults),
    )


def play(scene: Scene, ways: Sequence[Way], kinds: Sequence[str], *, seed: str, number: int) -> Verdict:
    """Round *number* of those that *seed* stands for: the same numbers choose the same cut again."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  a test's chance, to be had again
    way, name = chance.choice(ways), kinds[number % len(kinds)]
    kind = KINDS[name]
    if kind.is_rollback:
        scene.restore_applied(way)
    else:
        scene.restore(way.old)
    began, ends = _Moment(scene), _ends(scene, way, kind)
    watch = Watch.of(scene.host)
    reference = (scene.rollbacks if kind.is_rollback else scene.references)[way]
    one = Round(scene=scene, wish=way.wish, command=kind.command, reference=reference, chance=chance, watch=watch)
    with kind.cut(one) as cut:
        verdict = replace(_judge(one, kind, cut, ends, began), number=number, way=str(way), kind=name)
        tree = scene.tree()
    # what was silent has ended now, and whoever still waited there hears of it
    watch.rest(1.0)
    if words := difference(tree, scene.tree()):
        late = f"changed after the next contact, when the line ended: {words}"
        verdict = replace(verdict, faults=(*verdict.faults, late))
    watch.sweep()
    return verdict
