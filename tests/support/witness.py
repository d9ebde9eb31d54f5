"""What any user of this machine could have seen meanwhile: command lines and environments of all processes."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path


class Witness:
    """Reads every command line and environment of this machine's processes until it is left; not this process's own."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        own = str(os.getpid())
        while not self._stop.is_set():
            for process in Path("/proc").iterdir():
                if process.name.isdigit() and process.name != own:
                    self._read(process)

    def _read(self, process: Path) -> None:
        for part in ("cmdline", "environ"):
            with suppress(OSError):
                self.seen.add((process / part).read_bytes())

    def __enter__(self) -> Witness:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()
