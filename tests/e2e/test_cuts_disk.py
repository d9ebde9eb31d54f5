"""Disks that have no inode left, or are read-only, under a real apply: whole new, or the host as it was and told why.

Pages that run out, and immutable files, are in tests/shell/test_deploy_failures.py.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from relayconf.exits import ExitCode
from tests.e2e.cuts.proxy import Proxy
from tests.e2e.cuts.rounds import leftovers
from tests.e2e.cuts.scene import STATE, Scene, lab_spec
from tests.e2e.cuts.tree import difference
from tests.lab import Lab
from tests.lab.marks import needs_lab

pytestmark = needs_lab

_CONFIG = {"postfix": "/etc/postfix", "qmail": "/var/qmail/control"}
_INODES = 500
_FREE = (0, 1, 3, 6, 11, 20, 40)


@pytest.fixture(name="scene")
def _scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with Lab.up(lab_spec(host1=request.param)) as lab:
        yield Scene(lab, tmp_path / "laptop", host="host1", mta=request.param, port=2201)


def _apply(scene: Scene) -> tuple[int, str]:
    with Proxy(scene.lab, scene.host.address, scene.laptop.port):
        code = scene.laptop.start("apply", "a", "--yes").wait(timeout=100)
    return code, scene.laptop.log.read_text()


def _on_its_own(scene: Scene, place: str) -> str:
    """The folder that *place* means on this host, on a small file system of its own with what was in it."""
    folder = STATE if place == "state" else _CONFIG[scene.mta]
    scene.host.run(["mkdir", "-p", "-m", "700", STATE])
    mount = f"mount -t tmpfs -o nr_inodes={_INODES},mode=$(stat -c %a {folder}) tmpfs {folder}"
    scene.host.run(["sh", "-ec", f"cp -a {folder} /run/kept; {mount}; cp -a /run/kept/. {folder}; rm -r /run/kept"])
    return folder


@contextmanager
def _inodes_left(scene: Scene, folder: str, count: int) -> Iterator[None]:
    filler = scene.disk.path(f"{folder}/filler")
    filler.mkdir()
    for number in range(os.statvfs(filler).f_favail - count):
        (filler / str(number)).touch()
    try:
        yield
    finally:
        shutil.rmtree(filler)


@pytest.mark.parametrize("place", ["config", "state"])
@pytest.mark.parametrize("scene", ["qmail", "postfix"], indirect=True)
def test_no_inode_left(scene: Scene, place: str) -> None:
    """With any number of free ones the apply succeeds whole, or fails with everything as before and nothing left."""
    folder = _on_its_own(scene, place)
    before, codes = scene.tree(), []
    for free in _FREE:
        with _inodes_left(scene, folder, free):
            code, words = _apply(scene)
        codes.append(code)
        assert code in {ExitCode.OK, ExitCode.HOST_FAILED}, words
        assert not list(leftovers(scene)), free
        if code == ExitCode.OK:
            break
        assert "failed, nothing changed" in words, words
        assert difference(before, scene.tree()) == "", free

    assert codes[0] == ExitCode.HOST_FAILED
    assert codes[-1] == ExitCode.OK


@pytest.mark.parametrize("place", ["config", "state"])
@pytest.mark.parametrize("scene", ["qmail", "postfix"], indirect=True)
def test_read_only(scene: Scene, place: str) -> None:
    """A file system that cannot be written is named, and nothing is touched."""
    folder = _on_its_own(scene, place)
    before = scene.tree()
    scene.host.run(["mount", "-o", "remount,ro", folder])

    code, words = _apply(scene)

    assert code == ExitCode.HOST_FAILED, words
    assert "read-only" in words.lower() or "cannot be written" in words, words
    assert difference(before, scene.tree()) == ""
    assert not list(leftovers(scene))
