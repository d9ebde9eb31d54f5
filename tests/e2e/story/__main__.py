"""`make story`: tell it as it goes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.e2e.story import addresses, servers
from tests.e2e.story.requirements import why_not
from tests.e2e.story.telling import Telling
from tests.lab import Lab


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Tell the story, or say why it cannot be told here."""
    if reason := why_not():
        _tell(f"the story cannot be told here: {reason}")
        return 1
    with tempfile.TemporaryDirectory() as folder, Lab.up(addresses.SPEC) as lab:
        servers.start(lab)
        seconds = Telling.make(lab, Path(folder) / "laptop", _tell).all()
    _tell(f"told in {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
