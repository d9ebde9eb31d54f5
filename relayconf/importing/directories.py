"""Directories on this machine as the facts of a host, for an import that asks none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from relayconf.facts import Facts
from relayconf.files import ActualFile


def control_facts(files: Mapping[str, bytes | None], directory: Path) -> Facts:
    """What `observe` would say of the control *directory* with these *files* by name; nothing of its programs."""
    return Facts(
        values={},
        files={
            f"qmail:{name}": ActualFile(
                path=f"qmail:{name}", target=str(directory / name), present=content is not None, content=content
            )
            for name, content in files.items()
        },
    )
