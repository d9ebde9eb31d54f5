"""What is on a host's disk, seen from outside past ssh: bytes, kinds, modes, owners; and put back as it was."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tests.lab import Machine


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder or link. `mode` holds its kind too; `content` is a link's target, and empty for a folder."""

    mode: int
    uid: int
    gid: int
    content: bytes


Tree: TypeAlias = Mapping[str, Entry]
"""Absolute path on the host → what is there."""


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)


def _entry(path: Path) -> Entry:
    status = path.lstat()
    content = b""
    if stat.S_ISLNK(status.st_mode):
        content = os.fsencode(path.readlink())
    elif stat.S_ISREG(status.st_mode):
        content = path.read_bytes()
    return Entry(status.st_mode, status.st_uid, status.st_gid, content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The disk of a host of the lab."""

    host: Machine

    def path(self, path: str) -> Path:
        """A path of the host, for this process. No link on the way may be absolute."""
        return Path(f"/proc/{self.host.place.living_pid()}/root{path}")

    def tree(self, *roots: str) -> Tree:
        """Everything below the folders *roots*, and those of them that are files, as far as they are there."""
        found: dict[str, Entry] = {}
        for root in roots:
            top = self.path(root)
            if top.is_dir():
                found |= {f"{root}/{path.relative_to(top)}": _entry(path) for path in _walk(top)}
            elif top.exists():
                found[root] = _entry(top)
        return found

    def restore(self, tree: Tree, *roots: str) -> None:
        """Make what is below *roots* be *tree* again, all with one old time.

        Postfix mistrusts a young file, and a table that is older than its source.
        """
        now = self.tree(*roots)
        for path in sorted(now.keys() - tree.keys(), reverse=True):
            target = self.path(path)
            shutil.rmtree(target) if stat.S_ISDIR(now[path].mode) else target.unlink()
        for path, entry in sorted(tree.items()):
            if now.get(path) != entry:
                self._write(self.path(path), entry)
        then = time.time() - 60
        for path, entry in tree.items():
            if stat.S_ISREG(entry.mode):
                os.utime(self.path(path), (then, then))

    @staticmethod
    def _write(target: Path, entry: Entry) -> None:
        if stat.S_ISDIR(entry.mode):
            target.mkdir(exist_ok=True)
        else:
            with suppress(FileNotFoundError):
                target.unlink()
            if stat.S_ISLNK(entry.mode):
                target.symlink_to(os.fsdecode(entry.content))
            else:
                target.write_bytes(entry.content)
        os.chown(target, entry.uid, entry.gid, follow_symlinks=False)
        if not stat.S_ISLNK(entry.mode):
            target.chmod(stat.S_IMODE(entry.mode))


def difference(one: Tree, other: Tree) -> str:
    """What differs, a word for each path; empty when nothing does."""
    words = []
    for path in sorted(one.keys() | other.keys()):
        a, b = one.get(path), other.get(path)
        if a is None or b is None:
            words.append(f"{'+' if a is None else '-'}{path}")
        elif a != b:
            what = [name for name in ("mode", "uid", "gid", "content") if getattr(a, name) != getattr(b, name)]
            words.append(f"{path} ({', '.join(what)})")
    return ", ".join(words)
