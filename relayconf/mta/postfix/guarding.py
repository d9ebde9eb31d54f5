"""What the helper's guard must know of Postfix beside its own shell: the names that are relayconf's, as shell text."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path

from relayconf.model import TlsLevel
from relayconf.mta.postfix.generations import GUARD_TABLE
from relayconf.mta.postfix.master_cf import options
from relayconf.mta.postfix.names import BY_NAME, MANAGED, SERVICES


def _service_options() -> str:
    cases = (f"{name}) say {shlex.quote(''.join(f' -o {option}' for option in options(name)))} ;;" for name in SERVICES)
    return "\n".join(["service_options() {", "case $1 in", *cases, "esac", "}"])


def _assignments() -> str:
    lists = {
        "managed": MANAGED,
        "by_name": BY_NAME,
        "services": SERVICES,
        "levels": [level.value for level in TlsLevel],
        "status_filter": [hashlib.sha256(GUARD_TABLE).hexdigest()],
    }
    return "\n".join(f"{name}={shlex.quote(' '.join(words))}" for name, words in lists.items())


GUARD: Sequence[Path | str] = (Path(__file__).with_name("guard.sh"), f"{_assignments()}\n{_service_options()}\n")
"""The parts that judge a deploy in the helper."""
