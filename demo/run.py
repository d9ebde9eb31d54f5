"""`make demo`: the main job from beginning to end, on hosts that are made for it and thrown away.

Root on Linux with apt gets real hosts; everybody else a qmail host on loopback, and a word of what root would see.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo import lab, loopback, stage
from tests.lab import why_not


def main() -> None:
    """Run the demonstration that this machine allows."""
    reason = why_not()
    if not reason:
        lab.main()
        return
    loopback.main()
    stage.say(f"(No lab of real Postfix hosts here: {reason}.)")


if __name__ == "__main__":
    main()
