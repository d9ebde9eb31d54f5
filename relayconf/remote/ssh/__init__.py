"""Sessions over SSH. This package alone knows Paramiko; everybody else knows `Connector`."""

from __future__ import annotations

import logging
import sys


def _import_paramiko() -> None:
    # Paramiko imports `invoke` for one keyword of ssh_config that relayconf never runs: half of its import's time.
    absent = "invoke" not in sys.modules
    if absent:
        sys.modules["invoke"] = None  # type: ignore[assignment]  # the import system reads None as "not there"
    try:
        import paramiko.config  # noqa: F401, PLC0415  settled before any module below imports it
    finally:
        if absent:
            del sys.modules["invoke"]


_import_paramiko()
# Without a handler of its own Python would print Paramiko's tracebacks on stderr; errors come as exceptions as well.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

from relayconf.remote.ssh.connector import Connector  # noqa: E402  after the import of Paramiko is settled

__all__ = ["Connector"]
