"""The machine's own Postfix programs, when there are any: run on directories of the tests' own, none stays."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
POSTCONF = shutil.which("postconf", path=_PATH)
POSTMAP = shutil.which("postmap", path=_PATH)

# More than a few hundred runs of a real program are for whoever changes the code that they check.
EXAMPLES = int(os.environ.get("POSTFIX_EXAMPLES", "50"))

# The first patch level of each 3.x branch; later branches have had it from the start.
_FIRST_TERMINATING = {7: 15, 8: 10, 9: 4, 10: 2}
_FIRST_SORTING = {7: 17, 8: 12, 9: 6, 10: 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What of `postconf -e` depends on the release."""

    terminates_last_line: bool
    sorts_new_entries: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a program left behind; `refused` when it died or said that something is fatal."""

    refused: bool
    stdout: bytes
    stderr: bytes


def run(program: str, *arguments: str | bytes) -> Completed:
    """Run one program to its end, or to the word `fatal`, after which Postfix's programs sleep for a second."""
    environment = {**os.environ, "LC_ALL": "C"}
    with (
        tempfile.TemporaryFile() as stdout,
        subprocess.Popen(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment,
        ) as process,
    ):
        assert process.stderr is not None
        stderr = b""
        for line in process.stderr:
            stderr += line
            if b"fatal: " in line:
                process.kill()
        status = process.wait(timeout=60)
        stdout.seek(0)
        return Completed(refused=status != 0, stdout=stdout.read(), stderr=stderr)


def release(program: str) -> Release:
    """The release of this `postconf`, asked from itself."""
    version = run(program, "-dh", "mail_version").stdout.decode()
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    assert match, version
    major, minor, patch = (int(part or 0) for part in match.groups())

    def has(firsts: dict[int, int]) -> bool:
        return (major, minor) > (3, 10) or patch >= firsts.get(minor, 1000)

    return Release(terminates_last_line=has(_FIRST_TERMINATING), sorts_new_entries=has(_FIRST_SORTING))


def configure(directory: Path, main_cf: bytes) -> None:
    """A configuration directory; its files are old, since Postfix waits for fresh ones to settle."""
    for name, content in {"main.cf": main_cf, "master.cf": b""}.items():
        path = directory / name
        path.write_bytes(content)
        os.utime(path, (1_000_000_000, 1_000_000_000))
