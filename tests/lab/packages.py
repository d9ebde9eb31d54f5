"""Debian packages for the lab's hosts, in a layer of the lab's own: a tar of what installing them added to the root.

The machine itself keeps what it has. The layer is made by apt-get in an overlay, once for each state of the
machine's own packages, and kept in `$XDG_CACHE_HOME/relayconf-lab`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.spec import HOST_ENVIRONMENT

PACKAGES = (
    "ca-certificates",
    "iproute2",
    "libsasl2-modules",
    "nsd",
    "openssh-server",
    "postfix",
    "postfix-lmdb",
    "procps",
    "sudo",
)
# read when this module is loaded: tests get a HOME of their own later, and the layer outlives them
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "relayconf-lab"
"""Where layers are kept."""

_SCRIPT = Path(__file__).with_name("packages.sh")
_DPKG_STATUS = Path("/var/lib/dpkg/status")
_KEPT = 3


class PackagesError(Exception):
    """The layer could not be made; carries the end of apt-get's output."""


def _key() -> str:
    digest = hashlib.sha256()
    for part in (_DPKG_STATUS.read_bytes(), _SCRIPT.read_bytes(), " ".join(PACKAGES).encode()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


@contextmanager
def _locked() -> Iterator[None]:
    CACHE.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(output: Path) -> None:
    partial = output.with_suffix(".partial")
    work = Path(tempfile.mkdtemp(prefix="relayconf-packages-"))
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL"]
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    try:
        built = subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", *unshare, "sh", _SCRIPT, work, partial, *PACKAGES],
            stdin=subprocess.DEVNULL,
            env={**HOST_ENVIRONMENT, **proxies},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(work)
    if built.returncode != 0:
        partial.unlink(missing_ok=True)
        raise PackagesError(f"installing {' '.join(PACKAGES)} into the lab's layer failed:\n{built.stdout[-2000:]}")
    partial.rename(output)


def _prune() -> None:
    layers = sorted(CACHE.glob("*.tar"), key=lambda layer: layer.stat().st_mtime, reverse=True)
    for layer in layers[_KEPT:]:
        layer.unlink()


def ensure_layer() -> Path:
    """The layer for this machine as it is now, made if need be (a minute; needs root and Debian's archive).

    Only one process makes it, others wait. Raises PackagesError.
    """
    layer = CACHE / f"{_key()}.tar"
    with _locked():
        if not layer.exists():
            _build(layer)
        layer.touch()
        _prune()
    return layer
