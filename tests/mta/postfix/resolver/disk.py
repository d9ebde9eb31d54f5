"""Files as they are on this machine."""

from __future__ import annotations

from pathlib import Path


class Disk:
    """The files of the tests' own folders."""

    def read(self, path: str) -> bytes | None:
        """The content."""
        return Path(path).read_bytes() if Path(path).is_file() else None

    def changed(self, path: str) -> float | None:
        """The time of the last change."""
        return Path(path).stat().st_mtime if Path(path).exists() else None
