"""What the lab needs of a machine."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.lab.kernel import MACHINES

_PROGRAMS = ("apt-get", "chroot", "env", "nsenter", "setpriv", "tar", "unshare")
# an overlay of the root does not hold what is mounted below it
_ON_ROOT = {"/etc", "/usr", "/var", "/var/lib"}


def _obstacles() -> Iterator[str]:
    if sys.platform != "linux" or os.geteuid() != 0:
        yield "root on Linux"
    if platform.machine() not in MACHINES:
        yield f"a processor of {' or '.join(MACHINES)}"
    if missing := [program for program in _PROGRAMS if not shutil.which(program)]:
        yield f"Debian or a descendant, with {', '.join(missing)}"
    if Path("/proc/self").readlink() != Path(str(os.getpid())):
        yield "a /proc of its own PID namespace"
    mounted = {line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()}
    if "/" not in mounted or mounted & _ON_ROOT:
        yield f"a root that is one mount with {', '.join(sorted(_ON_ROOT))} on it"
    probe = ["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "true"]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        yield "to be allowed namespaces of its own (in a container: --privileged)"


@functools.cache
def why_not() -> str:
    """Why no lab can run here, as the reason of a skipped test; empty when one can."""
    return next((f"the lab needs {obstacle}" for obstacle in _obstacles()), "")
