"""An apply is cut in every way on real hosts: after the next contact all is old, or all is new, and nothing is left.

The small size of benchmarks/cuts.py, which also lets lines fall silent; the host waits a minute for those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cuts.cutting import CABLE, CLIENT, CLOSED, SHELL_AFTER, SHELL_BEFORE
from tests.e2e.cuts.rounds import play
from tests.e2e.cuts.scene import BETWEEN, Scene, Way, lab_spec
from tests.lab import Lab
from tests.lab.marks import needs_lab

pytestmark = needs_lab

_SEED = "small"
_KINDS = (SHELL_BEFORE, SHELL_AFTER, CLIENT, CLOSED, CABLE)


@pytest.fixture(name="scene")
def _scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    mta = request.param
    with Lab.up(lab_spec(host1=mta)) as lab:
        yield Scene(lab, tmp_path / "laptop", host="host1", mta=mta, port=2201)


@pytest.mark.parametrize(
    ("scene", "ways", "rounds"), [("postfix", BETWEEN[:1], 9), ("qmail", BETWEEN[:1], 15)], indirect=["scene"]
)
def test_a_cut_apply_is_whole_after_the_next_contact(scene: Scene, ways: tuple[Way, ...], rounds: int) -> None:
    """Bytes, modes and owners; no hidden file, no lock; and Postfix was told what is live."""
    scene.prepare(ways)

    verdicts = [play(scene, ways, _KINDS, seed=_SEED, number=number) for number in range(rounds)]

    assert not [str(verdict) for verdict in verdicts if verdict.faults]
    cut = [verdict for verdict in verdicts if verdict.is_cut]
    assert len(cut) >= rounds - 3
    assert Counter(verdict.kind in {SHELL_BEFORE, SHELL_AFTER} for verdict in cut)[True] >= rounds // 3
    assert any(verdict.recovered for verdict in cut)
