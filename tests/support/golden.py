"""Expected texts that live in files: too long for a test, and reviewed as a diff when they change."""

from __future__ import annotations

from pathlib import Path


class Golden:
    """Compares with files under one folder, or rewrites them."""

    def __init__(self, folder: Path, *, update: bool) -> None:
        self.folder = folder
        self.update = update

    def check(self, name: str, actual: str) -> None:
        """Insist that the file *name* (relative to tests/data) holds exactly *actual*, in UTF-8."""
        path = self.folder / name
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""

        assert actual == expected, f"tests/data/{name} differs; `pytest --update-golden` rewrites it"
