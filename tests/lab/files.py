"""Where a lab keeps its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the lab keeps things: `directory` is seen by the tests, `scratch` (a tmpfs) by the lab alone."""

    directory: Path
    scratch: Path

    @property
    def packages(self) -> Path:
        """The unpacked package layer."""
        return self.scratch / "packages"

    @property
    def tools(self) -> Path:
        """A root with the packages installed, for programs that the machine may not have."""
        return self.scratch / "tools"

    @property
    def records(self) -> Path:
        """What the SMTP servers took and refused."""
        return self.directory / "records.jsonl"

    def relay(self, name: str) -> Path:
        """How the relay *name* is to behave."""
        return self.directory / f"{name}.relay.json"

    def certificate(self, name: str) -> Path:
        """Key and certificate of the relay *name*."""
        return self.directory / f"{name}.pem"
