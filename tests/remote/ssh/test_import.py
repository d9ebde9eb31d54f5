"""What importing the package costs and leaves behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from relayconf.remote import ssh


@pytest.mark.parametrize("before", ["", "import invoke\n"])
def test_invoke(before: str) -> None:
    """Paramiko's import of `invoke` is saved, and who wants it for itself can still have it."""
    code = (
        f"import sys\n{before}import relayconf.remote.ssh\nprint('invoke' in sys.modules)\n"
        "import invoke, paramiko\nprint(hasattr(invoke, 'run'))\n"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert shown == f"{bool(before)}\nTrue\n"


def test_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The import settles nothing that another import could notice."""
    monkeypatch.delitem(sys.modules, "invoke", raising=False)
    ssh._import_paramiko()

    assert "invoke" not in sys.modules


def test_paramiko_prints_nothing() -> None:
    """Paramiko's own log, tracebacks included, does not reach the terminal."""
    code = "import logging, relayconf.remote.ssh\nlogging.getLogger('paramiko.transport').error('noise')\n"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")
