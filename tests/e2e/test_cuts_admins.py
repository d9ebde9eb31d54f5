"""Two admins apply different wishes to one host in the same moment: one of them wins, whole, and the other is told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.e2e.cuts.processes import Watch
from tests.e2e.cuts.proxy import Proxy
from tests.e2e.cuts.rounds import leftovers
from tests.e2e.cuts.scene import Scene, Way, lab_spec
from tests.e2e.cuts.tree import difference
from tests.lab import Lab
from tests.lab.marks import needs_lab

pytestmark = needs_lab

_ROUNDS = 4
_TO = (Way(old="none", wish="a"), Way(old="none", wish="b"))


@pytest.fixture(name="scenes")
def _scenes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Scene, Scene]]:
    with Lab.up(lab_spec(host1=request.param)) as lab:
        yield (
            Scene(lab, tmp_path / "one", host="host1", mta=request.param, port=2201),
            Scene(lab, tmp_path / "other", host="host1", mta=request.param, port=2202),
        )


def _both(scenes: tuple[Scene, Scene]) -> list[tuple[int, str]]:
    """The exit codes and words of two applies, one to each wish, started at once."""
    clients: list[subprocess.Popen[bytes]] = []
    one, other = scenes
    with (
        Proxy(one.lab, one.host.address, one.laptop.port),
        Proxy(other.lab, other.host.address, other.laptop.port),
    ):
        clients += [scene.laptop.start("apply", way.wish, "--yes") for scene, way in zip(scenes, _TO, strict=True)]
        codes = [client.wait(timeout=100) for client in clients]
    return [(code, scene.laptop.log.read_text()) for code, scene in zip(codes, scenes, strict=True)]


@pytest.mark.parametrize("scenes", ["qmail", "postfix"], indirect=True)
def test_of_two_admins_one_wins(scenes: tuple[Scene, Scene]) -> None:
    """Or both, one after the other; never half of each, and the host says which of them it was that it refused."""
    one, _ = scenes
    one.prepare(_TO)
    for _ in range(_ROUNDS):
        one.restore("none")
        watch = Watch.of(one.host)

        ended = _both(scenes)

        assert watch.rest()
        won = [way for way, (code, _) in zip(_TO, ended, strict=True) if code == ExitCode.OK]
        lost = [words for code, words in ended if code != ExitCode.OK]
        assert won, ended
        assert all("another deploy is at work here" in words or "the host changed since" in words for words in lost)
        if len(won) == 1:
            assert difference(one.references[won[0]].new, one.meaning()) == ""
        assert not list(leftovers(one))
