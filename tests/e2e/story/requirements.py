"""What the story needs of a machine, beside what the lab needs."""

from __future__ import annotations

import os
import shutil

from tests.lab import why_not as no_lab

PROGRAMS = {
    "named": "bind9",
    "rbldnsd": "rbldnsd",
    "policyd-spf": "postfix-policyd-spf-python",
    "saslpasswd2": "sasl2-bin",
    "ip": "iproute2",
}
"""Programs that must be installed, by Debian's packages."""


def why_not() -> str:
    """Why it cannot be told here, as the reason of a skipped test; empty when it can."""
    if reason := no_lab():
        return reason
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program, path=path)]
    return f"the story needs Debian's {', '.join(missing)}" if missing else ""
