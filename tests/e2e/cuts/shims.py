"""Commands on a host that count, and kill the shell of the session that called them at the one that is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.e2e.cuts.tree import Disk

When: TypeAlias = Literal["before", "after"]

_FOLDER = "/run/cuts"
# in front of the others in the PATH that sshd gives
_BIN = "/usr/local/sbin"
_NAMES = (
    "cat", "chgrp", "chmod", "chown", "cp", "cut", "date", "find", "grep", "gzip", "head", "id", "ip", "ln", "lsattr",
    "mkdir", "mv", "od", "postconf", "postfix", "postmap", "postqueue", "readlink", "rm", "rmdir", "sed", "sha256sum",
    "sort", "stat", "sync", "tail", "touch", "tr", "uname", "wc",
)  # fmt: skip
# As in tests/shell/test_cuts.py. Field 6 of stat is the session's leader: the shell that sshd started. The caller's
# PATH is left, for Postfix's own scripts call commands too.
_SHIM = """\
#!/bin/dash
read -r die when 2>/dev/null <{folder}/die || exec {real} "$@"
set -fC
n=1
until {{ command printf %s {name} >{folder}/n/$n; }} 2>/dev/null; do n=$((n + 1)); done
read -r line </proc/$$/stat
victim() {{ : >{folder}/died; kill -9 $6; }}
if [ $n = "$die" ] && [ $when = before ]; then victim $line; fi
{real} "$@"
status=$?
if [ $n = "$die" ] && [ $when = after ]; then victim $line; fi
exit $status
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shims:
    """The commands of one host. Until they are armed they do what they are called for and no more."""

    disk: Disk

    @classmethod
    def install(cls, disk: Disk) -> Shims:
        """Put a shim in front of every command that the scripts may call and the host has."""
        shims = cls(disk=disk)
        shims.disk.path(_FOLDER).mkdir(exist_ok=True)
        for name in _NAMES:
            for place in ("/usr/sbin", "/usr/bin"):
                if disk.path(f"{place}/{name}").exists():
                    shim = disk.path(f"{_BIN}/{name}")
                    shim.write_text(_SHIM.format(folder=_FOLDER, name=name, real=f"{place}/{name}"))
                    shim.chmod(0o755)
                    break
        return shims

    def arm(self, number: int, when: When = "before") -> None:
        """Count from now on, and die before or after command *number*; 0 is never."""
        self.disarm()
        self.disk.path(f"{_FOLDER}/n").mkdir()
        self.disk.path(f"{_FOLDER}/die").write_text(f"{number} {when}\n")

    def disarm(self) -> None:
        """Count no more."""
        self.disk.path(f"{_FOLDER}/die").unlink(missing_ok=True)
        self.disk.path(f"{_FOLDER}/died").unlink(missing_ok=True)
        folder = self.disk.path(f"{_FOLDER}/n")
        if folder.is_dir():
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()

    @property
    def counted(self) -> int:
        """How many commands ran since the shims were armed."""
        return len(list(self.disk.path(f"{_FOLDER}/n").iterdir()))

    def of(self, name: str) -> tuple[int, ...]:
        """Which of the commands that ran since then were *name*, by their numbers from 1."""
        folder = self.disk.path(f"{_FOLDER}/n")
        return tuple(sorted(int(path.name) for path in folder.iterdir() if path.read_text() == name))

    @property
    def killed(self) -> bool:
        """Whether a shell was killed since then."""
        return self.disk.path(f"{_FOLDER}/died").exists()
