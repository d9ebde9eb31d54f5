"""OpenSSH's own client programs, which some tests compare relayconf with."""

from __future__ import annotations

import shutil

import pytest


def need_openssh_client() -> None:
    """Skip the test where `ssh`, `ssh-keygen` and `ssh-agent` are not installed, and say what would bring them."""
    if not shutil.which("ssh-keygen") or not shutil.which("ssh-agent") or not shutil.which("ssh"):
        pytest.skip("needs OpenSSH's client: apt-get install openssh-client")
