"""Applies and rollbacks are cut in every way on real hosts: after the next contact all is old, or all is new.

The small size of benchmarks/cuts.py, which also lets lines fall silent; the host waits a minute for those.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cuts.cutting import (
    CABLE,
    CLIENT,
    CLOSED,
    KINDS,
    SHELL_AFTER,
    SHELL_BEFORE,
    UNCONFIRMED,
    back,
    looking,
)
from tests.e2e.cuts.rounds import play
from tests.e2e.cuts.scene import BETWEEN, Scene, lab_spec
from tests.lab import Lab
from tests.lab.marks import needs_lab

pytestmark = needs_lab

_SEED = "small"
_KINDS = (SHELL_BEFORE, SHELL_AFTER, CLIENT, CLOSED, CABLE)
_BACK = (back(SHELL_BEFORE), back(SHELL_AFTER), back(CLIENT))
_POSTFIX = (*_KINDS, *_BACK, looking(SHELL_AFTER))
_QMAIL = (*_KINDS, *_BACK, UNCONFIRMED, *_KINDS[:3], looking(SHELL_BEFORE))


@pytest.fixture(name="scene")
def _scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    mta = request.param
    with Lab.up(lab_spec(host1=mta)) as lab:
        yield Scene(lab, tmp_path / "laptop", host="host1", mta=mta, port=2201)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("scene", "kinds"), [("postfix", _POSTFIX), ("qmail", _QMAIL)], indirect=["scene"])
def test_what_is_cut_is_whole_after_the_next_contact(scene: Scene, kinds: tuple[str, ...]) -> None:
    """Bytes, modes and owners; no hidden file, no lock; and Postfix was told what is live.

    Before that contact where the host has a clock, or the client looks again.
    """
    ways = BETWEEN[:1]
    scene.prepare(ways, back=ways)

    verdicts = [play(scene, ways, kinds, seed=_SEED, number=number) for number in range(len(kinds))]

    assert not [str(verdict) for verdict in verdicts if verdict.faults]
    cut = [verdict for verdict in verdicts if verdict.is_cut]
    assert len(cut) >= len(kinds) - 3
    assert any(verdict.recovered for verdict in cut if not KINDS[verdict.kind].is_rollback)
    assert any(KINDS[verdict.kind].is_rollback for verdict in cut)
    assert any(KINDS[verdict.kind].promise == "told" for verdict in cut)
