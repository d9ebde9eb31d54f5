"""A qmail home as installed, in a folder of the test's own. A double of the layout: no qmail program is in it."""

from __future__ import annotations

from pathlib import Path

CONTROL = {
    "me": b"edge.kamata-net.com\n",
    "locals": b"edge.kamata-net.com\n",
    "rcpthosts": b"kamata-net.com\n",
}


def make_qmail(home: Path, **files: bytes) -> Path:
    """The control directory of a new qmail home; *files* are added to, or replace, the usual ones."""
    control = home / "control"
    control.mkdir(parents=True)
    for name, content in {**CONTROL, **files}.items():
        (control / name).write_bytes(content)
        (control / name).chmod(0o644)
    return control


def snapshot(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Everything in *folder* by name: mode, owner, group, content."""
    found = {}
    for path in sorted(folder.iterdir()):
        status = path.lstat()
        found[path.name] = (status.st_mode, status.st_uid, status.st_gid, path.read_bytes())
    return found
